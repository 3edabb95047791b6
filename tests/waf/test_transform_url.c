/* Percent encoding: tables; what is no encoding stays; there and back. */
#include "transform_check.h"

static void what_is_encoded_decodes_to_itself(void **state)
{
	struct span all, text, again;
	struct arena arena;
	char bytes[256];

	(void)state;
	arena_init(&arena, 1 << 16, 4096);
	for (unsigned i = 0; i < 256; i++)
		bytes[i] = (char)i;
	all = span_make(bytes, 256);
	assert_ok(transform_apply(TRANSFORM_URL_ENCODE, all, &arena, &text));
	assert_ok(transform_apply(TRANSFORM_URL_DECODE, text, &arena, &again));
	assert_true(span_equal(again, all));
	assert_ok(transform_apply(TRANSFORM_URL_DECODE_UNI, text, &arena, &again));
	assert_true(span_equal(again, all));
	arena_done(&arena);
}

static void decodes(void **state)
{
	static const struct example table[] = {
		SAME(""),
		SAME("abc"),
		ROW("a%20b+c", "a b c"),
		ROW("%41%4a%4A", "AJJ"),
		ROW("%00", "\0"),
		ROW("%ff", "\xff"),
		ROW("%%41", "%A"),
		ROW("%4%41", "%4A"),
		ROW("%2541", "%41"),
		SAME("%"),
		SAME("%4"),
		SAME("%4g%g4%zz"),
		SAME("100%"),
		SAME("%u0041"),
	};

	(void)state;
	check_examples(TRANSFORM_URL_DECODE, table);
}

static void decodes_wide_characters(void **state)
{
	static const struct example table[] = {
		ROW("%41+", "A "),
		ROW("%u0041%U0042", "AB"),
		ROW("%u0141", "A"),
		ROW("%uff41%uFF5E%uff01", "a~!"),
		ROW("%uff00%uff5f%uff60", "\0_`"),
		ROW("%ufe41", "A"),
		ROW("%u00%41", "%u00A"),
		ROW("%u004%31", "%u0041"),
		SAME("%u"),
		SAME("%u004"),
		SAME("%uzz41%u00zz"),
		SAME("%v0041"),
	};

	(void)state;
	check_examples(TRANSFORM_URL_DECODE_UNI, table);
}

static void encodes(void **state)
{
	static const struct example table[] = {
		SAME("aZ09*"),
		ROW("a b", "a+b"),
		ROW("-_.~", "%2d%5f%2e%7e"),
		ROW("\0\xff/", "%00%ff%2f"),
		ROW("+", "%2b"),
	};

	(void)state;
	check_examples(TRANSFORM_URL_ENCODE, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(decodes_wide_characters),
		cmocka_unit_test(encodes),
		cmocka_unit_test(what_is_encoded_decodes_to_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
