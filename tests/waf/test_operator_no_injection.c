/* Where libmodsecurity3 is not installed, or exports no libinjection: the rules that need it are refused, in a sentence. */
#include "operator_stage.h"

#include "../base/no_library.h"
#include "waf/operator/libinjection.c"

static void refused(const char *sentence)
{
	static const enum operator_id ids[] = { OPERATOR_DETECT_SQLI, OPERATOR_DETECT_XSS };
	struct stage stage;

	stage_init(&stage);
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct operator *operator = NULL;

		assert_result(operator_compile(ids[i], SPAN(""), false, &stage.birth, &operator), RESULT_REFUSED);
		assert_null(operator);
		stage_complained(&stage, sentence);
	}
	stage_done(&stage);
}

static void no_library(void **state)
{
	(void)state;
	loader.file = LIBRARY, loader.function = NULL;
	once = PTHREAD_ONCE_INIT;
	refused("which cannot be loaded (install Debian's package libmodsecurity3, or remove the rules that ask for it)");
}

static void a_function_is_missing(void **state)
{
	(void)state;
	loader.function = "libinjection_sqli";
	once = PTHREAD_ONCE_INIT;
	refused("libmodsecurity.so.3 does not export libinjection_sqli and libinjection_xss (install");
	assert_int_equal(loader.closed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_library), cmocka_unit_test(a_function_is_missing) };

	return cmocka_run_group_tests_name("waf/operator_no_injection", tests, NULL, NULL);
}
