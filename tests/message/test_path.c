#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "message/path.h"

static const struct {
	const char *path, *tidy;
} examples[] = {
	{ "/", "/" }, { "//", "/" }, { "/.", "/" }, { "/..", "/" }, { "/../..", "/" }, { "/a", "/a" }, { "/a/", "/a" }, { "/a//b", "/a/b" },
	{ "/./a/./b/.", "/a/b" }, { "/a/..", "/" }, { "/a/b/..", "/a" }, { "/a/b/../c", "/a/c" }, { "/a/../../b", "/b" }, { "/...", "/..." },
	{ "/.a/..b", "/.a/..b" }, { "/%61", "/a" }, { "/%2E%2e/a", "/a" }, { "/a%2Fb", "/a/b" }, { "/a%2f..%2fb", "/b" }, { "/a%5c..\\b", "/b" },
	{ "/%", "/%" }, { "/%6", "/%6" }, { "/%6g", "/%6g" }, { "/%g1", "/%g1" }, { "/%2561", "/%61" }, { "/a;b", "/a" }, { "/a;b/c;d", "/a/c" },
	{ "/a/..;b/c", "/c" }, { "/;a/b", "/b" }, { "/a%3bb/c", "/a/c" }, { "/a%00b/c", "/a" }, { "/%00", "/" }, { "/a/%00/../b", "/a" },
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		struct span path = span_of(examples[i].path);
		char *out = malloc(path.len);
		struct span tidy = path_tidy(path, out);

		if (!span_equal(tidy, span_of(examples[i].tidy)))
			fail_msg("%s became %.*s, not %s", examples[i].path, SPAN_ARG(tidy), examples[i].tidy);
		free(out);
	}
}

/* What is said to be plain means the same untouched; every path of up to 6 bytes of those that matter. */
static void test_plain(void **state)
{
	static const char bytes[] = "/.;%2e\\a";
	const size_t kinds = sizeof(bytes) - 1;

	(void)state;
	for (size_t number = 0; number < kinds * kinds * kinds * kinds * kinds; number++) {
		char path[6] = "/", out[6], again[6];
		struct span tidy, whole = span_make(path, sizeof(path));

		for (size_t i = 1, rest = number; i < sizeof(path); i++, rest /= kinds)
			path[i] = bytes[rest % kinds];
		tidy = path_tidy(whole, out);
		assert_true(tidy.len > 0 && tidy.len <= whole.len && tidy.at[0] == '/');
		assert_true(tidy.len == 1 || tidy.at[tidy.len - 1] != '/');
		if (path_is_plain(whole))
			assert_true(span_equal(tidy, span_take(whole, whole.len - (path[5] == '/'))));
		assert_true(!path_is_plain(whole) || path_has_one_reading(whole));
		if (path_has_one_reading(whole) && !path_is_plain(whole))
			assert_true(span_find(whole, '%') < whole.len);
		if (path_is_plain(tidy))
			assert_true(span_equal(path_tidy(tidy, again), tidy));
	}
	assert_true(path_is_plain(SPAN("*")));
	assert_true(path_is_plain(SPAN("/a.b/c..d/e-f_g~h")));
	assert_false(path_is_plain(SPAN("/a/.b")));
}

static void test_one_reading(void **state)
{
	static const char *const one[] = { "/", "/a", "/a/", "/caf%C3%A9", "/caf%c3%a9/x%20y", "/a.b/c..d" };
	static const char *const two[] = { "/%", "/%c", "/%c3%", "/%61", "/%2f", "/%5c", "/%3b", "/%00", "/%25", "/a/.b", "/a//b", "/a;b", "/a\\b", "/%C3%A9/.." };

	(void)state;
	for (size_t i = 0; i < sizeof(one) / sizeof(*one); i++)
		assert_true(path_has_one_reading(span_of(one[i])));
	for (size_t i = 0; i < sizeof(two) / sizeof(*two); i++)
		assert_false(path_has_one_reading(span_of(two[i])));
	assert_false(path_has_one_reading(span_make("/a\0b", 4)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_one_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
