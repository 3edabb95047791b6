/* NULs, parity, length. */
#include "transform_check.h"

static void removes_nulls(void **state)
{
	static const struct example table[] = {
		SAME("abc"),
		ROW("\0", ""),
		ROW("a\0\0b\0", "ab"),
	};

	(void)state;
	check_examples(TRANSFORM_REMOVE_NULLS, table);
}

static void replaces_nulls(void **state)
{
	static const struct example table[] = {
		SAME("abc"),
		ROW("a\0\0b\0", "a  b "),
	};

	(void)state;
	check_examples(TRANSFORM_REPLACE_NULLS, table);
}

static void even(void **state)
{
	static const struct example table[] = {
		SAME("A"),
		ROW("C", "\xc3"),
		ROW("\xc9", "I"),
		SAME("\xc1"),
	};

	(void)state;
	check_examples(TRANSFORM_PARITY_EVEN_7BIT, table);
}

static void odd(void **state)
{
	static const struct example table[] = {
		SAME("C"),
		ROW("A", "\xc1"),
		ROW("\0", "\x80"),
		SAME("\xc9"),
	};

	(void)state;
	check_examples(TRANSFORM_PARITY_ODD_7BIT, table);
}

static void zero(void **state)
{
	static const struct example table[] = {
		SAME("A\0"),
		ROW("\xc1\x80", "A\0"),
	};

	(void)state;
	check_examples(TRANSFORM_PARITY_ZERO_7BIT, table);
}

static void lengths(void **state)
{
	static const struct example table[] = {
		ROW("", "0"),
		SAME("1"),
		ROW("a", "1"),
		ROW("1234567890\0", "11"),
	};

	(void)state;
	check_examples(TRANSFORM_LENGTH, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removes_nulls),
		cmocka_unit_test(replaces_nulls),
		cmocka_unit_test(even),
		cmocka_unit_test(odd),
		cmocka_unit_test(zero),
		cmocka_unit_test(lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
