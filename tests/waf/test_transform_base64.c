/* Base64: both ways, what ends it, what is passed over; there and back. */
#include "transform_check.h"

static void what_is_encoded_decodes_to_itself(void **state)
{
	struct draws draws = { 64 };
	struct span text, again;
	struct arena arena;
	char bytes[200];

	(void)state;
	arena_init(&arena, 1 << 20, 4096);
	for (size_t len = 0; len < sizeof(bytes); len++) {
		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)draw(&draws);
		assert_ok(transform_apply(TRANSFORM_BASE64_ENCODE, span_make(bytes, len), &arena, &text));
		assert_ok(transform_apply(TRANSFORM_BASE64_DECODE, text, &arena, &again));
		assert_true(span_equal(again, span_make(bytes, len)));
		assert_ok(transform_apply(TRANSFORM_BASE64_DECODE_EXT, text, &arena, &again));
		assert_true(span_equal(again, span_make(bytes, len)));
	}
	arena_done(&arena);
}

static void strictly(void **state)
{
	static const struct example table[] = {
		SAME(""),
		ROW("YWJj", "abc"),
		ROW("YWI=", "ab"),
		ROW("YQ==", "a"),
		ROW("YWI", "ab"),
		ROW("YQ", "a"),
		ROW("Y", ""),
		ROW("YWJj YWJj", "abc"),
		ROW("YW=Jj", "a"),
		ROW("=YWJj", ""),
		ROW("YW\0Jj", "a"),
		ROW("+/+/", "\xfb\xff\xbf"),
		ROW("!", ""),
	};

	(void)state;
	check_examples(TRANSFORM_BASE64_DECODE, table);
}

static void as_php_does(void **state)
{
	static const struct example table[] = {
		SAME(""),
		ROW("YWJj", "abc"),
		ROW("Y W-J.j", "abc"),
		ROW("YW=Jj", "abc"),
		ROW("YQ=x", "a\x0c"),
		ROW("YWJj=YQ", "abca"),
		ROW("Y=", ""),
		ROW("YWJjY=YW", ""),
		ROW("YW\0Jj", "a"),
		ROW("=", ""),
	};

	(void)state;
	check_examples(TRANSFORM_BASE64_DECODE_EXT, table);
}

static void encodes(void **state)
{
	static const struct example table[] = {
		SAME(""),
		ROW("a", "YQ=="),
		ROW("ab", "YWI="),
		ROW("abc", "YWJj"),
		ROW("\0\xff\xfe", "AP/+"),
	};

	(void)state;
	check_examples(TRANSFORM_BASE64_ENCODE, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strictly),
		cmocka_unit_test(as_php_does),
		cmocka_unit_test(encodes),
		cmocka_unit_test(what_is_encoded_decodes_to_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
