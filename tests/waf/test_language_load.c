#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ruleset_reading.h"

struct file {
	const char *name, *text;
};

static void load(struct reading *reading, const struct file *files, size_t count)
{
	reading_start(reading);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(texts_add(&reading->texts, span_of(files[i].name), span_of(files[i].text)), RESULT_OK);
	reading_load(reading, files[0].name);
}

#define LOAD(reading, files) load(reading, files, sizeof(files) / sizeof(*files))

/* Includes are read where they stand, globs in the order of names, relative to the file that names them. */
static void includes_are_read_where_they_stand(void **state)
{
	static const struct file files[] = {
		{ "/etc/main.conf", "SecAction \"id:1\"\nInclude rules/*.conf\nSecAction \"id:9\"\nIncludeOptional none*.conf\nInclude \"/etc/last.conf\"\n" },
		{ "/etc/rules/20.conf", "SecAction \"id:4\"\n" },
		{ "/etc/rules/10.conf", "SecAction \"id:2\"\nInclude ../other/deep.conf\n" },
		{ "/etc/rules/10.conf.bak", "broken" },
		{ "/etc/rules/.hidden.conf", "broken" },
		{ "/etc/rules/sub/30.conf", "broken" },
		{ "/etc/rules/../other/deep.conf", "SecAction \"id:3\"\n" },
		{ "/etc/last.conf", "SecAction \"id:10\"" },
	};
	static const uint32_t ids[] = { 1, 2, 3, 4, 9, 10 };
	const struct rule *rule;
	struct reading reading;

	(void)state;
	LOAD(&reading, files);
	if (reading.result != RESULT_OK)
		fail_msg("%s", reading_said(&reading));
	rule = reading.ruleset->first;
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++, rule = rule->next) {
		assert_non_null(rule);
		assert_int_equal(rule->id, ids[i]);
	}
	assert_null(rule);
	assert_span(reading.ruleset->first->next->place.file, "/etc/rules/10.conf");
	reading_done(&reading);
}

/* Every file's errors are told at once, each with its own place. */
static void all_errors_of_a_load_are_told(void **state)
{
	static const struct file files[] = {
		{ "a", "Include b\nSecRule ARGS \"@rx a\" \"id:1,foo\"\n\"\nSecRule ARGS \"@rx a\" \"id:1\"\nSecAction \"id:3,skipAfter:X\"\n" },
		{ "b", "SecRule ARGZ \"@foo\" \"deny,t:x,id:2\"\n" },
	};
	struct reading reading;

	(void)state;
	LOAD(&reading, files);
	assert_int_equal(reading.result, RESULT_MALFORMED);
	assert_null(reading.ruleset);
	assert_string_equal(reading_said(&reading),
	                    "b:1:9: error: rule 2: unknown variable \"ARGZ\" (did you mean ARGS?)\n"
	                    "b:1:15: error: rule 2: unknown operator @foo\n"
	                    "b:1:29: error: rule 2: unknown transformation \"x\"\n"
	                    "a:2:28: error: rule 1: unknown action \"foo\"\n"
	                    "a:3:1: error: a quote that is not closed on its line (a \\ at the very end of a line continues it; a quote within quotes is"
	                    " written \\\")\n"
	                    "a:4:1: error: rule 1: the id is taken by the rule at a:2\n"
	                    "a:5:27: error: rule 3: skipAfter goes to \"X\", and there is no such marker\n");
	reading_done(&reading);
}

static void a_file_that_includes_itself_ends(void **state)
{
	static const struct file files[] = { { "a", "Include a\nInclude a\n" } };
	struct reading reading;

	(void)state;
	LOAD(&reading, files);
	assert_int_equal(reading.result, RESULT_LIMIT);
	assert_string_equal(reading_said(&reading),
	                    "a:1:9: error: files include each other deeper than is allowed (16) (does a file include itself?)\n");
	reading_done(&reading);
}

static void files_have_a_number(void **state)
{
	static char text[(TEXTS_MAX + 1) * 10];
	struct reading reading;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < TEXTS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "Include b\n");
	reading_start(&reading);
	assert_int_equal(texts_add(&reading.texts, SPAN("a"), span_make(text, len)), RESULT_OK);
	assert_int_equal(texts_add(&reading.texts, SPAN("b"), SPAN("")), RESULT_OK);
	reading_load(&reading, "a");
	assert_int_equal(reading.result, RESULT_LIMIT);
	assert_string_equal(reading_said(&reading), "a:1000:9: error: more files than are allowed (1000)\n");
	reading_done(&reading);
}

static void a_file_has_a_size(void **state)
{
	static char text[TEXT_BYTES_MAX + 1];
	struct reading reading;

	(void)state;
	memset(text, '\n', sizeof(text));
	for (size_t over = 0; over < 2; over++) {
		reading_of(&reading, span_make(text, TEXT_BYTES_MAX + over));
		assert_int_equal(reading.result, over ? RESULT_MALFORMED : RESULT_OK);
		assert_string_equal(reading_said(&reading), over ? "error: x has 4194305 bytes; 4 MiB are allowed\n" : "");
		reading_done(&reading);
	}
}

static void rules_have_a_number(void **state)
{
	static const char line[] = "SecMarker A\n";
	size_t count = RULES_MAX + 1, bytes = sizeof(line) - 1;
	char *text = malloc(count * bytes);
	struct reading reading;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * bytes, line, bytes);
	for (size_t over = 0; over < 2; over++) {
		reading_of(&reading, span_make(text, (RULES_MAX + over) * bytes));
		assert_int_equal(reading.result == RESULT_OK, !over);
		assert_string_equal(reading_said(&reading), over ? "x:50001:1: error: more rules than are allowed (50000)\n" : "");
		reading_done(&reading);
	}
	free(text);
}

/* A file that is all errors ends when no more of them would be shown. */
static void errors_have_a_number(void **state)
{
	static char text[8 * COMPLAINTS_MAX];
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 4)
		memcpy(text + i, "Foo\n", 4);
	reading_of(&reading, span_make(text, sizeof(text)));
	assert_int_equal(reading.result, RESULT_LIMIT);
	assert_int_equal(reading.complaints.count, COMPLAINTS_MAX);
	assert_int_equal(reading.complaints.errors, COMPLAINTS_MAX);
	reading_done(&reading);
}

/* Warnings are no errors, however many there are: the rules load, and an error among them is shown. */
static void warnings_leave_room(void **state)
{
	static char text[(COMPLAINTS_MAX + 10) * 18 + 4];
	struct reading reading;

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 4; i += 18)
		memcpy(text + i, "SecDebugLogLevel \n", 18);
	memcpy(text + sizeof(text) - 4, "Foo\n", 4);
	for (size_t is_bad = 0; is_bad < 2; is_bad++) {
		reading_of(&reading, span_make(text, sizeof(text) - (is_bad ? 0 : 4)));
		assert_int_equal(reading.result, is_bad ? RESULT_MALFORMED : RESULT_OK);
		assert_int_equal(reading.complaints.count, COMPLAINTS_MAX / 2 + is_bad);
		assert_int_equal(reading.complaints.dropped, COMPLAINTS_MAX / 2 + 10);
		assert_int_equal(strstr(reading_said(&reading), "x:1011:1: error: unknown directive \"Foo\"") != NULL, is_bad);
		reading_done(&reading);
	}
}

static void blocks_are_taken_or_left(void **state)
{
	struct reading reading;
	const struct rule *rule = reading_good(&reading,
		"<IfModule security2_module>\nSecAction \"id:1\"\n<IfModule !mod_security2.c>\nSecAction \"id:2\n<Location /x>\nFoo\n</Location>\n"
		"</IfModule>\n<IfModule mod_security2.c>\nSecAction \"id:3\"\n</IfModule>\n</ifmodule>\nSecAction \"id:4\"");

	(void)state;
	assert_int_equal(rule->id, 1);
	assert_int_equal(rule->next->id, 3);
	assert_int_equal(rule->next->next->id, 4);
	assert_null(rule->next->next->next);
	reading_done(&reading);
}

static void blocks_have_a_depth(void **state)
{
	char text[32 * (BLOCK_DEPTH_MAX + 1)] = "";
	struct reading reading;
	size_t len = 0;

	(void)state;
	for (int i = 0; i <= BLOCK_DEPTH_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "<IfModule security2_module>\n");
	reading_of(&reading, span_make(text, len));
	assert_int_equal(reading.result, RESULT_LIMIT);
	assert_string_equal(reading_said(&reading), "x:17:1: error: blocks nested deeper than is allowed (16)\n");
	reading_done(&reading);
}

static void what_is_not_there_is_told(void **state)
{
	struct reading reading;

	(void)state;
	reading_start(&reading);
	reading_load(&reading, "nowhere");
	assert_int_equal(reading.result, RESULT_MALFORMED);
	assert_string_equal(reading_said(&reading), "error: no file is named \"nowhere\"\n");
	reading_done(&reading);
}

static void memory_has_a_limit(void **state)
{
	struct reading reading;

	(void)state;
	reading_start(&reading);
	reading.limit_bytes = 2000;
	assert_int_equal(texts_add(&reading.texts, SPAN("x"), SPAN("SecAction \"id:1\"\nSecAction \"id:2\"\nSecAction \"id:3\"\nSecAction \"id:4\"")),
	                 RESULT_OK);
	reading_load(&reading, "x");
	assert_int_equal(reading.result, RESULT_NO_MEMORY);
	assert_string_equal(reading_said(&reading), "error: the rules need more memory than is allowed (2000 bytes)\n");
	reading_done(&reading);
}

static void texts_are_found_by_name(void **state)
{
	static const char *const names[] = { "/r/b.conf", "/r/a.conf", "/r/[x].conf", "/q/a.conf" };
	static const struct {
		const char *from, *pattern, *found[3];
	} asked[] = {
		{ "/r/a.conf", "b.conf", { "/r/b.conf" } }, { "/r/a.conf", "?.conf", { "/r/a.conf", "/r/b.conf" } },
		{ "/r/a.conf", "/*/a.conf", { "/q/a.conf", "/r/a.conf" } }, { "/r/a.conf", "[x].conf", { "/r/[x].conf" } },
		{ "", "/q/[ab].conf", { "/q/a.conf" } }, { "/r/a.conf", "", { 0 } }, { "", "*.conf", { 0 } },
	};
	struct texts texts;
	struct span name, bytes;

	(void)state;
	texts_init(&texts, 1 << 20);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(texts_add(&texts, span_of(names[i]), span_of(names[i])), RESULT_OK);
	assert_int_equal(texts_add(&texts, SPAN("/r/b.conf"), SPAN("")), RESULT_REFUSED);
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		size_t index = 0;

		for (; index < 3 && asked[i].found[index]; index++) {
			assert_int_equal(texts_find(&texts, span_of(asked[i].from), span_of(asked[i].pattern), index, &name, &bytes), RESULT_OK);
			assert_span(name, asked[i].found[index]);
			assert_span(bytes, asked[i].found[index]);
		}
		assert_int_equal(texts_find(&texts, span_of(asked[i].from), span_of(asked[i].pattern), index, &name, &bytes), RESULT_NOT_FOUND);
	}
	texts_done(&texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(includes_are_read_where_they_stand), cmocka_unit_test(all_errors_of_a_load_are_told),
		cmocka_unit_test(a_file_that_includes_itself_ends), cmocka_unit_test(files_have_a_number), cmocka_unit_test(a_file_has_a_size),
		cmocka_unit_test(rules_have_a_number), cmocka_unit_test(errors_have_a_number), cmocka_unit_test(warnings_leave_room), cmocka_unit_test(blocks_are_taken_or_left), cmocka_unit_test(blocks_have_a_depth),
		cmocka_unit_test(what_is_not_there_is_told), cmocka_unit_test(memory_has_a_limit), cmocka_unit_test(texts_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
