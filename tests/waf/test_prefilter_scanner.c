#include "arena_stage.h"

#include <stdlib.h>

#include "waf/prefilter/scanner.h"
#include "waf/prefilter/scanner_bytes.h"

#define ENTRIES 150
#define PHRASES 12
#define TEXT_MAX 40

/* VALUE in memory of its exact size, at each distance from an aligned place: AddressSanitizer sees a byte too far. */
static void assert_naive(const struct scanner *scanner, const struct scanner_entry *entries, size_t count, struct span value, size_t offset)
{
	char *block = malloc(offset + value.len + 1), *lower = malloc(value.len + 1), *at = block + 1 + offset;
	uint64_t hits[(SCANNER_ENTRIES_MAX + 63) / 64];
	struct byte_set bytes, expected = { 0 };

	assert_true(block && lower && scanner_words(scanner) <= sizeof(hits) / sizeof(hits[0]));
	memset(hits, 0xff, sizeof(hits));
	if (value.len)
		memcpy(at, value.at, value.len);
	for (size_t i = 0; i < value.len; i++)
		lower[i] = ascii_lower(value.at[i]);
	scanner_scan(scanner, span_make(value.len ? at : NULL, value.len), &bytes, hits);
	byte_set_add_span(&expected, value);
	assert_memory_equal(&bytes, &expected, sizeof(bytes));
	for (size_t i = 0; i < count; i++) {
		bool is_there = false;

		for (size_t j = 0; j < entries[i].phrases.count; j++)
			is_there |= span_contains(span_make(lower, value.len), entries[i].phrases.list[j]);
		assert_int_equal(hits[entries[i].number / 64] >> entries[i].number % 64 & 1, is_there);
	}
	free(block);
	free(lower);
}

static void fill(struct draws *draws, char *out, size_t len, const char *alphabet, size_t letters)
{
	for (size_t i = 0; i < len; i++)
		out[i] = alphabet[draw_below(draws, letters)];
}

/* Phrases over an alphabet so small that they overlap, hold each other, and are there often. */
static struct scanner *scanner_draw(struct draws *draws, struct scanner_entry *entries, size_t count, const char *alphabet, size_t letters)
{
	struct scanner *scanner;

	for (size_t i = 0; i < count; i++) {
		struct span *list = arena_new_array(&arena, struct span, PHRASES);

		entries[i] = (struct scanner_entry){ (unsigned)i, { list, draw_below(draws, PHRASES) } };
		for (size_t j = 0; j < entries[i].phrases.count; j++) {
			size_t len = 1 + draw_below(draws, draw_below(draws, 4) ? 7 : TEXT_MAX);
			char *text = arena_take(&arena, len);

			fill(draws, text, len, alphabet, letters);
			list[j] = span_make(text, len);
		}
	}
	assert_ok(scanner_new(&arena, entries, count, &scanner));
	return scanner;
}

static void test_against_naive(void **state)
{
	static const char lower[] = "ab c\0\xe9z", both[] = "aBAb c\0\xe9zZ[@`{";
	static const size_t lens[] = { 0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100 };
	static struct scanner_entry entries[ENTRIES];
	struct draws draws = { 5 };
	char value[128];

	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		struct scanner *scanner = scanner_draw(&draws, entries, ENTRIES, lower, 2 + round % 6);

		for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
			for (size_t offset = 0; offset < 17; offset++) {
				fill(&draws, value, lens[i], both, 4 + round % 10);
				assert_naive(scanner, entries, ENTRIES, span_make(value, lens[i]), offset);
			}
		arena_reset(&arena);
	}
}

/* Longer than what is scanned in one go: what a key told is remembered from one piece to the next. */
static void test_long_against_naive(void **state)
{
	static const char lower[] = "ab c\0\xe9z", both[] = "aBAb c\0\xe9zZ[@`{";
	static const size_t lens[] = { 255, 256, 257, 320, 1023, 1024, 1025, 1026, 1027, 2048, 2500, 9000 };
	static struct scanner_entry entries[ENTRIES];
	static char value[9000];
	struct draws draws = { 7 };

	(void)state;
	for (unsigned round = 0; round < 30; round++) {
		struct scanner *scanner = scanner_draw(&draws, entries, ENTRIES, lower, 2 + round % 6);

		for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
			fill(&draws, value, lens[i], both, 4 + round % 10);
			assert_naive(scanner, entries, ENTRIES, span_make(value, lens[i]), round % 17);
		}
		arena_reset(&arena);
	}
}

/* Bytes that come late, one after another, and all that there are. */
static void test_bytes(void **state)
{
	static char value[256 * 70];
	struct byte_set found, plain;

	(void)state;
	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (char)(i / 70 * 167);
	for (size_t from = 0; from < 140; from += 3)
		for (size_t len = 0; len < sizeof(value) - from; len += 1 + len / 7) {
			struct byte_set expected = { 0 };
			struct span part = span_make(value + from, len);

			byte_set_add_span(&expected, part);
			bytes_find(part, &found);
			bytes_find_plain(part, &plain);
			assert_memory_equal(&found, &expected, sizeof(found));
			assert_memory_equal(&plain, &expected, sizeof(plain));
		}
}

/* One phrase at every place of a long value, also across the pieces that are scanned in one go. */
static void test_every_place(void **state)
{
	static const char *const texts[] = { "q", "q7", "q7x", "q7xz", "q7xzk", "q7xzkwpqrst0123456789q7xzkwpqrst0123456789" };
	static char value[2200];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct span text = span_of(texts[i]);
		struct scanner_entry entry = { 70, { &text, 1 } };
		struct scanner *scanner;
		struct byte_set bytes;
		uint64_t hits[2];

		assert_ok(scanner_new(&arena, &entry, 1, &scanner));
		assert_int_equal(scanner_words(scanner), 2);
		for (size_t at = 0; at + text.len <= sizeof(value); at++) {
			memset(value, '-', sizeof(value));
			memcpy(value + at, text.at, text.len);
			value[at] = 'Q';
			scanner_scan(scanner, span_make(value, sizeof(value)), &bytes, hits);
			assert_true(hits[0] == 0 && hits[1] == 1u << 6);
			scanner_scan(scanner, span_make(value, at + text.len), &bytes, hits);
			assert_true(hits[1] == 1u << 6);
			scanner_scan(scanner, span_make(value, at + text.len - 1), &bytes, hits);
			assert_true(hits[1] == 0);
			scanner_scan(scanner, span_make(value + at + 1, sizeof(value) - at - 1), &bytes, hits);
			assert_true(hits[1] == 0);
		}
	}
}

static void test_shared_and_many(void **state)
{
	struct span common[] = { SPAN_INIT("select"), SPAN_INIT("select"), SPAN_INIT("sel") };
	struct scanner_entry entries[1000];
	struct scanner *scanner;
	struct byte_set bytes;
	uint64_t hits[32];

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		entries[i] = (struct scanner_entry){ 2 * i, { common + i % 2, 1 + i % 3 / 2 } };
	assert_ok(scanner_new(&arena, entries, 1000, &scanner));
	scanner_scan(scanner, SPAN("a SELECT b"), &bytes, hits);
	for (unsigned i = 0; i < 1000; i++)
		assert_true((hits[i / 32] >> 2 * i % 64 & 3) == 1);
	scanner_scan(scanner, SPAN("selec"), &bytes, hits);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(hits[i / 32] >> 2 * i % 64 & 3, i % 2 == 1 && i % 3 == 2);
}

static void test_refused(void **state)
{
	struct span empty = SPAN_INIT(""), upper = SPAN_INIT("aB"), good = SPAN_INIT("ab");
	struct scanner_entry entry = { 0, { &empty, 1 } };
	struct scanner *scanner;
	struct byte_set bytes;

	(void)state;
	assert_result(scanner_new(&arena, &entry, 1, &scanner), RESULT_REFUSED);
	entry.phrases.list = &upper;
	assert_result(scanner_new(&arena, &entry, 1, &scanner), RESULT_REFUSED);
	entry = (struct scanner_entry){ SCANNER_ENTRIES_MAX, { &good, 1 } };
	assert_result(scanner_new(&arena, &entry, 1, &scanner), RESULT_LIMIT);
	assert_ok(scanner_new(&arena, NULL, 0, &scanner));
	assert_int_equal(scanner_words(scanner), 0);
	scanner_scan(scanner, SPAN("anything"), &bytes, NULL);
	assert_true(byte_set_has(&bytes, 'g'));
}

static void test_no_memory(void **state)
{
	struct span list[] = { SPAN_INIT("select"), SPAN_INIT("union"), SPAN_INIT("x") };
	struct scanner_entry entry = { 3, { list, 3 } };
	bool was_refused = false, was_ok = false;

	(void)state;
	for (size_t limit = 64; limit < (1u << 20); limit = limit * 3 / 2) {
		struct arena small;
		struct scanner *scanner;
		enum result result;

		arena_init(&small, limit, 4096);
		result = scanner_new(&small, &entry, 1, &scanner);
		assert_true(result == RESULT_OK || result == RESULT_NO_MEMORY);
		assert_false(was_ok && result != RESULT_OK);
		was_refused |= result != RESULT_OK;
		was_ok |= result == RESULT_OK;
		arena_done(&small);
	}
	assert_true(was_ok && was_refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_against_naive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_against_naive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_every_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_shared_and_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
