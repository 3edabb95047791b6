#include "hub/web/read/decode.h"

#include "base/encode.h"

#include "base/banned.h"

/* The byte at *AT of TEXT, which moves behind it; -1: a "%" without two digits. */
static int byte_next(struct span text, size_t *at, enum decode_kind kind)
{
	int high, low;
	char c = text.at[(*at)++];

	if (c == '+' && kind == DECODE_VALUE)
		return ' ';
	if (c != '%')
		return (unsigned char)c;
	if (text.len - *at < 2)
		return -1;
	high = hex_digit(text.at[(*at)++]);
	low = hex_digit(text.at[(*at)++]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool is_allowed(char c, enum decode_kind kind)
{
	unsigned char byte = (unsigned char)c;

	return (byte >= 0x20 && byte != 0x7f) || (kind == DECODE_VALUE && (c == '\t' || c == '\n' || c == '\r'));
}

static bool is_text(struct span text, enum decode_kind kind)
{
	while (text.len) {
		size_t length = utf8_length(text);

		if (length == 0 || (length == 1 && !is_allowed(*text.at, kind)))
			return false;
		text = span_skip(text, length);
	}
	return true;
}

enum result percent_decode(struct span text, enum decode_kind kind, struct arena *arena, struct span *out)
{
	char *bytes = arena_take(arena, text.len);
	size_t count = 0, at = 0;

	if (!bytes)
		return RESULT_NO_MEMORY;
	while (at < text.len) {
		int byte = byte_next(text, &at, kind);

		if (byte < 0)
			return RESULT_MALFORMED;
		bytes[count++] = (char)byte;
	}
	if (!is_text(span_make(bytes, count), kind))
		return RESULT_MALFORMED;
	*out = span_make(bytes, count);
	return RESULT_OK;
}
