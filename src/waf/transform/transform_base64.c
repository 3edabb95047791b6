/* Base64, strictly (up to the first byte that is none) and as PHP reads it (passing over what is none). */
#include "waf/transform/parts.h"

#include "base/banned.h"

#define NONE 64

static const unsigned char values[256] = {
	[0 ... '+' - 1] = NONE, ['+'] = 62, [',' ... '.'] = NONE, ['/'] = 63,
	['0'] = 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, [':' ... 'A' - 1] = NONE,
	['A'] = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, ['[' ... 'a' - 1] = NONE,
	['a'] = 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, ['{' ... 255] = NONE,
};

/* Digits of six bits as they come; every whole byte of them is written. */
struct bits {
	char *to;
	size_t len;
	unsigned value;
	size_t digits;
};

static inline void bits_add(struct bits *bits, unsigned char digit)
{
	bits->value = bits->value << 6 | digit;
	if (bits->digits % 4)
		bits->to[bits->len++] = (char)(unsigned char)(bits->value >> (6 - 2 * (bits->digits % 4)) & 0xff);
	bits->digits++;
}

static enum result answer(const struct bits *bits, struct span *out)
{
	*out = span_make(bits->to, bits->len);
	return RESULT_OK;
}

enum result transform_base64_decode(struct span in, struct arena *arena, struct span *out)
{
	struct bits bits = { 0 };
	size_t count = 0;

	if (!in.len) {
		*out = in;
		return RESULT_OK;
	}
	while (count < in.len && values[(unsigned char)in.at[count]] != NONE)
		count++;
	bits.to = arena_take(arena, count / 4 * 3 + 3);
	if (!bits.to)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		bits_add(&bits, values[(unsigned char)in.at[i]]);
	return answer(&bits, out);
}

/* A padding sign where only one digit of four was read makes the whole answer empty; anywhere else it says nothing. The
 * reference ends at the first NUL. */
enum result transform_base64_decode_ext(struct span in, struct arena *arena, struct span *out)
{
	struct bits bits = { 0 };

	if (!in.len) {
		*out = in;
		return RESULT_OK;
	}
	bits.to = arena_take(arena, in.len / 4 * 3 + 3);
	if (!bits.to)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < in.len && in.at[i]; i++) {
		unsigned char value = values[(unsigned char)in.at[i]];

		if (value != NONE)
			bits_add(&bits, value);
		else if (in.at[i] == '=' && bits.digits % 4 == 1) {
			bits.len = 0;
			break;
		}
	}
	return answer(&bits, out);
}

enum result transform_base64_encode(struct span in, struct arena *arena, struct span *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = (in.len / 3 + (in.len % 3 != 0)) * 4;
	char *to;

	if (!in.len) {
		*out = in;
		return RESULT_OK;
	}
	to = arena_take(arena, len);
	if (!to)
		return RESULT_NO_MEMORY;
	*out = span_make(to, len);
	for (struct span rest = in; rest.len; rest = span_skip(rest, 3)) {
		unsigned value = (unsigned)(unsigned char)rest.at[0] << 16;

		value |= rest.len > 1 ? (unsigned)(unsigned char)rest.at[1] << 8 : 0;
		value |= rest.len > 2 ? (unsigned)(unsigned char)rest.at[2] : 0;
		*to++ = digits[value >> 18];
		*to++ = digits[value >> 12 & 63];
		*to++ = rest.len > 1 ? digits[value >> 6 & 63] : '=';
		*to++ = rest.len > 2 ? digits[value & 63] : '=';
	}
	return RESULT_OK;
}
