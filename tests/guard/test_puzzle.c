/* Puzzles: one vector that any other reader can check, what solves them, when, and what does not. */
#include "asking.h"
#include "solving.h"

#include "base/banned.h"

#define HOME "192.0.2.1"
#define NOBODY 99u

static void what_is_written_is_read(void **state)
{
	struct challenge_memory *memory = memory_new();
	struct asker asker = asker_at(memory, HOME, START_S * 1000 + 123), other = asker;
	struct puzzle puzzle = puzzle_new(&asker, 12, 4), read;
	char text[PUZZLE_TEXT_LEN];

	(void)state;
	assert_int_equal(sizeof(text), 64);  /* one block of SHA-256: the page's script counts on it */
	assert_ok(puzzle_write(&asker, &puzzle, text));
	assert_ok(puzzle_read(&asker, span_make(text, sizeof(text)), &read));
	assert_memory_equal(&read, &puzzle, sizeof(read));
	for (size_t i = 0; i < sizeof(text); i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		assert_result(puzzle_read(&asker, span_make(text, sizeof(text)), &read), RESULT_MALFORMED);
		text[i] = was;
	}
	other.site++;
	assert_result(puzzle_read(&other, span_make(text, sizeof(text)), &read), RESULT_MALFORMED);
	other = asker_at(memory, "192.0.2.2", asker.now_ms);
	assert_ok(puzzle_read(&other, span_make(text, sizeof(text)), &read));
	assert_true(puzzle_has_moved(&other, &read));
	assert_false(puzzle_has_moved(&asker, &read));
	free(memory);
}

/* A token is no puzzle, though both are ours. */
static void purposes_do_not_mix(void **state)
{
	struct challenge_memory *memory = memory_new();
	struct asker asker = asker_at(memory, HOME, START_S * 1000);
	uint8_t bytes[PUZZLE_BYTES] = { 0 };
	char text[PUZZLE_TEXT_LEN];
	uint32_t made_s;

	(void)state;
	assert_ok(signed_write(&asker, SIGNED_TOKEN, (uint32_t)START_S, bytes, sizeof(bytes), text));
	assert_ok(signed_read(&asker, SIGNED_TOKEN, span_make(text, sizeof(text)), bytes, sizeof(bytes), &made_s));
	assert_result(signed_read(&asker, SIGNED_PUZZLE, span_make(text, sizeof(text)), bytes, sizeof(bytes), &made_s), RESULT_MALFORMED);
	free(memory);
}

static void solutions(void **state)
{
	struct challenge_memory *memory = memory_new();
	struct asker asker = asker_at(memory, HOME, START_S * 1000);
	struct puzzle puzzle = puzzle_new(&asker, 8, 4);
	char line[PUZZLE_TEXT_LEN], found[PUZZLE_SOLUTION_MAX + 1];
	struct span text = span_make(line, sizeof(line)), solution;

	(void)state;
	assert_ok(puzzle_write(&asker, &puzzle, line));
	for (unsigned part = 0; part < puzzle.parts; part++)
		assert_result(puzzle_check(&asker, &puzzle, text, solve(text, &puzzle, part, found)), RESULT_REFUSED);
	solution = solve(text, &puzzle, NOBODY, found);
	assert_ok(puzzle_check(&asker, &puzzle, text, solution));
	assert_result(puzzle_check(&asker, &puzzle, text, span_take(solution, span_find_last(solution, '.'))), RESULT_MALFORMED);
	assert_result(puzzle_check(&asker, &puzzle, text, SPAN("")), RESULT_MALFORMED);
	assert_result(puzzle_check(&asker, &puzzle, text, SPAN("1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.10.11")), RESULT_MALFORMED);
	assert_result(puzzle_check(&asker, &puzzle, text, SPAN("1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.123456789")), RESULT_MALFORMED);
	assert_result(puzzle_check(&asker, &puzzle, text, SPAN("1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.-1")), RESULT_MALFORMED);
	assert_result(puzzle_check(&asker, &puzzle, text, SPAN("1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.1.")), RESULT_MALFORMED);
	asker.now_ms += PUZZLE_WORK_MS - 1;
	assert_ok(puzzle_check(&asker, &puzzle, text, solution));
	asker.now_ms++;
	assert_result(puzzle_check(&asker, &puzzle, text, solution), RESULT_TIMEOUT);
	puzzle = puzzle_new(&asker, 0, 4);
	assert_result(puzzle_check(&asker, &puzzle, text, SPAN("")), RESULT_REFUSED);
	free(memory);
}

static void waits(void **state)
{
	struct challenge_memory *memory = memory_new();
	struct asker asker = asker_at(memory, HOME, START_S * 1000 + 500);
	struct puzzle puzzle = puzzle_new(&asker, 12, 4), read;
	char line[PUZZLE_TEXT_LEN];

	(void)state;
	assert_ok(puzzle_write(&asker, &puzzle, line));
	assert_int_equal(puzzle_left_ms(&asker, &puzzle), 4000);
	asker.now_ms += 3999;
	assert_int_equal(puzzle_left_ms(&asker, &puzzle), 1);
	asker.now_ms++;
	assert_int_equal(puzzle_left_ms(&asker, &puzzle), 0);
	asker.now_ms = puzzle.made_ms + PUZZLE_WAIT_MS - 1;
	assert_ok(puzzle_read(&asker, span_make(line, sizeof(line)), &read));
	asker.now_ms++;
	assert_result(puzzle_read(&asker, span_make(line, sizeof(line)), &read), RESULT_TIMEOUT);
	for (uint64_t wait_us = 0; wait_us < 60000000; wait_us += 100000) {
		for (unsigned lane = 0; lane < LANE_COUNT; lane++) {
			unsigned bits = puzzle_bits((enum lane)lane, wait_us), wait_s = puzzle_wait_s((enum lane)lane, wait_us);

			assert_true(bits >= 12 && PUZZLE_PARTS_MAX << bits <= 131072);
			assert_true(wait_s >= 2 && wait_s <= PUZZLE_WAIT_S_MAX);
			assert_true(bits <= puzzle_bits(LANE_REST, wait_us) && wait_s <= puzzle_wait_s(LANE_REST, wait_us));
		}
	}
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read), cmocka_unit_test(purposes_do_not_mix), cmocka_unit_test(solutions), cmocka_unit_test(waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
