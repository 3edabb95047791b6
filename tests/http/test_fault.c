#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/fault.h"
#include "http/head_reader.h"

static void test_every_fault_has_words(void **state)
{
	(void)state;
	for (unsigned a = 0; a < HTTP_FAULT_COUNT; a++) {
		unsigned status = http_fault_status((enum http_fault)a);

		assert_true(strlen(http_fault_name((enum http_fault)a)) > 1 && strlen(http_fault_text((enum http_fault)a)) > 5);
		assert_true(a == HTTP_FAULT_NONE ? status == 200 : status >= 400 && status < 600);
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(http_fault_name((enum http_fault)a), http_fault_name((enum http_fault)b));
	}
	assert_int_equal(http_fault_status(HTTP_FAULT_COUNT), 400);
	assert_string_equal(http_fault_name(HTTP_FAULT_COUNT), "unknown");
	assert_string_equal(http_fault_text(HTTP_FAULT_COUNT), "unknown");
	assert_int_equal(http_fault_status(HTTP_FAULT_TARGET_LONG), 414);
}

/* Content-Length as HTTP/2 asks for it. */
static void test_content_length(void **state)
{
	struct body_size size = { BODY_STREAM, true, 99 };
	enum http_fault fault = HTTP_FAULT_NONE;
	struct arena arena;
	struct fields fields;

	(void)state;
	arena_init(&arena, 65536, 4096);
	fields_init(&fields, &arena, 10);
	assert_int_equal(content_length_read(&fields, &size, &fault), RESULT_OK);
	assert_true(!size.is_known && size.framing == BODY_STREAM);
	assert_int_equal(fields_add(&fields, FIELD_CONTENT_LENGTH, SPAN("content-length"), SPAN("9223372036854775807")), RESULT_OK);
	assert_int_equal(content_length_read(&fields, &size, &fault), RESULT_OK);
	assert_true(size.is_known && size.bytes == INT64_MAX && size.framing == BODY_STREAM);
	assert_int_equal(fields_add(&fields, FIELD_CONTENT_LENGTH, SPAN("content-length"), SPAN("1")), RESULT_OK);
	assert_int_equal(content_length_read(&fields, &size, &fault), RESULT_MALFORMED);
	assert_int_equal(fault, HTTP_FAULT_LENGTH_REPEATED);
	fields.count = 0;
	assert_int_equal(fields_add(&fields, FIELD_CONTENT_LENGTH, SPAN("content-length"), SPAN("+1")), RESULT_OK);
	assert_int_equal(content_length_read(&fields, &size, &fault), RESULT_MALFORMED);
	assert_int_equal(fault, HTTP_FAULT_LENGTH_INVALID);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_fault_has_words), cmocka_unit_test(test_content_length) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
