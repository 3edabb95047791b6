/* Many phrases at once: against a search for each of them, with their spelling kept, and within the memory that is promised. */
#include "../base/failing.h"
#include "operator_stage.h"

#include "waf/operator/phrases.c"

static struct phrase_set *made(struct arena *arena, const struct span *list, size_t count)
{
	struct phrase_set *set = NULL;

	assert_ok(phrase_set_new(arena, list, count, &set));
	return set;
}

static void examples(void **state)
{
	static const struct span list[] = { SPAN_INIT("he"), SPAN_INIT("She"), SPAN_INIT("HIS"), SPAN_INIT("hers"), SPAN_INIT("she"),
		                            SPAN_INIT("\xe9t\xe9"), { "a\0b", 3 } };
	static const struct { struct span value; const char *found; } table[] = {
		{ SPAN_INIT("ushers"), "She" }, { SPAN_INIT("xHEx"), "he" }, { SPAN_INIT("his"), "HIS" }, { SPAN_INIT("hxe"), NULL },
		{ SPAN_INIT(""), NULL }, { SPAN_INIT("h"), NULL }, { SPAN_INIT("\xe9t\xe9"), "\xe9t\xe9" }, { SPAN_INIT("\xc9t\xe9"), NULL },
		{ { "xa\0b", 4 }, "a" },
	};
	struct arena arena;
	struct phrase_set *set;
	size_t count;

	(void)state;
	arena_init(&arena, 1 << 20, 4096);
	set = made(&arena, list, COUNT(list));
	for (size_t i = 0; i < COUNT(table); i++) {
		struct span found = SPAN("untouched");

		assert_int_equal(phrase_set_find(set, table[i].value, &found), table[i].found != NULL);
		assert_true(span_starts(found, span_of(table[i].found ? table[i].found : "untouched")));
	}
	assert_span(phrase_set_list(set, &count)[1], "he");
	assert_int_equal(count, 6);  /* she is there once */
	arena_done(&arena);
}

/* ModSecurity 2.9.7 misses these: it goes back to the root where it should try shorter suffixes. */
static void a_phrase_inside_a_longer_failure(void **state)
{
	static const struct span list[] = { SPAN_INIT("abcxq"), SPAN_INIT("bcy"), SPAN_INIT("cx") };
	struct arena arena;
	struct span found;

	(void)state;
	arena_init(&arena, 1 << 20, 4096);
	assert_true(phrase_set_find(made(&arena, list, COUNT(list)), SPAN("abcx!"), &found));
	assert_span(found, "cx");
	arena_done(&arena);
}

static bool naive(const struct span *list, size_t count, struct span value, size_t *end, size_t *len)
{
	*end = SIZE_MAX;
	*len = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t at = 0; at + list[i].len <= value.len; at++) {
			if (!span_equal_nocase(span_make(value.at + at, list[i].len), list[i]))
				continue;
			if (at + list[i].len < *end || (at + list[i].len == *end && list[i].len > *len)) {
				*end = at + list[i].len;
				*len = list[i].len;
			}
			break;
		}
	}
	return *end != SIZE_MAX;
}

static void random_phrases_against_a_naive_search(void **state)
{
	struct draws draws = { 11 };
	char bytes[40][6], text[64];
	size_t yes = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct span list[40], found = SPAN_NONE;
		size_t count = 1 + draw_below(&draws, 40), end, len, text_len = draw_below(&draws, sizeof(text));
		unsigned letters = 1 + (unsigned)draw_below(&draws, 5);
		struct arena arena;
		bool is_there;

		for (size_t i = 0; i < count; i++) {
			list[i] = span_make(bytes[i], 1 + draw_below(&draws, 6));
			for (size_t b = 0; b < list[i].len; b++)
				bytes[i][b] = "aBcD\xff"[draw_below(&draws, letters)];
		}
		for (size_t b = 0; b < text_len; b++)
			text[b] = "AbCd\xff-"[draw_below(&draws, letters + 1)];
		arena_init(&arena, 1 << 20, 4096);
		is_there = phrase_set_find(made(&arena, list, count), span_make(text, text_len), &found);
		assert_int_equal(is_there, naive(list, count, span_make(text, text_len), &end, &len));
		if (is_there)
			assert_true(found.len == len && span_equal_nocase(found, span_make(text + end - len, len)));
		yes += is_there;
		arena_done(&arena);
	}
	assert_true(yes > 2000 && yes < 19000);
}

/* Every byte leads somewhere, and siblings are found whatever their number. */
static void all_bytes_and_wide_states(void **state)
{
	char bytes[256 * 2];
	struct span list[256], found;
	struct arena arena;
	struct phrase_set *set;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		bytes[2 * i] = 'k';
		bytes[2 * i + 1] = (char)i;
		list[i] = span_make(bytes + 2 * i, 2);
	}
	arena_init(&arena, 1 << 20, 4096);
	set = made(&arena, list, COUNT(list));
	for (unsigned i = 0; i < 256; i++) {
		char text[] = { 'K', (char)i };

		assert_true(phrase_set_find(set, span_make(text, 2), &found));
		assert_true(span_equal_nocase(found, span_make(text, 2)));
		assert_int_equal(phrase_set_find(set, span_make(text + 1, 1), &found), false);
	}
	arena_done(&arena);
}

static size_t draw_words(struct draws *draws, char (*bytes)[12], struct span *list, size_t count)
{
	size_t letters = 0;

	for (size_t i = 0; i < count; i++) {
		list[i] = span_make(bytes[i], 4 + draw_below(draws, 8));
		for (size_t b = 0; b < list[i].len; b++)
			bytes[i][b] = (char)('a' + draw_below(draws, 26));
		letters += list[i].len;
	}
	return letters;
}

/* Thousands of words: 7 bytes a state and one for its letter, 16 a word, and one table for the root; beyond 65,535 states 13. */
static void memory_of_thousands_of_words(void **state)
{
	enum { MOST = 20000 };
	static const struct { size_t words, bytes; bool is_wide; } table[] = { { 5000, 7, false }, { MOST, 13, true } };
	static char bytes[MOST][12];
	static struct span list[MOST];
	struct draws draws = { 3 };

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		size_t letters = draw_words(&draws, bytes, list, table[i].words);
		struct arena arena;
		struct phrase_set *set;

		arena_init(&arena, 16 << 20, 4096);
		set = made(&arena, list, table[i].words);
		assert_int_equal(set->state_count > UINT16_MAX, table[i].is_wide);
		assert_true(phrase_set_bytes(set) <= arena.used_bytes);
		assert_true(arena.used_bytes <= (table[i].bytes + 1) * letters + 17 * table[i].words + 4096);
		for (size_t w = 0; w < table[i].words; w++) {
			struct span found;

			assert_true(phrase_set_find(set, list[w], &found));
			assert_true(span_contains(list[w], found));
		}
		assert_false(phrase_set_find(set, SPAN("0123456789-0123456789"), &(struct span){ 0 }));
		arena_done(&arena);
	}
}

/* The last size that is narrow and the first that is wide give the same answers. */
static void numbers_at_the_edge(void **state)
{
	static char text[UINT16_MAX + 1];
	struct span list[2] = { SPAN_INIT("zz"), { text, 0 } };

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t len = UINT16_MAX - 5; len <= UINT16_MAX; len++) {
		struct arena arena;
		struct phrase_set *set;
		struct span found;

		list[1].len = len;
		arena_init(&arena, 16 << 20, 4096);
		set = made(&arena, list, 2);
		assert_int_equal(set->state_count, len + 3);
		assert_int_equal(set->fail.narrow == NULL, len + 3 > UINT16_MAX);
		assert_true(phrase_set_find(set, span_make(text, len), &found));
		assert_int_equal(found.len, len);
		assert_false(phrase_set_find(set, span_make(text, len - 1), &found));
		assert_true(phrase_set_find(set, SPAN("aazz"), &found));
		arena_done(&arena);
	}
}

static void nothing_to_look_for(void **state)
{
	struct arena arena;
	struct span found;
	size_t count;

	(void)state;
	arena_init(&arena, 1 << 20, 4096);
	assert_false(phrase_set_find(made(&arena, NULL, 0), SPAN("anything"), &found));
	(void)phrase_set_list(made(&arena, NULL, 0), &count);
	assert_int_equal(count, 0);
	arena_done(&arena);
}

static void any_allocation_may_fail(void **state)
{
	static const struct span list[] = { SPAN_INIT("abc"), SPAN_INIT("Bcd") };
	struct arena arena;
	size_t failures = 0;

	(void)state;
	for (size_t limit = 0;; limit += 16) {  /* the arena's */
		struct phrase_set *set = NULL;
		enum result result;

		arena_init(&arena, limit, 64);
		result = phrase_set_new(&arena, list, COUNT(list), &set);
		arena_done(&arena);
		if (result == RESULT_OK)
			break;
		assert_result(result, RESULT_NO_MEMORY);
		assert_null(set);
		failures++;
	}
	assert_true(failures > 8);
	arena_init(&arena, 1 << 20, 4096);
	for (size_t nth = 1; nth <= 2; nth++) {  /* its own */
		struct phrase_set *set = NULL;

		failing_from(nth);
		assert_result(phrase_set_new(&arena, list, COUNT(list), &set), RESULT_NO_MEMORY);
		failing_from(0);
		assert_null(set);
	}
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples), cmocka_unit_test(a_phrase_inside_a_longer_failure),
		cmocka_unit_test(random_phrases_against_a_naive_search), cmocka_unit_test(all_bytes_and_wide_states),
		cmocka_unit_test(memory_of_thousands_of_words), cmocka_unit_test(numbers_at_the_edge),
		cmocka_unit_test(nothing_to_look_for), cmocka_unit_test(any_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("waf/operator_phrases", tests, NULL, NULL);
}
