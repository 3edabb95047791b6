/* Comments: all kinds, with and without end, one behind the other. */
#include "transform_check.h"

static void removes(void **state)
{
	static const struct example table[] = {
		SAME("a/b*c-d<e"),
		SAME("a*/b"),
		SAME("a//b"),
		ROW("a/*b*/c", "ac"),
		ROW("a<!--b-->c", "ac"),
		ROW("a/**/b", "ab"),
		ROW("a/***/b", "ab"),
		ROW("a<!---->b", "ab"),
		ROW("UNI/**/ON", "UNION"),
		ROW("a/*b-->c", "ac"),
		ROW("a<!--b*/c", "ac"),
		ROW("a/*b", "a "),
		ROW("a/*/b", "a "),
		ROW("a<!-->b", "a "),
		ROW("/*", " "),
		ROW("a--b", "a"),
		ROW("a#b", "a"),
		ROW("#", ""),
		ROW("a/*b#c--d*/e", "ae"),
		ROW("a/*b\0*/c", "ac"),
	};

	(void)state;
	check_examples(TRANSFORM_REMOVE_COMMENTS, table);
}

static void the_byte_behind_a_comment_is_not_seen(void **state)
{
	static const struct example table[] = {
		ROW("a/*b*/#c", "a#c"),
		ROW("a/*b*//*c*/d", "a/*c*/d"),
		ROW("a/*b*/--c", "a--c"),
		ROW("x/*a*/", "x\0"),
		ROW("/**/", "\0"),
		ROW("a<!--b-->", "a\0"),
	};

	(void)state;
	check_examples(TRANSFORM_REMOVE_COMMENTS, table);
}

static void removes_the_signs(void **state)
{
	static const struct example table[] = {
		ROW("a/*b*/c", "abc"),
		ROW("a<!--b-->c", "abc"),
		ROW("a--b#c", "abc"),
		ROW("---", "-"),
		ROW("a<!-->b", "a>b"),
		ROW("a-->b", "ab"),
		ROW("/*/", "/"),
		ROW("//**", "/*"),
		SAME("a/b*c-d<!-e->"),
		SAME("-"),
		SAME("<!"),
		SAME("-\0-"),
	};

	(void)state;
	check_examples(TRANSFORM_REMOVE_COMMENTS_CHAR, table);
}

static void replaces(void **state)
{
	static const struct example table[] = {
		ROW("a/*b*/c", "a c"),
		ROW("a/*b", "a "),
		ROW("a/*/b", "a "),
		ROW("/*a*//*b*/", "  "),
		ROW("/*a*/*b*/", " *b*/"),
		ROW("a/*b\0*/c", "a c"),
		SAME("a//b*/<!--c-->#d--"),
		ROW("a/***/b", "a b"),
	};

	(void)state;
	check_examples(TRANSFORM_REPLACE_COMMENTS, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removes),
		cmocka_unit_test(the_byte_behind_a_comment_is_not_seen),
		cmocka_unit_test(removes_the_signs),
		cmocka_unit_test(replaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
