/* The names that PHP gives to arguments. */
#include "transform_check.h"

static void names(void **state)
{
	static const struct example table[] = {
		SAME("abc"),
		SAME("a_b]c"),
		ROW("a.b c", "a_b_c"),
		ROW("  a.b", "a_b"),
		ROW(" ", ""),
		ROW(".", "_"),
		ROW("a.\0b", "a_\0b"),
	};

	(void)state;
	check_examples(TRANSFORM_PHP_ARGS_NAMES, table);
}

static void brackets(void **state)
{
	static const struct example table[] = {
		SAME("a[]"),
		SAME("a[b][c d.e]"),
		SAME("a[[b]"),
		ROW("a[]b", "a[]"),
		ROW("a[b]c[d]", "a[b]"),
		ROW("a[ ]b", "a[]"),
		SAME("a[  ]"),
		ROW("a.b[c.d].e", "a_b[c.d]"),
		ROW("a[b][c", "a[b]"),
		ROW("a.b[c.d", "a_b_c.d"),
		ROW("[a]", ""),
		ROW("  [a]", ""),
		ROW("[", ""),
		ROW("a[", "a_"),
	};

	(void)state;
	check_examples(TRANSFORM_PHP_ARGS_NAMES, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
