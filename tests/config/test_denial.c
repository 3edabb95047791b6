#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../base/write_file.h"
#include "config/denial.h"

#define NOBODY 65534

static char root[] = "/tmp/bouclier-denial-XXXXXX";

static const char *at(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

/* root/open/shut/file: the folder that is closed is not the first, nor the last. */
static int build(void **state)
{
	char target[256];

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(chmod(root, 0755), 0);
	assert_int_equal(mkdir(at("open"), 0755), 0);
	assert_int_equal(mkdir(at("open/shut"), 0755), 0);
	write_file(at("open/shut/file"), "");
	snprintf(target, sizeof(target), "%s", at("open/shut/file"));
	assert_int_equal(symlink(target, at("link")), 0);
	return 0;
}

static int clean(void **state)
{
	static const char *const names[] = { "link", "open/shut/file", "open/shut", "open", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		remove(at(names[i]));
	return 0;
}

/* As somebody whom modes bind: root is nobody for the time of the question. */
static struct denial ask(const char *name)
{
	struct denial denial;
	char path[256];
	bool was_root = geteuid() == 0;

	snprintf(path, sizeof(path), "%s", at(name));
	if (was_root)
		assert_true(setegid(NOBODY) == 0 && seteuid(NOBODY) == 0);
	denial_explain(path, &denial);
	if (was_root)
		assert_true(seteuid(0) == 0 && setegid(0) == 0);
	return denial;
}

static void assert_has(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("no \"%s\" in \"%s\"", words, text);
}

static void a_closed_folder_is_named_and_so_is_the_user(void **state)
{
	static const char *const asked[] = { "open/shut/file", "open/shut/none", "open/shut/none/deeper", "link" };
	char number[32], folder[300];

	(void)state;
	assert_int_equal(chmod(at("open/shut"), 0600), 0);
	snprintf(number, sizeof(number), "%u", geteuid() == 0 ? NOBODY : (unsigned)geteuid());
	snprintf(folder, sizeof(folder), "may not enter the folder %s", at("open/shut"));
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		struct denial denial = ask(asked[i]);

		assert_int_equal(strncmp(denial.text, "user ", 5), 0);
		assert_has(denial.text, number);
		assert_has(denial.text, folder);
		assert_string_equal(strstr(denial.text, "the folder ") + 11, at("open/shut"));
		assert_has(denial.suggestion, "/etc/bouclier");
		assert_has(denial.suggestion, "chmod o+x ");
		assert_string_equal(strstr(denial.suggestion, "o+x ") + 4, at("open/shut"));
	}
	assert_int_equal(chmod(at("open/shut"), 0755), 0);
}

static void a_closed_file_is_named(void **state)
{
	struct denial denial;

	(void)state;
	assert_int_equal(chmod(at("open/shut/file"), 0200), 0);
	denial = ask("open/shut/file");
	assert_has(denial.text, "may not read the file ");
	assert_string_equal(strstr(denial.text, "the file ") + 9, at("open/shut/file"));
	assert_has(denial.suggestion, "chgrp ");
	assert_has(denial.suggestion, "chmod g+r");
	assert_int_equal(chmod(at("open/shut/file"), 0644), 0);
}

static void a_folder_that_cannot_be_listed_is_named(void **state)
{
	struct denial denial;

	(void)state;
	assert_int_equal(chmod(at("open/shut"), 0311), 0);
	denial = ask("open/shut");
	assert_has(denial.text, "may not read the folder ");
	assert_has(denial.suggestion, "chmod g+rx");
	assert_int_equal(chmod(at("open/shut"), 0755), 0);
}

/* What modes allow and was denied all the same, the sandbox denied. */
static void the_sandbox_is_not_called_a_mode(void **state)
{
	struct denial denial = ask("open/shut/file");

	(void)state;
	assert_has(denial.text, "outside of the folders");
	assert_has(denial.suggestion, "--root");
}

/* Longer than any path may be: said, not overrun. */
static void an_endless_path_is_cut(void **state)
{
	struct denial denial;
	char path[6000];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = 0;
	denial_explain(path, &denial);
	assert_true(strlen(denial.text) > 0 && strlen(denial.text) < DENIAL_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_closed_folder_is_named_and_so_is_the_user),
		cmocka_unit_test(a_closed_file_is_named),
		cmocka_unit_test(a_folder_that_cannot_be_listed_is_named),
		cmocka_unit_test(the_sandbox_is_not_called_a_mode),
		cmocka_unit_test(an_endless_path_is_cut),
	};

	return cmocka_run_group_tests(tests, build, clean);
}
