/* Where libmodsecurity3 is not installed, or exports no libinjection: the rules that need it are refused, in a sentence. */
#include "operator_stage.h"

#include <dlfcn.h>

static bool has_library;

/* What libinjection.c finds, in place of the dynamic loader's answers. */
static void *no_dlopen(const char *file, int flags)
{
	assert_string_equal(file, "libmodsecurity.so.3");
	assert_true(flags & RTLD_NOW);
	return has_library ? &has_library : NULL;
}

static void *no_dlsym(void *library, const char *name)
{
	assert_ptr_equal(library, &has_library);
	return span_equal(span_of(name), SPAN("libinjection_sqli")) ? &has_library : NULL;
}

static int no_dlclose(void *library)
{
	assert_ptr_equal(library, &has_library);
	return 0;
}

#define dlopen no_dlopen
#define dlsym no_dlsym
#define dlclose no_dlclose
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
	has_library = false;
	once = PTHREAD_ONCE_INIT;
	refused("which cannot be loaded (install Debian's package libmodsecurity3, or remove the rules that ask for it)");
}

static void a_function_is_missing(void **state)
{
	(void)state;
	has_library = true;
	once = PTHREAD_ONCE_INIT;
	refused("libmodsecurity.so.3 does not export libinjection_sqli and libinjection_xss (install");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_library), cmocka_unit_test(a_function_is_missing) };

	return cmocka_run_group_tests_name("waf/operator_no_injection", tests, NULL, NULL);
}
