/* White space within a value and at its ends. */
#include "transform_check.h"

static void compresses(void **state)
{
	static const struct example table[] = {
		SAME(""),
		SAME(" "),
		SAME("a b c "),
		SAME("a\x85\0b"),
		ROW("a  b", "a b"),
		ROW("a\tb", "a b"),
		ROW("a\xa0\n\v\f\r b", "a b"),
		ROW("a b  ", "a b "),
		ROW("\t", " "),
	};

	(void)state;
	check_examples(TRANSFORM_COMPRESS_WHITESPACE, table);
}

static void removes(void **state)
{
	static const struct example table[] = {
		SAME("abc\x85\0"),
		ROW("a b", "ab"),
		ROW(" \t\n\v\f\r\xa0", ""),
		ROW("a b c", "abc"),
	};

	(void)state;
	check_examples(TRANSFORM_REMOVE_WHITESPACE, table);
}

static void trims(void **state)
{
	static const struct example table[] = {
		SAME("a b"),
		SAME("\xa0" "a\xa0"),
		ROW(" a b\t", "a b"),
		ROW(" ", ""),
		ROW("\n\v\f\ra\0 ", "a\0"),
		SAME("\0"),
	};

	(void)state;
	check_examples(TRANSFORM_TRIM, table);
}

static void trims_left(void **state)
{
	static const struct example table[] = {
		SAME("a "),
		ROW(" \ta ", "a "),
		ROW("  ", ""),
	};

	(void)state;
	check_examples(TRANSFORM_TRIM_LEFT, table);
}

static void trims_right(void **state)
{
	static const struct example table[] = {
		SAME(" a"),
		ROW(" a \t", " a"),
		ROW("  ", ""),
	};

	(void)state;
	check_examples(TRANSFORM_TRIM_RIGHT, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compresses),
		cmocka_unit_test(removes),
		cmocka_unit_test(trims),
		cmocka_unit_test(trims_left),
		cmocka_unit_test(trims_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
