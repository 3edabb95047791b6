/* @verifyCC, @verifyCPF, @verifySSN, @verifySVNR: an expression finds what may be a number, a checksum decides. */
#include "waf/operator/parts.h"

#include "base/banned.h"

#define DIGITS_MAX 11

/* The digits of TEXT, at most MAX of them; returns how many there are in all. */
static size_t digits_of(struct span text, size_t max, int *digits)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.at[i]))
			continue;
		if (count < max)
			digits[count] = text.at[i] - '0';
		count++;
	}
	return count;
}

static int weigh(const int *digits, const int *weights, size_t count)
{
	int sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += digits[i] * weights[i];
	return sum;
}

/* Luhn, ISO/IEC 7812-1: from the right, every second digit counts double, less 9 where that is more than 9. */
static bool is_card(struct span text)
{
	int sum = 0;
	bool is_doubled = false, has_digit = false;

	for (size_t i = text.len; i-- > 0;) {
		int digit = text.at[i] - '0';

		if (!is_digit(text.at[i]))
			continue;
		has_digit = true;
		digit *= is_doubled ? 2 : 1;
		sum += digit > 9 ? digit - 9 : digit;
		is_doubled = !is_doubled;
	}
	return has_digit && sum % 10 == 0;
}

static int cpf_check(const int *digits, const int *weights, size_t count)
{
	int rest = weigh(digits, weights, count) % 11;

	return rest < 2 ? 0 : 11 - rest;
}

/* Brazil's taxpayer number: nine digits, and two that check them. The first eleven digits count, as for 2.9.7. */
static bool is_cpf(struct span text)
{
	static const int weights[] = { 11, 10, 9, 8, 7, 6, 5, 4, 3, 2 };
	int digits[DIGITS_MAX] = { 0 };
	bool is_one_digit = true, is_counting = true;

	if (digits_of(text, DIGITS_MAX, digits) < DIGITS_MAX)
		return false;
	for (int i = 0; i < DIGITS_MAX; i++) {
		is_one_digit = is_one_digit && digits[i] == digits[0];
		is_counting = is_counting && digits[i] == (i < 10 ? i : 0);
	}
	if (is_one_digit || is_counting)
		return false;
	return digits[9] == cpf_check(digits, weights + 1, 9) && digits[10] == cpf_check(digits, weights, 10);
}

/* The United States' social security number, as given out until 2011: area, group, serial. */
static bool is_ssn(struct span text)
{
	int d[9], rising = 0, same = 0, area;

	if (digits_of(text, 9, d) != 9)
		return false;
	for (int i = 0; i < 8; i++) {
		rising += d[i + 1] == d[i] + 1;
		same += d[i + 1] == d[i];
	}
	area = d[0] * 100 + d[1] * 10 + d[2];
	if (rising == 8 || same == 8 || area == 0 || area == 666 || area >= 740)
		return false;
	return (d[3] || d[4]) && (d[5] || d[6] || d[7] || d[8]);
}

/* Austria's: three digits, the check digit, the date of birth. A check digit of 10 was never given out. */
static bool is_svnr(struct span text)
{
	static const int weights[] = { 3, 7, 9, 0, 5, 8, 4, 2, 1, 6 };
	int digits[10];

	return digits_of(text, 10, digits) == 10 && weigh(digits, weights, 10) % 11 == digits[3];
}

/* The first match that IS_NUMBER accepts. Every group becomes the whole match: so 2.9.7 fills TX:0 to TX:9. */
static enum match verify(const struct operator *operator, const struct operator_call *call, struct span value, struct captures *captures,
                         bool (*is_number)(struct span text))
{
	size_t offset = 0;

	while (offset < value.len) {
		enum match match = regex_match(operator->regex, call->scratch, value, offset, REGEX_NOT_EMPTY, captures);
		size_t start;

		if (match != MATCH_YES)
			return match;
		if (is_number(captures->list[0])) {
			for (unsigned i = 1; i < captures->count; i++)
				captures->list[i] = captures->list[0];
			return MATCH_YES;
		}
		start = (size_t)(captures->list[0].at - value.at);
		offset = start > offset ? start + 1 : offset + 1;
	}
	captures->count = 0;
	return MATCH_NO;
}

enum match operator_card_match(const struct operator *operator, const struct operator_call *call, struct span value,
                               struct captures *captures)
{
	return verify(operator, call, value, captures, is_card);
}

enum match operator_cpf_match(const struct operator *operator, const struct operator_call *call, struct span value,
                              struct captures *captures)
{
	return verify(operator, call, value, captures, is_cpf);
}

enum match operator_ssn_match(const struct operator *operator, const struct operator_call *call, struct span value,
                              struct captures *captures)
{
	return verify(operator, call, value, captures, is_ssn);
}

enum match operator_svnr_match(const struct operator *operator, const struct operator_call *call, struct span value,
                               struct captures *captures)
{
	return verify(operator, call, value, captures, is_svnr);
}
