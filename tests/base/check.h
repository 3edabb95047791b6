/* What every cmocka program begins with. */
#ifndef BOUCLIER_TESTS_BASE_CHECK_H
#define BOUCLIER_TESTS_BASE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/result.h"
#include "draws.h"

#define assert_ok(call) assert_string_equal(result_name(call), "ok")
#define assert_result(call, result) assert_string_equal(result_name(call), result_name(result))
#define assert_span(span, text) assert_true(span_equal((span), SPAN(text)))

#endif
