/* Bytes as hexadecimal digits, and back. */
#include "waf/transform/edit.h"
#include "waf/transform/parts.h"

#include "base/encode.h"

#include "base/banned.h"

enum result transform_hex_encode(struct span in, struct arena *arena, struct span *out)
{
	char *text;

	if (!in.len) {
		*out = in;
		return RESULT_OK;
	}
	if (in.len > SIZE_MAX / 2 || !(text = arena_take(arena, 2 * in.len)))
		return RESULT_NO_MEMORY;
	hex_write(in.at, in.len, text);
	*out = span_make(text, 2 * in.len);
	return RESULT_OK;
}

/* What the reference takes a byte for, whether it is a digit or not. */
static unsigned digit_of(char c)
{
	unsigned byte = (unsigned char)c;

	return byte >= 'A' ? (byte & 0xdf) - 'A' + 10 : byte - '0';
}

/* Two bytes make one, even where they are no digits; an odd one at the end is lost. */
enum result transform_hex_decode(struct span in, struct arena *arena, struct span *out)
{
	size_t count = in.len / 2;
	char *bytes;

	if (!in.len) {
		*out = in;
		return RESULT_OK;
	}
	bytes = arena_take(arena, count);
	if (!bytes)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		bytes[i] = (char)(unsigned char)(digit_of(in.at[2 * i]) * 16 + digit_of(in.at[2 * i + 1]));
	*out = span_make(bytes, count);
	return RESULT_OK;
}

/* The first "0x" with two digits behind it at or behind FROM: where the digits begin, or the end of IN. */
static size_t find_literal(struct span in, size_t from)
{
	static const unsigned char marks[256] = { ['x'] = 1, ['X'] = 1 };

	for (size_t i = find_marked(in, from, marks); i < in.len; i = find_marked(in, i + 1, marks))
		if (i > from && in.at[i - 1] == '0' && in.len - i > 2 && hex_pair(in.at + i + 1) >= 0)
			return i + 1;
	return in.len;
}

/* The literals of SQL. As in the reference, the byte behind a literal's digits begins no other, and the answer ends at the
 * first NUL, given or decoded. */
enum result transform_sql_hex_decode(struct span in, struct arena *arena, struct span *out)
{
	struct span head = span_take(in, find_byte(in, 0, 0));
	struct edit edit = edit_make(head, head.len, arena);
	size_t i = find_literal(head, 0);

	while (i < head.len) {
		size_t from = i - 2;
		int byte = -1;

		while (head.len - i >= 2 && (byte = hex_pair(head.at + i)) > 0) {
			edit_byte(&edit, from, i + 2, (unsigned char)byte);
			from = i += 2;
		}
		if (byte == 0) {
			edit_drop(&edit, from, head.len);
			break;
		}
		i = find_literal(head, i + 1);
	}
	return edit_end(&edit, out);
}
