/* @beginsWith, @contains, @containsWord, @endsWith, @streq, @within: bytes as they are, case included. */
#include "waf/operator/parts.h"

#include "base/banned.h"

enum match operator_text_begins(const struct operator *operator, const struct operator_call *call, struct span value,
                                struct captures *captures)
{
	(void)captures;
	return match_if(span_starts(value, parameter_of(operator, call)));
}

enum match operator_text_ends(const struct operator *operator, const struct operator_call *call, struct span value,
                              struct captures *captures)
{
	(void)captures;
	return match_if(span_ends(value, parameter_of(operator, call)));
}

enum match operator_text_contains(const struct operator *operator, const struct operator_call *call, struct span value,
                                  struct captures *captures)
{
	(void)captures;
	return match_if(span_contains(value, parameter_of(operator, call)));
}

enum match operator_text_within(const struct operator *operator, const struct operator_call *call, struct span value,
                                struct captures *captures)
{
	(void)captures;
	return match_if(span_contains(parameter_of(operator, call), value));
}

enum match operator_text_equals(const struct operator *operator, const struct operator_call *call, struct span value,
                                struct captures *captures)
{
	(void)captures;
	return match_if(span_equal(value, parameter_of(operator, call)));
}

static bool is_word_byte(char c)
{
	return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_';
}

/* No letter, digit or underscore on either side; the word itself may hold anything. */
enum match operator_text_contains_word(const struct operator *operator, const struct operator_call *call, struct span value,
                                       struct captures *captures)
{
	struct span word = parameter_of(operator, call);
	size_t at = 0;

	(void)captures;
	if (!word.len)
		return MATCH_YES;
	while (at + word.len <= value.len) {
		const char *found = memmem(value.at + at, value.len - at, word.at, word.len);
		size_t start, end;

		if (!found)
			return MATCH_NO;
		start = (size_t)(found - value.at);
		end = start + word.len;
		if ((start == 0 || !is_word_byte(value.at[start - 1])) && (end == value.len || !is_word_byte(value.at[end])))
			return MATCH_YES;
		at = start + 1;
	}
	return MATCH_NO;
}
