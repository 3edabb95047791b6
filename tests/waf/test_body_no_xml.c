/* Where libxml2 is not installed, or is another: rules that need it are refused, in a sentence, and a body of XML is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ruleset_reading.h"
#include "waf/body/xml_library.h"
#include "waf/waf.h"

#include "../base/no_library.h"
#include "waf/body/xml_library.c"

#define MISSING "libxml2 is not here: libxml2.so.2 cannot be loaded"
#define PACKAGE " (install Debian's package libxml2, or remove the rules that ask for it)\n"

static void a_body_is_an_error(void **state)
{
	const struct reader_birth birth = { .limits = &body_limits_default };
	struct reader *reader;

	(void)state;
	loader.file = LIBRARY;
	assert_true(!reader_new(READER_XML, &birth, &reader));
	assert_true(!reader_feed(reader, SPAN("<a/>")));
	assert_true(!reader_end(reader));
	assert_true(body_report_has(reader_report(reader), BODY_FLAG_ERROR));
	assert_null(reader_document(reader));
	reader_free(reader);
}

static void a_processor_is_refused(void **state)
{
	struct reading reading;

	(void)state;
	reading_of(&reading, SPAN("SecAction \"id:1,phase:1,pass,ctl:requestBodyProcessor=XML\"\n"));
	assert_null(reading.ruleset);
	assert_string_equal(reading_said(&reading), "x:1:55: error: rule 1: ctl:requestBodyProcessor=XML: " MISSING PACKAGE);
	reading_done(&reading);
}

static void a_target_is_refused(void **state)
{
	struct reading reading;
	struct waf_rules *rules = NULL;

	(void)state;
	reading_good(&reading, "SecRule XML:/* \"@rx a\" \"id:1,phase:2\"\n");
	assert_int_equal(waf_rules_new(reading.ruleset, &reading.complaints, &rules), RESULT_NOT_FOUND);
	reading.ruleset = NULL;
	assert_null(rules);
	assert_int_equal(complaints_write(&reading.complaints, &reading.said), RESULT_OK);
	assert_int_equal(buffer_append_byte(&reading.said, 0), RESULT_OK);
	assert_string_equal(reading_said(&reading) + 1, "x:1:1: error: rule 1: XML:/*: " MISSING PACKAGE);
	reading_done(&reading);
}

static void another_library(void **state)
{
	const char *why = NULL;

	(void)state;
	loader.function = "xmlInitParser";
	once = PTHREAD_ONCE_INIT;
	assert_false(xml_is_here(&why));
	assert_string_equal(why, "libxml2 is not here: libxml2.so.2 lacks a function that is needed");
	assert_int_equal(loader.opened, 2);
	assert_int_equal(loader.closed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_body_is_an_error), cmocka_unit_test(a_processor_is_refused),
		                            cmocka_unit_test(a_target_is_refused), cmocka_unit_test(another_library) };

	return cmocka_run_group_tests_name("waf/body_no_xml", tests, NULL, NULL);
}
