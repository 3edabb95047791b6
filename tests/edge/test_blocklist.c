/* What is remembered of blocklists' answers, with the resolve process's end in the test's hands. */
#include "../base/check.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/rules/blocklist.h"

static int ends[2];
static unsigned answered;
static struct blocklist *list;

static void count_answer(void *context)
{
	(void)context;
	answered++;
}

static int setup(void **state)
{
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	answered = 0;
	list = blocklist_new(ends[0], count_answer, NULL);
	assert_non_null(list);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	blocklist_free(list);
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

static enum result ask(const char *name, uint64_t now_ms, const char *said)
{
	char text[ADDRESS_TEXT_MAX] = "";
	struct address answer;
	const char *zone = strrchr(name, '.');
	enum result result = blocklist_ask(list, span_of(name), span_of(zone ? zone + 1 : ""), now_ms, &answer);

	if (result == RESULT_OK) {
		address_write(&answer, text);
		assert_string_equal(text, said);
	}
	return result;
}

static bool take(uint64_t id, enum resolve_status status, const char *address, uint64_t now_ms)
{
	static struct resolve_answer answer;

	answer = (struct resolve_answer){ .id = id, .status = status, .count = address != NULL };
	if (address)
		assert_ok(address_read(span_of(address), &answer.addresses[0]));
	return blocklist_take(list, &answer, now_ms);
}

static void an_answer_is_asked_for_once(void **state)
{
	uint64_t id;

	(void)state;
	assert_result(ask("2.0.0.127.bl", 1000, NULL), RESULT_MORE);
	id = asked();
	assert_true(id);
	assert_result(ask("2.0.0.127.BL", 1001, NULL), RESULT_MORE);
	assert_false(asked());
	assert_false(take(id + 1, RESOLVE_FOUND, "127.0.0.9", 1002));
	assert_int_equal(answered, 0);
	assert_true(take(id, RESOLVE_FOUND, "127.0.0.2", 1002));
	assert_int_equal(answered, 1);
	assert_false(take(id, RESOLVE_FOUND, "127.0.0.3", 1002));
	assert_result(ask("2.0.0.127.bl", 900, "127.0.0.2"), RESULT_OK);  /* a thread whose clock is behind */
	assert_result(ask("2.0.0.127.bl", 1002 + BLOCKLIST_KEEP_MS, "127.0.0.2"), RESULT_OK);
	assert_result(ask("2.0.0.127.bl", 1003 + BLOCKLIST_KEEP_MS, NULL), RESULT_MORE);
	assert_true(take(asked(), RESOLVE_NONE, NULL, 1004 + BLOCKLIST_KEEP_MS));
	assert_result(ask("2.0.0.127.bl", 1005 + BLOCKLIST_KEEP_MS, NULL), RESULT_NOT_FOUND);
}

static void failures_say_nothing(void **state)
{
	static const struct {
		enum resolve_status status;
		const char *address;
	} cases[] = { { RESOLVE_AGAIN, NULL }, { RESOLVE_BUSY, NULL }, { RESOLVE_FOUND, NULL }, { RESOLVE_FOUND, "2001:db8::1" } };
	uint64_t now_ms = 1000;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_result(ask("a.bl", now_ms, NULL), RESULT_MORE);
		assert_true(take(asked(), cases[i].status, cases[i].address, now_ms));
		assert_result(ask("a.bl", now_ms + BLOCKLIST_FAILED_MS, NULL), RESULT_TIMEOUT);
		now_ms += BLOCKLIST_FAILED_MS + 1;
	}
	assert_result(ask("a b", now_ms, NULL), RESULT_MALFORMED);
	assert_result(ask("", now_ms, NULL), RESULT_MALFORMED);
}

/* Nobody answers: who asks later does not wait as long as the first, and in the end it is asked anew. */
static void silence_is_not_waited_for_twice(void **state)
{
	uint64_t id;

	(void)state;
	assert_result(ask("a.bl", 1000, NULL), RESULT_MORE);
	id = asked();
	assert_result(ask("a.bl", 1000 + BLOCKLIST_WAIT_MS - 1, NULL), RESULT_MORE);
	assert_result(ask("a.bl", 1000 + BLOCKLIST_WAIT_MS, NULL), RESULT_TIMEOUT);
	assert_false(asked());
	assert_true(take(id, RESOLVE_FOUND, "127.0.0.2", 1000 + BLOCKLIST_WAIT_MS + 1));  /* late, but true */
	assert_result(ask("a.bl", 1000 + BLOCKLIST_WAIT_MS + 2, "127.0.0.2"), RESULT_OK);
	assert_result(ask("b.bl", 1000, NULL), RESULT_MORE);
	assert_true(asked());
	assert_result(ask("b.bl", 1001 + BLOCKLIST_FAILED_MS, NULL), RESULT_MORE);
	assert_true(asked());
}

static void questions_are_bounded(void **state)
{
	char name[32];
	uint64_t ids[BLOCKLIST_ASKING_MAX];

	(void)state;
	for (unsigned i = 0; i < BLOCKLIST_ASKING_MAX; i++) {
		snprintf(name, sizeof(name), "%u.bl%u", i, i / BLOCKLIST_ASKING_ZONE_MAX);
		assert_result(ask(name, 1000, NULL), RESULT_MORE);
		ids[i] = asked();
	}
	assert_result(ask("one.more.bl", 1000, NULL), RESULT_LIMIT);
	assert_false(asked());
	assert_true(take(ids[3], RESOLVE_NONE, NULL, 1001));
	assert_result(ask("one.more.bl", 1001, NULL), RESULT_MORE);
	assert_result(ask("and.another.bl", 1001, NULL), RESULT_LIMIT);
	/* The process died with all of them: their places come back. */
	assert_result(ask("and.another.bl", 1002 + BLOCKLIST_FAILED_MS, NULL), RESULT_MORE);
}

/* A list that is dead takes no more than its share: others are asked meanwhile. */
static void a_dead_zone_leaves_room_for_others(void **state)
{
	char name[32];
	uint64_t first = 0;

	(void)state;
	for (unsigned i = 0; i < BLOCKLIST_ASKING_MAX; i++) {
		snprintf(name, sizeof(name), "%u.%s", i, i % 2 ? "dead" : "DEAD");
		assert_result(ask(name, 1000, NULL), i < BLOCKLIST_ASKING_ZONE_MAX ? RESULT_MORE : RESULT_LIMIT);
		first = first ? first : asked();
	}
	while (asked())
		continue;
	assert_result(ask("1.well", 1001, NULL), RESULT_MORE);
	assert_true(take(asked(), RESOLVE_NONE, NULL, 1002));
	assert_result(ask("1.well", 1003, NULL), RESULT_NOT_FOUND);
	assert_true(take(first, RESOLVE_AGAIN, NULL, 1004));
	assert_result(ask("99.dead", 1005, NULL), RESULT_MORE);
	assert_result(ask("98.dead", 1005, NULL), RESULT_LIMIT);
}

/* Far more names than are kept: the memory is the same, and no name is told another's answer. */
static void the_oldest_give_way(void **state)
{
	char name[32];
	unsigned kept = 0;

	(void)state;
	for (unsigned i = 0; i < 3 * BLOCKLIST_ANSWERS; i++) {
		snprintf(name, sizeof(name), "%u.bl", i);
		assert_result(ask(name, 1000 + i, NULL), RESULT_MORE);
		assert_true(take(asked(), i % 2 ? RESOLVE_NONE : RESOLVE_FOUND, i % 2 ? NULL : "127.0.0.2", 1000 + i));
	}
	for (unsigned i = 3 * BLOCKLIST_ANSWERS - 100; i < 3 * BLOCKLIST_ANSWERS; i++) {
		snprintf(name, sizeof(name), "%u.bl", i);
		kept += ask(name, 1000 + 3 * BLOCKLIST_ANSWERS, "127.0.0.2") == (i % 2 ? RESULT_NOT_FOUND : RESULT_OK);
	}
	assert_int_equal(kept, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_is_asked_for_once, setup, teardown),
		cmocka_unit_test_setup_teardown(failures_say_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(silence_is_not_waited_for_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(questions_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(a_dead_zone_leaves_room_for_others, setup, teardown),
		cmocka_unit_test_setup_teardown(the_oldest_give_way, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
