/* Command lines: noise, blanks, the space that stays and the one that goes. */
#include "transform_check.h"

static void command_lines(void **state)
{
	static const struct example table[] = {
		SAME(""),
		SAME("cat file"),
		SAME(" a "),
		ROW("C^OMMAND /C DIR", "command/c dir"),
		ROW("\"command\" /c \'DiR\'", "command/c dir"),
		ROW("c\\md,;\t\r\n/c", "cmd/c"),
		ROW("a  b", "a b"),
		ROW("a,b;c", "a b c"),
		ROW("a \"/", "a/"),
		ROW("a \" b", "a b"),
		ROW("a (b", "a(b"),
		ROW(" /x", "/x"),
		ROW("a,", "a "),
		SAME("/(/"),
		SAME("a\vb"),
		ROW("^\"\\\'", ""),
	};

	(void)state;
	check_examples(TRANSFORM_CMD_LINE, table);
}

static void ends_at_a_null(void **state)
{
	static const struct example table[] = {
		ROW("a\0b", "a"),
		ROW("\0", ""),
		ROW("A \0/", "a "),
	};

	(void)state;
	check_examples(TRANSFORM_CMD_LINE, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines),
		cmocka_unit_test(ends_at_a_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
