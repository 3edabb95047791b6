/* @eq, @ge, @gt, @le, @lt: numbers as C's atoi reads them on a machine with 64 bits, which is what 2.9.7 asks. What does not
 * begin with a number is 0, and so is 4294967296: what is beyond 64 bits becomes the largest, and then the lower 32 bits count. */
#include <limits.h>

#include "waf/operator/parts.h"

#include "base/banned.h"

static int number_read(struct span text)
{
	bool is_negative;
	long number = 0;

	while (text.len && is_white(text.at[0]))
		text = span_skip(text, 1);
	is_negative = text.len && text.at[0] == '-';
	if (text.len && (text.at[0] == '-' || text.at[0] == '+'))
		text = span_skip(text, 1);
	for (; text.len && is_digit(text.at[0]); text = span_skip(text, 1)) {
		int digit = text.at[0] - '0';

		if (__builtin_mul_overflow(number, 10L, &number) ||
		    __builtin_add_overflow(number, is_negative ? -(long)digit : (long)digit, &number))
			return (int)(is_negative ? LONG_MIN : LONG_MAX);
	}
	return (int)number;
}

enum result operator_number_compile(struct operator *operator, const struct operator_birth *birth)
{
	(void)birth;
	operator->number = number_read(operator->parameter);
	return RESULT_OK;
}

/* <0, 0, >0: VALUE against the parameter. */
static int compare(const struct operator *operator, const struct operator_call *call, struct span value)
{
	int left = number_read(value), right = operator->has_macro ? number_read(call->parameter) : operator->number;

	return left < right ? -1 : left > right;
}

enum match operator_number_eq(const struct operator *operator, const struct operator_call *call, struct span value,
                              struct captures *captures)
{
	(void)captures;
	return match_if(compare(operator, call, value) == 0);
}

enum match operator_number_ge(const struct operator *operator, const struct operator_call *call, struct span value,
                              struct captures *captures)
{
	(void)captures;
	return match_if(compare(operator, call, value) >= 0);
}

enum match operator_number_gt(const struct operator *operator, const struct operator_call *call, struct span value,
                              struct captures *captures)
{
	(void)captures;
	return match_if(compare(operator, call, value) > 0);
}

enum match operator_number_le(const struct operator *operator, const struct operator_call *call, struct span value,
                              struct captures *captures)
{
	(void)captures;
	return match_if(compare(operator, call, value) <= 0);
}

enum match operator_number_lt(const struct operator *operator, const struct operator_call *call, struct span value,
                              struct captures *captures)
{
	(void)captures;
	return match_if(compare(operator, call, value) < 0);
}
