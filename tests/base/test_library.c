/* Libraries that are looked for while the program runs. */
#include <stdlib.h>

#include "check.h"

#include "base/library.h"

static void opens_and_refuses(void **state)
{
	char *(*copy)(const char *) = NULL;
	int (*nothing)(void) = NULL;
	const struct library_function both[] = { { "strdup", &copy }, { "no_function_of_this_name", &nothing } };
	char *text;

	(void)state;
	assert_result(library_open("libnothing-of-this-name.so.9", both, 1), RESULT_NOT_FOUND);
	assert_result(library_open("libc.so.6", both, 2), RESULT_REFUSED);
	assert_true(!copy && !nothing);
	assert_result(library_open("libc.so.6", both, 1), RESULT_OK);
	text = copy("a");
	assert_string_equal(text, "a");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(opens_and_refuses) };

	return cmocka_run_group_tests_name("base/library", tests, NULL, NULL);
}
