/* @eq, @ge, @gt, @le, @lt: numbers as atoi reads them: what does not begin with a number is 0. Beyond 64 bits it is the largest
 * there is. 2.9.7 keeps the lower 32 bits, so that 4294967296 is 0 and passes every limit: docs/decisions/0008. */
#include "waf/operator/parts.h"

#include "base/banned.h"

static int64_t number_read(struct span text)
{
	bool is_negative;
	int64_t number = 0;

	while (text.len && is_white(text.at[0]))
		text = span_skip(text, 1);
	is_negative = text.len && text.at[0] == '-';
	if (text.len && (text.at[0] == '-' || text.at[0] == '+'))
		text = span_skip(text, 1);
	for (; text.len && is_digit(text.at[0]); text = span_skip(text, 1)) {
		int digit = text.at[0] - '0';

		if (__builtin_mul_overflow(number, INT64_C(10), &number) ||
		    __builtin_add_overflow(number, is_negative ? -(int64_t)digit : (int64_t)digit, &number))
			return is_negative ? INT64_MIN : INT64_MAX;
	}
	return number;
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
	int64_t left = number_read(value), right = operator->has_macro ? number_read(call->parameter) : operator->number;

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

bool operator_comparison(const struct operator *operator, struct comparison *out)
{
	enum operator_id id = operator->id;

	if (operator->has_macro || (id != OPERATOR_EQ && id != OPERATOR_GE && id != OPERATOR_GT && id != OPERATOR_LE && id != OPERATOR_LT))
		return false;
	*out = (struct comparison){ .number = operator->number, .less = id == OPERATOR_LE || id == OPERATOR_LT,
		                    .equal = id != OPERATOR_GT && id != OPERATOR_LT, .greater = id == OPERATOR_GE || id == OPERATOR_GT };
	return true;
}

int64_t operator_number(struct span value)
{
	return number_read(value);
}
