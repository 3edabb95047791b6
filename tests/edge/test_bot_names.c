/* What is remembered of addresses that say to be good bots', with the resolve process's end in the test's hands. */
#include "../base/check.h"

#include <sys/socket.h>
#include <unistd.h>

#include "edge/caller/bot_names.h"

#include "base/banned.h"

#define GOOGLE "crawl-66-249-66-1.googlebot.com"
#define BING "msnbot-1.search.msn.com"

static int ends[2];
static struct bot_names *names;
static struct bots bots;

static int setup(void **state)
{
	static const struct bots_settings none;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	names = bot_names_new(ends[0]);
	assert_non_null(names);
	assert_true(bots_make(&none, &bots));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	bot_names_free(names);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* The question that was sent: its id. 0: none was. */
static uint64_t asked(void)
{
	uint64_t message[64] = { 0 };

	return recv(ends[1], message, sizeof(message), 0) > 8 ? message[0] : 0;
}

/* "proven Googlebot" */
static const char *ask_as(const char *agent, const char *address, uint64_t now_ms)
{
	static const char *const words[] = { "unproven", "proven", "refuted" };
	static char text[128];
	struct bot_claim claim = { .bots = &bots, .claimed = bots_claimed(&bots, span_of(agent)) };
	const struct bot *bot = NULL;
	enum bot_proof proof;

	assert_true(claim.claimed);
	assert_ok(address_read(span_of(address), &claim.address));
	proof = bot_names_ask(names, &claim, now_ms, &bot);
	assert_true((proof == BOT_UNPROVEN) == !bot);
	snprintf(text, sizeof(text), "%s%s%.*s", words[proof], bot ? " " : "", bot ? (int)bot->name.len : 0, bot ? bot->name.at : "");
	return text;
}

static const char *ask(const char *address, uint64_t now_ms)
{
	return ask_as("Googlebot", address, now_ms);
}

static bool take(uint64_t id, enum resolve_status status, const char *name, uint64_t now_ms)
{
	static struct resolve_answer answer;

	answer = (struct resolve_answer){ .id = id, .status = status, .len = name ? strlen(name) : 0 };
	if (name)
		memcpy(answer.bytes, name, answer.len);
	return bot_names_take(names, &answer, now_ms);
}

static void a_stranger_until_it_is_proved(void **state)
{
	uint64_t id;

	(void)state;
	assert_string_equal(ask("66.249.66.1", 1000), "unproven");
	id = asked();
	assert_true(id);
	assert_string_equal(ask("66.249.66.1", 1001), "unproven");
	assert_false(asked());
	assert_false(take(id + 1, RESOLVE_CONFIRMED, GOOGLE, 1002));
	assert_string_equal(ask("66.249.66.1", 1002), "unproven");
	assert_true(take(id, RESOLVE_CONFIRMED, GOOGLE, 1002));
	assert_false(take(id, RESOLVE_NONE, NULL, 1002));
	assert_string_equal(ask("66.249.66.1", 900), "proven Googlebot");  /* a thread whose clock is behind */
	/* Of one address, and of what was claimed: the same name says otherwise of another claim, and is not asked for again. */
	assert_string_equal(ask_as("bingbot", "66.249.66.1", 1003), "refuted Bingbot");
	assert_string_equal(ask_as("bingbot Googlebot", "66.249.66.1", 1003), "proven Googlebot");
	assert_false(asked());
	assert_string_equal(ask("66.249.66.2", 1003), "unproven");
	assert_true(asked());
}

static void names_that_prove_nothing(void **state)
{
	static const char *const cases[] = { "a.evilgooglebot.com", "googlebot.com.evil.example", BING, "", "x" };
	char address[32];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(address, sizeof(address), "192.0.%u.1", i);
		assert_string_equal(ask(address, 1000), "unproven");
		assert_true(take(asked(), RESOLVE_CONFIRMED, cases[i], 1001));
		assert_string_equal(ask(address, 1002), "refuted Googlebot");
		assert_string_equal(ask(address, 1003), "refuted Googlebot");
	}
	assert_string_equal(ask("198.51.100.1", 1000), "unproven");
	assert_true(take(asked(), RESOLVE_NONE, NULL, 1001));
	assert_string_equal(ask("198.51.100.1", 1000 + BOT_REFUTED_MS), "refuted Googlebot");
	assert_false(asked());
	assert_int_equal(bot_names_counts(names).refuted, sizeof(cases) / sizeof(*cases) + 1);
	assert_string_equal(bot_names_counts(names).last_refuted, "Googlebot");
	/* It has changed its name since. */
	assert_string_equal(ask("198.51.100.1", 1002 + BOT_REFUTED_MS), "refuted Googlebot");
	assert_true(take(asked(), RESOLVE_CONFIRMED, GOOGLE, 1003 + BOT_REFUTED_MS));
	assert_string_equal(ask("198.51.100.1", 1004 + BOT_REFUTED_MS), "proven Googlebot");
}

/* A name that is longer than one may be is none. */
static void an_answer_that_is_too_long(void **state)
{
	static char much[RESOLVE_HOST_MAX + 1];

	(void)state;
	memset(much, 'a', sizeof(much) - 1);
	memcpy(much + sizeof(much) - sizeof(".googlebot.com"), ".googlebot.com", sizeof(".googlebot.com"));
	assert_string_equal(ask("192.0.2.1", 1000), "unproven");
	assert_true(take(asked(), RESOLVE_CONFIRMED, much, 1001));
	assert_string_equal(ask("192.0.2.1", 1002), "unproven");
	assert_int_equal(bot_names_counts(names).failed, 1);
}

/* Nobody gets anything for a resolver that is ill, and it is not asked more for it. */
static void failures_prove_nothing(void **state)
{
	static const enum resolve_status cases[] = { RESOLVE_AGAIN, RESOLVE_BUSY, RESOLVE_FOUND, RESOLVE_FETCHED, RESOLVE_FAILED };
	uint64_t now_ms = 1000;

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_string_equal(ask("192.0.2.1", now_ms), "unproven");
		assert_true(take(asked(), cases[i], i >= 2 ? GOOGLE : NULL, now_ms));
		assert_string_equal(ask("192.0.2.1", now_ms + BOT_FAILED_MS), "unproven");
		assert_false(asked());
		now_ms += BOT_FAILED_MS + 1;
	}
	/* Or says nothing at all: it is asked anew, and a late answer is true, too. */
	assert_string_equal(ask("192.0.2.1", now_ms), "unproven");
	uint64_t id = asked();
	assert_string_equal(ask("192.0.2.1", now_ms + BOT_FAILED_MS), "unproven");
	assert_true(take(id, RESOLVE_CONFIRMED, GOOGLE, now_ms + BOT_FAILED_MS));
	assert_string_equal(ask("192.0.2.1", now_ms + BOT_FAILED_MS), "proven Googlebot");
}

/* From the half of its time on it is asked for anew, while it holds; it ends with it, or with another answer. */
static void proofs_age(void **state)
{
	uint64_t half_ms = 1001 + BOT_CONFIRMED_MS / 2, end_ms = 1000 + BOT_CONFIRMED_MS;

	(void)state;
	assert_string_equal(ask("66.249.66.1", 1000), "unproven");
	assert_true(take(asked(), RESOLVE_CONFIRMED, GOOGLE, 1000));
	assert_string_equal(ask("66.249.66.1", half_ms - 1), "proven Googlebot");
	assert_false(asked());
	assert_string_equal(ask("66.249.66.1", half_ms), "proven Googlebot");
	assert_true(take(asked(), RESOLVE_AGAIN, NULL, half_ms));
	assert_string_equal(ask("66.249.66.1", half_ms + BOT_FAILED_MS), "proven Googlebot");
	assert_false(asked());
	assert_string_equal(ask("66.249.66.1", end_ms), "proven Googlebot");
	assert_true(take(asked(), RESOLVE_AGAIN, NULL, end_ms));
	assert_string_equal(ask("66.249.66.1", end_ms + 1), "unproven");
	assert_string_equal(ask("66.249.66.1", end_ms + BOT_FAILED_MS + 1), "unproven");
	assert_true(take(asked(), RESOLVE_CONFIRMED, GOOGLE, end_ms + BOT_FAILED_MS + 1));
	assert_string_equal(ask("66.249.66.1", end_ms + BOT_FAILED_MS + 1), "proven Googlebot");
	/* The address has gone to somebody else. */
	end_ms += 2 * BOT_FAILED_MS + BOT_CONFIRMED_MS / 2;
	assert_string_equal(ask("66.249.66.1", end_ms), "proven Googlebot");
	assert_true(take(asked(), RESOLVE_NONE, NULL, end_ms));
	assert_string_equal(ask("66.249.66.1", end_ms), "refuted Googlebot");
}

/* A resolver that has died since says no more, and what it said is not true for ever. */
static void a_no_ages_too(void **state)
{
	uint64_t end_ms = 1000 + BOT_CONFIRMED_MS;

	(void)state;
	assert_string_equal(ask("192.0.2.1", 1000), "unproven");
	assert_true(take(asked(), RESOLVE_NONE, NULL, 1000));
	assert_string_equal(ask("192.0.2.1", end_ms), "refuted Googlebot");
	assert_true(take(asked(), RESOLVE_AGAIN, NULL, end_ms));
	assert_string_equal(ask("192.0.2.1", end_ms + 1), "unproven");
	assert_int_equal(bot_names_counts(names).refuted, 1);
}

/* A flood of those who say so asks DNS for no more than this. */
static void questions_are_bounded(void **state)
{
	uint64_t ids[BOT_ASKING_MAX];
	unsigned count = 0;
	char address[32];

	(void)state;
	for (unsigned i = 0; i < BOT_ASKING_MAX; i++) {
		snprintf(address, sizeof(address), "192.0.%u.1", i);
		assert_string_equal(ask(address, 1000), "unproven");
		ids[i] = asked();
		assert_true(ids[i]);
	}
	assert_string_equal(ask("198.51.100.1", 1000), "unproven");
	assert_false(asked());
	assert_int_equal(bot_names_counts(names).left_out, 1);
	assert_true(take(ids[3], RESOLVE_NONE, NULL, 1001));
	assert_string_equal(ask("198.51.100.1", 1001), "unproven");
	assert_true(asked());
	/* The process died with all of them: their places come back. */
	for (unsigned i = 0; i < 3000; i++) {
		uint64_t now_ms = 1002 + BOT_FAILED_MS + i, id;

		snprintf(address, sizeof(address), "10.%u.%u.1", i / 200, i % 200);
		assert_string_equal(ask(address, now_ms), "unproven");
		id = asked();
		count += id != 0;
		assert_true(!id || take(id, RESOLVE_NONE, NULL, now_ms));
	}
	assert_in_range(count, BOT_ASKS_BURST + 2 * BOT_ASKS_A_SECOND, BOT_ASKS_BURST + 3 * BOT_ASKS_A_SECOND);
	assert_int_equal(bot_names_counts(names).asked, BOT_ASKING_MAX + 1 + count);
}

/* Whoever owns a network chooses the name server that is asked about it: one that is dead leaves room for others. */
static void one_network_leaves_room_for_others(void **state)
{
	static const char *const shapes[] = { "192.0.2.%u", "2001:db8:1:%x::1" };
	static const char *const others[] = { "192.0.3.1", "2001:db8:2::1" };
	uint64_t now_ms = 1000;
	char address[64];

	(void)state;
	for (unsigned shape = 0; shape < 2; shape++) {
		for (unsigned i = 1; i <= 2 * BOT_ASKING_NETWORK_MAX; i++) {
			_Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wformat-nonliteral\"")
			snprintf(address, sizeof(address), shapes[shape], i);
			_Pragma("GCC diagnostic pop")
			assert_string_equal(ask(address, now_ms), "unproven");
			assert_true((asked() != 0) == (i <= BOT_ASKING_NETWORK_MAX));
		}
		assert_string_equal(ask(others[shape], now_ms), "unproven");
		assert_true(asked());
		now_ms += BOT_FAILED_MS + 1;
	}
}

/* Far more impostors than are remembered, at the rate that they are asked about: who has proved himself stays. */
static void impostors_push_out_no_bot(void **state)
{
	uint64_t now_ms = 1000;
	char address[64];

	(void)state;
	for (unsigned i = 0; i < 64; i++, now_ms += 1000 / BOT_ASKS_A_SECOND) {
		snprintf(address, sizeof(address), "66.249.66.%u", i);
		assert_string_equal(ask(address, now_ms), "unproven");
		assert_true(take(asked(), RESOLVE_CONFIRMED, GOOGLE, now_ms));
		assert_string_equal(ask(address, now_ms), "proven Googlebot");
	}
	for (unsigned i = 0; i < 4 * BOT_NAMES; i++, now_ms += 1000 / BOT_ASKS_A_SECOND) {
		uint64_t id;

		snprintf(address, sizeof(address), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		assert_string_equal(ask(address, now_ms), "unproven");
		id = asked();
		assert_true(id && take(id, i % 2 ? RESOLVE_NONE : RESOLVE_CONFIRMED, i % 2 ? NULL : "dsl-1.isp.example", now_ms));
		assert_string_equal(ask(address, now_ms), "refuted Googlebot");
	}
	for (unsigned i = 0; i < 64; i++) {
		snprintf(address, sizeof(address), "66.249.66.%u", i);
		assert_string_equal(ask(address, now_ms), "proven Googlebot");
	}
	assert_string_equal(ask("10.0.0.1", now_ms + 5000), "unproven");  /* forgotten */
	assert_int_equal(bot_names_counts(names).proven, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_stranger_until_it_is_proved, setup, teardown),
		cmocka_unit_test_setup_teardown(names_that_prove_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_that_is_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(failures_prove_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(proofs_age, setup, teardown),
		cmocka_unit_test_setup_teardown(a_no_ages_too, setup, teardown),
		cmocka_unit_test_setup_teardown(questions_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(one_network_leaves_room_for_others, setup, teardown),
		cmocka_unit_test_setup_teardown(impostors_push_out_no_bot, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
