/* The cookie: what it says comes back, whatever is changed in it is noticed, it ends, and a new network costs a lane once. */
#include "asking.h"

#include "base/banned.h"

#define HOME "192.0.2.1"

static void what_is_written_is_read(void **state)
{
	struct challenge_memory *memory = memory_new();
	struct asker asker = asker_at(memory, HOME, START_S * 1000);
	char text[TOKEN_TEXT_LEN];
	struct token read;

	(void)state;
	for (unsigned lane = TOKEN_WORK; lane < TOKEN_LANES; lane++) {
		struct token token = token_new(&asker, (enum token_lane)lane, TOKEN_LIFETIME_S);

		token.solved = lane;
		token.first_s = (uint32_t)START_S - 7;
		assert_ok(token_write(&asker, &token, text));
		assert_ok(token_read(&asker, span_make(text, sizeof(text)), &read));
		assert_true(read.lane == token.lane && read.made_s == token.made_s && read.lifetime_s == token.lifetime_s && read.first_s == token.first_s);
		assert_true(read.solved == token.solved && read.site == token.site && read.id == token.id);
		assert_memory_equal(read.networks, token.networks, sizeof(read.networks));
		assert_true(token.id != 0);
	}
	free(memory);
}

/* A lane that there is not, by whoever could sign it. */
static void no_lane_is_no_token(void **state)
{
	struct challenge_memory *memory = memory_new();
	struct asker asker = asker_at(memory, HOME, START_S * 1000);
	char text[TOKEN_TEXT_LEN];
	struct token read;

	(void)state;
	for (unsigned lane = 0; lane <= TOKEN_LANES; lane += TOKEN_LANES) {
		struct token token = token_new(&asker, (enum token_lane)lane, TOKEN_LIFETIME_S);

		assert_ok(token_write(&asker, &token, text));
		assert_result(token_read(&asker, span_make(text, sizeof(text)), &read), RESULT_MALFORMED);
	}
	free(memory);
}

static void every_byte_counts(void **state)
{
	struct challenge_memory *memory = memory_new();
	struct asker asker = asker_at(memory, HOME, START_S * 1000), other = asker;
	struct token token = token_new(&asker, TOKEN_WORK, TOKEN_LIFETIME_S), read;
	char text[TOKEN_TEXT_LEN];

	(void)state;
	assert_ok(token_write(&asker, &token, text));
	for (size_t i = 0; i < sizeof(text); i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		assert_result(token_read(&asker, span_make(text, sizeof(text)), &read), RESULT_MALFORMED);
		text[i] = was;
		assert_result(token_read(&asker, span_make(text, i), &read), RESULT_MALFORMED);
	}
	other.site++;
	assert_result(token_read(&other, span_make(text, sizeof(text)), &read), RESULT_MALFORMED);
	assert_ok(token_read(&asker, span_make(text, sizeof(text)), &read));
	free(memory);
}

static void it_ends_and_so_do_keys(void **state)
{
	struct challenge_memory *memory = memory_new();
	struct asker asker = asker_at(memory, HOME, START_S * 1000);
	struct token token = token_new(&asker, TOKEN_WORK, 600), read;
	char text[TOKEN_TEXT_LEN];

	(void)state;
	assert_ok(token_write(&asker, &token, text));
	asker.now_ms = (START_S + 599) * 1000 + 999;
	assert_ok(token_read(&asker, span_make(text, sizeof(text)), &read));
	asker.now_ms = (START_S + 600) * 1000;
	assert_result(token_read(&asker, span_make(text, sizeof(text)), &read), RESULT_TIMEOUT);
	/* For as long as it can live its key does, whenever keys change in between. */
	for (uint64_t after_s = 0; after_s < TOKEN_LIFETIME_S; after_s += 60) {
		asker.now_ms = (START_S + after_s) * 1000;
		ticket_keys_rotate(&memory->keys, START_S + after_s);
		assert_true(token_read(&asker, span_make(text, sizeof(text)), &read) != RESULT_MALFORMED);
	}
	asker.now_ms = (START_S + 3 * TICKET_PERIOD_S) * 1000;
	ticket_keys_rotate(&memory->keys, asker.now_ms / 1000);
	assert_result(token_read(&asker, span_make(text, sizeof(text)), &read), RESULT_MALFORMED);
	free(memory);
}

static void without_keys_there_is_none(void **state)
{
	static struct ticket_keys none;
	struct asker asker = { &none, SITE, address_of(HOME), START_S * 1000 };
	struct token token = token_new(&asker, TOKEN_WORK, 600), read;
	char text[TOKEN_TEXT_LEN] = { 0 };

	(void)state;
	assert_result(token_write(&asker, &token, text), RESULT_NOT_FOUND);
	assert_result(token_read(&asker, span_make(text, sizeof(text)), &read), RESULT_MALFORMED);
}

static void networks(void **state)
{
	struct challenge_memory *memory = memory_new();
	struct asker home = asker_at(memory, "2001:db8:0:1::1", START_S * 1000), same = asker_at(memory, "2001:db8:0:1:ffff::9", START_S * 1000);
	struct asker phone = asker_at(memory, "198.51.100.7", START_S * 1000), train = asker_at(memory, "198.51.100.8", START_S * 1000);
	struct token token = token_new(&home, TOKEN_WORK, TOKEN_LIFETIME_S);

	(void)state;
	assert_false(token_moves(&same, &token));
	assert_int_equal(token.lane, TOKEN_WORK);
	/* Down once; then it is at home in both, however often it changes. */
	assert_true(token_moves(&phone, &token));
	assert_int_equal(token.lane, TOKEN_WAITED);
	for (int i = 0; i < 10; i++) {
		assert_false(token_moves(&home, &token));
		assert_false(token_moves(&phone, &token));
	}
	assert_true(token_moves(&train, &token));
	assert_int_equal(token.lane, TOKEN_WAITED);
	free(memory);
}

static enum lane lane_of(enum token_lane lane, unsigned age_s)
{
	struct token token = { .lane = lane, .made_s = START_S };

	return token_queue_lane(&token, (START_S + (uint64_t)age_s) * 1000);
}

/* Work before a wait before a wait too many; and what is new behind what has stayed. */
static void lanes(void **state)
{
	(void)state;
	assert_int_equal(lane_of(TOKEN_WORK, TOKEN_YOUNG_S - 1), LANE_PLAUSIBLE);
	assert_int_equal(lane_of(TOKEN_WORK, TOKEN_YOUNG_S), LANE_KNOWN);
	assert_int_equal(lane_of(TOKEN_WAITED, TOKEN_YOUNG_S - 1), LANE_REST);
	assert_int_equal(lane_of(TOKEN_WAITED, TOKEN_YOUNG_S), LANE_PLAUSIBLE);
	assert_int_equal(lane_of(TOKEN_LOW, TOKEN_LIFETIME_S), LANE_REST);
	assert_int_equal(lane_of(TOKEN_ASKED, TOKEN_LIFETIME_S), LANE_REST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read), cmocka_unit_test(no_lane_is_no_token), cmocka_unit_test(every_byte_counts), cmocka_unit_test(it_ends_and_so_do_keys),
		cmocka_unit_test(without_keys_there_is_none), cmocka_unit_test(networks),
		cmocka_unit_test(lanes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
