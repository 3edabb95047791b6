#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "waf/nearest.h"
#include "waf/variable.h"

static void every_name_is_found_in_any_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < VARIABLE_COUNT; i++) {
		const char *name = variable_name((enum variable)i);
		enum variable found;
		char lower[64];
		size_t len = strlen(name);

		assert_true(len < sizeof(lower));
		for (size_t j = 0; j <= len; j++)
			lower[j] = ascii_lower(name[j]);
		assert_int_equal(variable_find(span_of(name), &found), RESULT_OK);
		assert_int_equal(found, i);
		assert_int_equal(variable_find(span_of(lower), &found), RESULT_OK);
		assert_int_equal(found, i);
	}
}

static void old_names_stand_for_new_ones(void **state)
{
	enum variable found;

	(void)state;
	assert_int_equal(variable_find(SPAN("REQBODY_PROCESSOR_ERROR"), &found), RESULT_OK);
	assert_int_equal(found, VARIABLE_REQBODY_ERROR);
	assert_int_equal(variable_find(SPAN("REQBODY_PROCESSOR_ERROR_MSG"), &found), RESULT_OK);
	assert_int_equal(found, VARIABLE_REQBODY_ERROR_MSG);
}

static void what_is_none_is_not_found(void **state)
{
	static const char *const names[] = { "", "ARG", "ARGS ", "ARGSS", "!ARGS", "HTTP_HOST" };
	enum variable found = VARIABLE_XML;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(variable_find(span_of(names[i]), &found), RESULT_NOT_FOUND);
	assert_int_equal(found, VARIABLE_XML);
}

/* As mod_security2 2.9.7 answers when each name is put in a rule alone, with a selector, with & and with both. */
static void kinds_are_those_of_2_9_7(void **state)
{
	(void)state;
	assert_int_equal(variable_kind(VARIABLE_ARGS), VARIABLE_COLLECTION);
	assert_int_equal(variable_kind(VARIABLE_REQUEST_URI), VARIABLE_SCALAR);
	assert_int_equal(variable_kind(VARIABLE_REQUEST_BODY), VARIABLE_COLLECTION);
	assert_int_equal(variable_kind(VARIABLE_FILES_NAMES), VARIABLE_SEQUENCE);
	assert_int_equal(variable_kind(VARIABLE_TX), VARIABLE_NAMED);
	assert_int_equal(variable_kind(VARIABLE_ENV), VARIABLE_NAMED);
	assert_int_equal(variable_kind(VARIABLE_IP), VARIABLE_STORED);
}

static const struct {
	const char *wrong, *meant;
} slips[] = {
	{ "ARGZ", "ARGS" }, { "args_nmaes", "ARGS_NAMES" }, { "REQUEST_HEADER", "REQUEST_HEADERS" }, { "REQEUST_URI", "REQUEST_URI" },
	{ "XQZWKVNM", NULL }, { "", NULL }, { "X", NULL },
	{ "ARGS_NAMES_ARGS_NAMES_ARGS_NAMES_ARGS_NAMES_ARGS_NAMES", NULL },
};

static void a_slip_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(slips) / sizeof(*slips); i++) {
		const char *found = variable_suggest(span_of(slips[i].wrong));

		if (slips[i].meant)
			assert_string_equal(found, slips[i].meant);
		else
			assert_null(found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_found_in_any_case), cmocka_unit_test(old_names_stand_for_new_ones),
		cmocka_unit_test(what_is_none_is_not_found), cmocka_unit_test(kinds_are_those_of_2_9_7),
		cmocka_unit_test(a_slip_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
