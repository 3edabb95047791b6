/* What a scanner says, and what it does not. */
#include "../base/check.h"

#include <stdlib.h>

#include "edge/rules/clamd.h"
#include "edge/rules/clamd_answer.h"

#define SAID(literal) { (literal), sizeof(literal) }  /* with its NUL */

static void sentences(void **state)
{
	static const struct {
		struct span text;
		enum result result;
		const char *name;
	} cases[] = {
		{ SAID("stream: OK"), RESULT_OK, NULL },
		{ SAID("stream: Win.Test.EICAR_HDB-1 FOUND"), RESULT_REFUSED, "Win.Test.EICAR_HDB-1" },
		{ SAID("stream: OK FOUND"), RESULT_REFUSED, "OK" },
		{ SAID("INSTREAM size limit exceeded. ERROR"), RESULT_LIMIT, NULL },
		{ SAID("stream: Can't allocate memory ERROR"), RESULT_LIMIT, NULL },
		{ SAID(""), RESULT_MALFORMED, NULL },
		{ SAID("OK"), RESULT_MALFORMED, NULL },
		{ SAID("stream: ok"), RESULT_MALFORMED, NULL },
		{ SAID("stream: OK "), RESULT_MALFORMED, NULL },
		{ SAID("stream: OK\n"), RESULT_MALFORMED, NULL },
		{ SAID("stream: OK\0"), RESULT_MALFORMED, NULL },
		{ SAID("stream: OK\0stream: X FOUND"), RESULT_MALFORMED, NULL },
		{ SAID("stream: FOUND"), RESULT_MALFORMED, NULL },
		{ SAID("stream:  FOUND"), RESULT_MALFORMED, NULL },
		{ SAID("stream: a b FOUND"), RESULT_MALFORMED, NULL },
		{ SAID("stream: a\x01 FOUND"), RESULT_MALFORMED, NULL },
		{ SAID("UNKNOWN COMMAND"), RESULT_MALFORMED, NULL },
		{ SPAN_INIT("stream: OK"), RESULT_MORE, NULL },
		{ SPAN_INIT(""), RESULT_MORE, NULL },
	};
	char long_name[CLAMD_ANSWER_MAX] = "stream: ";

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct span name = SPAN_NONE;

		assert_result(clamd_answer_read(cases[i].text, &name), cases[i].result);
		assert_true(cases[i].name ? span_equal(name, span_of(cases[i].name)) : name.at == NULL);
	}
	memset(long_name + 8, 'a', sizeof(long_name) - 8);
	assert_result(clamd_answer_read(span_make(long_name, sizeof(long_name) - 1), &(struct span){ 0 }), RESULT_MORE);
	assert_result(clamd_answer_read(span_make(long_name, sizeof(long_name)), &(struct span){ 0 }), RESULT_MALFORMED);
	memcpy(long_name + 8 + CLAMD_NAME_MAX, " FOUND", 7);
	assert_result(clamd_answer_read(span_make(long_name, 8 + CLAMD_NAME_MAX + 7), &(struct span){ 0 }), RESULT_REFUSED);
	memcpy(long_name + 9 + CLAMD_NAME_MAX, " FOUND", 7);
	long_name[8 + CLAMD_NAME_MAX] = 'a';
	assert_result(clamd_answer_read(span_make(long_name, 9 + CLAMD_NAME_MAX + 7), &(struct span){ 0 }), RESULT_MALFORMED);
}

static void addresses(void **state)
{
	static const struct {
		const char *text;
		enum result result;
	} cases[] = {
		{ "unix:/run/clamav/clamd.ctl", RESULT_OK }, { "127.0.0.1:3310", RESULT_OK }, { "[::1]:3310", RESULT_OK },
		{ "", RESULT_MALFORMED }, { "unix:", RESULT_MALFORMED }, { "unix:run/clamd", RESULT_MALFORMED }, { "/run/clamd", RESULT_MALFORMED },
		{ "127.0.0.1", RESULT_MALFORMED }, { "clamd.example:3310", RESULT_MALFORMED }, { "127.0.0.1:0", RESULT_MALFORMED },
	};
	char path[200] = "unix:/";
	struct clamd_address address;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_result(clamd_address_read(span_of(cases[i].text), &address), cases[i].result);
	memset(path + 6, 'a', sizeof(path) - 6);
	assert_result(clamd_address_read(span_make(path, 5 + 107), &address), RESULT_OK);
	assert_result(clamd_address_read(span_make(path, 5 + 108), &address), RESULT_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sentences), cmocka_unit_test(addresses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
