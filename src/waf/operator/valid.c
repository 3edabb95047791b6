/* @validateByteRange, @validateUrlEncoding, @validateUtf8Encoding: they match what is NOT valid. */
#include "base/encode.h"
#include "waf/operator/parts.h"

#include "base/banned.h"

/* Up to three digits at the front, white space before them allowed; what is no number is 0, as for 2.9.7. -1: above 255. */
static int byte_read(struct span text, bool *is_number)
{
	int number = 0;

	text = white_trim(text);
	*is_number = text.len && is_digit(text.at[0]);
	for (; text.len && is_digit(text.at[0]) && number <= 255; text = span_skip(text, 1))
		number = number * 10 + (text.at[0] - '0');
	*is_number = *is_number && !text.len;
	return number > 255 ? -1 : number;
}

/* "9", "32-126". */
static enum result add_range(struct operator *operator, const struct operator_birth *birth, struct span part)
{
	struct span rest = part, start = span_cut(&rest, '-');
	bool has_start, has_end = true, is_range = start.len < part.len;
	int from = byte_read(start, &has_start), to = is_range ? byte_read(rest, &has_end) : from;

	if (from < 0 || to < from || (is_range && !white_trim(start).len)) {
		complain(birth->complaints, COMPLAINT_ERROR, birth->place, SPAN("write 10, 13 or 32-126"),
		         "\"%.*s\" is no range of bytes 0-255", SPAN_ARG(part));
		return RESULT_MALFORMED;
	}
	if (!has_start || !has_end)
		complain(birth->complaints, COMPLAINT_WARNING, birth->place, SPAN("write 10, 13 or 32-126"),
		         "\"%.*s\" is read as %d-%d: what is no number counts as 0", SPAN_ARG(part), from, to);
	for (int byte = from; byte <= to; byte++)
		byte_set_add(&operator->bytes, (unsigned char)byte);
	return RESULT_OK;
}

enum result operator_byte_range_compile(struct operator *operator, const struct operator_birth *birth)
{
	struct span rest = operator->parameter;
	enum result result = RESULT_OK;

	while (rest.len && result == RESULT_OK) {
		struct span part = span_cut(&rest, ',');

		if (part.len)
			result = add_range(operator, birth, part);
	}
	return result;
}

enum match operator_byte_range_match(const struct operator *operator, const struct operator_call *call, struct span value,
                                     struct captures *captures)
{
	(void)captures;
	if (call->bytes)
		return match_if(!byte_set_within(call->bytes, &operator->bytes));
	for (size_t i = 0; i < value.len; i++) {
		if (!byte_set_has(&operator->bytes, (unsigned char)value.at[i]))
			return MATCH_YES;
	}
	return MATCH_NO;
}

enum match operator_url_encoding_match(const struct operator *operator, const struct operator_call *call, struct span value,
                                       struct captures *captures)
{
	(void)operator;
	(void)call;
	(void)captures;
	for (;;) {
		value = span_skip(value, span_find(value, '%'));
		if (!value.len)
			return MATCH_NO;
		if (value.len < 3 || hex_digit(value.at[1]) < 0 || hex_digit(value.at[2]) < 0)
			return MATCH_YES;
		value = span_skip(value, 3);
	}
}

/* Unicode's table 3-7. 2.9.7 lets F4 90 .. F4 BF pass, which are beyond U+10FFFF. */
enum match operator_utf8_match(const struct operator *operator, const struct operator_call *call, struct span value,
                               struct captures *captures)
{
	(void)operator;
	(void)call;
	(void)captures;
	while (value.len) {
		size_t len = utf8_length(value);

		if (!len)
			return MATCH_YES;
		value = span_skip(value, len);
	}
	return MATCH_NO;
}
