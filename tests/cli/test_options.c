#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cli/command.h"

static const struct option table[] = {
	{ .name = "config", .letter = 'c', .value = "FILE" },
	{ .name = "root", .value = "FOLDER", .repeats = true },
	{ .name = "dry-run", .letter = 'n' },
	{ .name = NULL },
};

static enum result read_words(const char *const *words, struct options *out, char error[256])
{
	struct buffer text;
	char *list[16];
	int count = 0;
	enum result result;

	while (words[count]) {
		list[count] = (char *)(uintptr_t)words[count];
		count++;
	}
	buffer_init(&text, 4096);
	result = options_read(table, list, count, out, &text);
	snprintf(error, 256, "%.*s", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
	return result;
}

static void all_ways_to_give_a_value(void **state)
{
	static const char *const ways[][4] = { { "--config", "a", NULL }, { "--config=a", NULL }, { "-c", "a", NULL }, { "-ca", NULL } };
	struct options options;
	char error[256];

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		assert_int_equal(read_words(ways[i], &options, error), RESULT_OK);
		assert_string_equal(option_text(&options, "config", "none"), "a");
		assert_false(option_is_given(&options, "dry-run"));
		assert_int_equal(options.argument_count, 0);
	}
}

static void options_and_arguments_in_any_order(void **state)
{
	static const char *const words[] = { "one", "-n", "two", "--root", "x", "--root=y", "--", "--config", NULL };
	struct options options;
	char error[256];
	unsigned at = 0;

	(void)state;
	assert_int_equal(read_words(words, &options, error), RESULT_OK);
	assert_int_equal(options.argument_count, 3);
	assert_string_equal(options.arguments[1], "two");
	assert_string_equal(options.arguments[2], "--config");
	assert_true(option_is_given(&options, "dry-run"));
	assert_string_equal(option_next(&options, "root", &at), "x");
	assert_string_equal(option_next(&options, "root", &at), "y");
	assert_null(option_next(&options, "root", &at));
	assert_string_equal(option_text(&options, "config", "none"), "none");
}

static void what_is_wrong_is_said(void **state)
{
	static const struct { const char *words[12]; const char *says; } cases[] = {
		{ { "--confg", "x" }, "there is no option --confg (did you mean config?)" },
		{ { "-z" }, "there is no option -z" },
		{ { "--config" }, "--config wants a value: --config FILE" },
		{ { "-c" }, "--config wants a value: --config FILE" },
		{ { "--config", "a", "-c", "b" }, "--config is given twice" },
		{ { "--dry-run=yes" }, "--dry-run takes no value" },
		{ { "-nc" }, "one letter a dash: found -nc" },
		{ { "1", "2", "3", "4", "5", "6", "7", "8", "9" }, "more than 8 arguments" },
	};
	struct options options = { .argument_count = 77 };
	char error[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(read_words(cases[i].words, &options, error), RESULT_MALFORMED);
		assert_string_equal(error, cases[i].says);
		assert_int_equal(options.argument_count, 77);  /* untouched */
	}
}

/* What the table promises of every command: help finds words for all of it, and letters mean one thing. */
static void the_table_of_commands_is_whole(void **state)
{
	(void)state;
	for (const struct command *command = commands; command->name; command++) {
		assert_true(command->summary && command->run && command->options);
		assert_ptr_equal(command_find(span_of(command->name)), command);
		assert_true((command->arguments != NULL) == (command->arguments_max > 0));
		for (const struct option *a = command->options; a->name; a++) {
			assert_non_null(a->help);
			for (const struct option *b = a + 1; b->name; b++) {
				assert_string_not_equal(a->name, b->name);
				assert_true(!a->letter || a->letter != b->letter);
			}
		}
	}
	assert_null(command_find(SPAN("nonsense")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_ways_to_give_a_value),
		cmocka_unit_test(options_and_arguments_in_any_order),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(the_table_of_commands_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
