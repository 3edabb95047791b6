/* Names and spellings; the laws of transform.h for random values of every transformation. */
#include "transform_check.h"

static void names(void **state)
{
	static const char *const others[] = { "", "none", "urlDecodeUnicode", "cmd_line", "removeNull", "base64", "urlDecode ", "lowercases" };
	enum transform found = TRANSFORM_SHA1;

	(void)state;
	for (unsigned i = 0; i < TRANSFORM_COUNT; i++) {
		assert_ok(transform_find(span_of(transform_name((enum transform)i)), &found));
		assert_int_equal(found, i);
	}
	assert_ok(transform_find(SPAN("URLDECODEUNI"), &found));
	assert_int_equal(found, TRANSFORM_URL_DECODE_UNI);
	assert_ok(transform_find(SPAN("normalisePath"), &found));
	assert_int_equal(found, TRANSFORM_NORMALIZE_PATH);
	assert_ok(transform_find(SPAN("NormalisePathWin"), &found));
	assert_int_equal(found, TRANSFORM_NORMALIZE_PATH_WIN);
	for (size_t i = 0; i < COUNT(others); i++)
		assert_result(transform_find(span_of(others[i]), &found), RESULT_NOT_FOUND);
	assert_int_equal(found, TRANSFORM_NORMALIZE_PATH_WIN);
}

static void suggestions(void **state)
{
	(void)state;
	assert_string_equal(transform_suggest(SPAN("urlDecodUni")), "urlDecodeUni");
	assert_string_equal(transform_suggest(SPAN("lowercsae")), "lowercase");
	assert_string_equal(transform_suggest(SPAN("cmdlines")), "cmdLine");
	assert_null(transform_suggest(SPAN("somethingElse")));
	assert_null(transform_suggest(SPAN("")));
}

/* Applied again it says the same. It does not hold for decoders (what comes out may be encoded again), nor for those that
 * take something away from between two halves of itself. */
static bool is_idempotent(enum transform transform)
{
	static const enum transform list[] = { TRANSFORM_CMD_LINE, TRANSFORM_COMPRESS_WHITESPACE, TRANSFORM_LOWERCASE, TRANSFORM_PARITY_ZERO_7BIT,
		                               TRANSFORM_REMOVE_NULLS, TRANSFORM_REMOVE_WHITESPACE, TRANSFORM_REPLACE_COMMENTS,
		                               TRANSFORM_REPLACE_NULLS, TRANSFORM_TRIM, TRANSFORM_TRIM_LEFT, TRANSFORM_TRIM_RIGHT,
		                               TRANSFORM_UPPERCASE };

	for (size_t i = 0; i < COUNT(list); i++)
		if (list[i] == transform)
			return true;
	return false;
}

/* Bytes that mean something to some transformation come often, all others sometimes. */
static void fill(struct draws *draws, char *bytes, size_t len)
{
	static const char often[] = "\\\\%%&#;xXu0041fF/*-<>!.. \t+\"'^,=[]_\xa0\xc0\xe2\x80";

	for (size_t i = 0; i < len; i++)
		bytes[i] = draw_below(draws, 4) ? often[draw_below(draws, sizeof(often))] : (char)draw(draws);
}

static void check_twice(enum transform transform, struct span in)
{
	struct arena arena, second;
	struct span out, again;

	arena_init(&arena, CHECK_LIMIT, 4096);
	arena_init(&second, CHECK_LIMIT, 4096);
	out = check_laws(transform, in, &arena);
	if (is_idempotent(transform)) {
		assert_ok(transform_apply(transform, out, &second, &again));
		assert_ptr_equal(again.at, out.at);
		assert_int_equal(again.len, out.len);
	}
	arena_done(&arena);
	arena_done(&second);
}

static void laws(void **state)
{
	struct draws draws = { 2026 };

	(void)state;
	for (unsigned i = 0; i < TRANSFORM_COUNT; i++)
		for (unsigned round = 0; round < 3000; round++) {
			size_t len = draw_below(&draws, round % 100 ? 40 : 3000);
			char *bytes = malloc(len ? len : 1);

			fill(&draws, bytes, len);
			check_twice((enum transform)i, span_make(bytes, len));
			free(bytes);
		}
}

/* An empty value may have no address. */
static void nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TRANSFORM_COUNT; i++) {
		struct arena arena;

		arena_init(&arena, CHECK_LIMIT, 4096);
		check_laws((enum transform)i, SPAN_NONE, &arena);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(laws),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
