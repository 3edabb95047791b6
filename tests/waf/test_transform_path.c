/* Paths: empty segments, itself, above; the corners of the reference. */
#include "transform_check.h"

static void absolute(void **state)
{
	static const struct example table[] = {
		SAME("/"),
		SAME("/a/b"),
		SAME("/a/b/"),
		SAME("/a.b/..c/.d"),
		ROW("//", "/"),
		ROW("/a//b", "/a/b"),
		ROW("/a/./b", "/a/b"),
		ROW("/a/../b", "/b"),
		ROW("/a/b/../..", ""),
		ROW("/a/b/../../", "/"),
		ROW("/..", ""),
		ROW("/../../../etc/passwd", "/etc/passwd"),
		ROW("/.", ""),
		ROW("/a/.", "/a"),
		ROW("/a/./", "/a/"),
		ROW("/a/\0/..", "/a"),
	};

	(void)state;
	check_examples(TRANSFORM_NORMALIZE_PATH, table);
}

static void relative(void **state)
{
	static const struct example table[] = {
		SAME("a"),
		SAME("a/b"),
		SAME(".."),
		SAME("../a"),
		SAME("../../a"),
		ROW("./a", "a"),
		ROW(".", ""),
		ROW("./", ""),
		ROW("a/..", ""),
		ROW("a/../", ""),
		ROW("a/../..", ".."),
		ROW("./../a", "../a"),
		ROW("a//", "a/"),
	};

	(void)state;
	check_examples(TRANSFORM_NORMALIZE_PATH, table);
}

static void dots_behind_a_name(void **state)
{
	static const struct example table[] = {
		SAME("a../x"),
		ROW("aa../x", "x"),
		ROW("b/a../x", "b/x"),
		ROW("/foo/bar../x", "/foo/x"),
		ROW("b/.../x", "b/x"),
		SAME("foo./bar."),
	};

	(void)state;
	check_examples(TRANSFORM_NORMALIZE_PATH, table);
}

static void once_at_the_root(void **state)
{
	static const struct example table[] = {
		ROW("a/../b/../x", "b/../x"),
		ROW("a/../bb/../x", "x"),
		ROW("../../a/../../x", "../x"),
		ROW("a/../c./../x", "c./../x"),
	};

	(void)state;
	check_examples(TRANSFORM_NORMALIZE_PATH, table);
}

static void a_backslash_is_a_letter(void **state)
{
	static const struct example table[] = {
		SAME("\\a\\..\\b"),
		SAME("a\\\\b"),
	};

	(void)state;
	check_examples(TRANSFORM_NORMALIZE_PATH, table);
}

static void windows(void **state)
{
	static const struct example table[] = {
		ROW("\\a\\..\\b", "/b"),
		ROW("c:\\a\\.\\b", "c:/a/b"),
		ROW("\\", "/"),
		ROW("a\\", "a/"),
		ROW("a\\\\b", "a/b"),
		ROW("a/\\b", "a/b"),
		ROW("a\\..\\..", ".."),
		SAME("/a/b"),
	};

	(void)state;
	check_examples(TRANSFORM_NORMALIZE_PATH_WIN, table);
}

static void long_runs_of_backslashes(void **state)
{
	static const struct example table[] = {
		ROW("a\\\\\\b", "a\\b"),
		ROW("a/\\\\b", "a\\b"),
		ROW("a\\//b", "a/b"),
		ROW("a\\\\\\.\\b", "a\\./b"),
		ROW("a/b\\\\\\..\\c", "a/c"),
		ROW("x/b\\..\\\\a", "x\\a"),
		ROW("x/.\\\\a", "x\\a"),
		ROW("..\\\\a", "../a"),
		ROW("/../\\bb..", "\\"),
	};

	(void)state;
	check_examples(TRANSFORM_NORMALIZE_PATH_WIN, table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absolute),
		cmocka_unit_test(relative),
		cmocka_unit_test(dots_behind_a_name),
		cmocka_unit_test(once_at_the_root),
		cmocka_unit_test(a_backslash_is_a_letter),
		cmocka_unit_test(windows),
		cmocka_unit_test(long_runs_of_backslashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
