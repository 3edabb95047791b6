#include "base/span.h"

#include "base/banned.h"

bool span_equal_nocase(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
			return false;
	}
	return true;
}

int span_compare(struct span a, struct span b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.at, b.at, shorter) : 0;

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool span_starts(struct span span, struct span prefix)
{
	return span.len >= prefix.len && span_equal(span_take(span, prefix.len), prefix);
}

bool span_starts_nocase(struct span span, struct span prefix)
{
	return span.len >= prefix.len && span_equal_nocase(span_take(span, prefix.len), prefix);
}

bool span_ends(struct span span, struct span suffix)
{
	return span.len >= suffix.len && span_equal(span_skip(span, span.len - suffix.len), suffix);
}

bool span_contains_nocase(struct span span, struct span part)
{
	char first = part.len ? ascii_lower(part.at[0]) : 0;

	for (; part.len && span.len >= part.len; span = span_skip(span, 1)) {
		if (ascii_lower(span.at[0]) == first && span_starts_nocase(span, part))
			return true;
	}
	return part.len == 0;
}

bool span_contains(struct span span, struct span part)
{
	return part.len == 0 || (span.len != 0 && memmem(span.at, span.len, part.at, part.len) != NULL);
}

size_t span_find(struct span span, char c)
{
	const char *found = span.len ? memchr(span.at, c, span.len) : NULL;

	return found ? (size_t)(found - span.at) : span.len;
}

size_t span_find_last(struct span span, char c)
{
	const char *found = span.len ? memrchr(span.at, c, span.len) : NULL;

	return found ? (size_t)(found - span.at) : span.len;
}

struct span span_trim(struct span span)
{
	while (span.len && (span.at[0] == ' ' || span.at[0] == '\t'))
		span = span_skip(span, 1);
	while (span.len && (span.at[span.len - 1] == ' ' || span.at[span.len - 1] == '\t'))
		span.len--;
	return span;
}

struct span span_cut(struct span *rest, char separator)
{
	size_t at = span_find(*rest, separator);
	struct span part = span_take(*rest, at);

	*rest = at < rest->len ? span_skip(*rest, at + 1) : SPAN_NONE;
	return part;
}

enum result span_to_u64(struct span span, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;
	bool too_large = false;

	if (span.len == 0)
		return RESULT_MALFORMED;
	for (size_t i = 0; i < span.len; i++) {
		if (!is_digit(span.at[i]))
			return RESULT_MALFORMED;
		too_large |= __builtin_mul_overflow(value, (uint64_t)10, &value);
		too_large |= __builtin_add_overflow(value, (uint64_t)(span.at[i] - '0'), &value);
	}
	if (too_large || value > max)
		return RESULT_LIMIT;
	*out = value;
	return RESULT_OK;
}

size_t decimal_write(uint64_t value, char out[DECIMAL_MAX])
{
	char digits[DECIMAL_MAX];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	memcpy(out, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at;
}

enum result span_to_text(struct span span, char *out, size_t size)
{
	if (span.len >= size)
		return RESULT_LIMIT;
	if (span.len && memchr(span.at, 0, span.len))
		return RESULT_MALFORMED;
	if (span.len)
		memcpy(out, span.at, span.len);
	out[span.len] = 0;
	return RESULT_OK;
}
