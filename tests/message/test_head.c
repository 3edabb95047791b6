#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "message/head.h"

static void test_methods(void **state)
{
	(void)state;
	for (unsigned method = 1; method < METHOD_COUNT; method++) {
		struct span name = method_name((enum method)method);

		assert_true(name.len > 0);
		assert_int_equal(method_of(name), method);
		assert_int_equal(method_of(span_take(name, name.len - 1)), METHOD_OTHER);
		assert_true(!method_is_safe((enum method)method) || method_is_idempotent((enum method)method));
	}
	assert_int_equal(method_of(SPAN("get")), METHOD_OTHER);  /* methods are case-sensitive: RFC 9110, section 9.1 */
	assert_int_equal(method_of(SPAN("")), METHOD_OTHER);
	assert_int_equal(method_name(METHOD_OTHER).len, 0);
	assert_int_equal(method_name(METHOD_COUNT).len, 0);
}

static void test_safe_and_idempotent(void **state)
{
	(void)state;
	assert_true(method_is_safe(METHOD_GET) && method_is_safe(METHOD_HEAD) && method_is_safe(METHOD_OPTIONS));
	assert_false(method_is_safe(METHOD_POST) || method_is_safe(METHOD_PUT) || method_is_safe(METHOD_OTHER));
	assert_true(method_is_idempotent(METHOD_PUT) && method_is_idempotent(METHOD_DELETE) && method_is_idempotent(METHOD_GET));
	assert_false(method_is_idempotent(METHOD_POST) || method_is_idempotent(METHOD_PATCH) || method_is_idempotent(METHOD_LOCK));
	assert_false(method_is_idempotent(METHOD_OTHER) || method_is_idempotent(METHOD_CONNECT));
}

static void test_reasons(void **state)
{
	(void)state;
	assert_true(span_equal(status_reason(200), SPAN("OK")));
	assert_true(span_equal(status_reason(421), SPAN("Misdirected Request")));
	assert_int_equal(status_reason(299).len, 0);
	assert_int_equal(status_reason(0).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_safe_and_idempotent),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
