/* Percent encoding. What is no valid encoding stays as it is. */
#include "waf/transform/edit.h"
#include "waf/transform/parts.h"

#include "base/banned.h"

static const unsigned char encoded[256] = { ['%'] = 1, ['+'] = 1 };

/* %uXXXX at FROM, for servers that know it; 0: it is none. */
static size_t decode_wide(struct edit *edit, size_t from)
{
	const char *at = edit->in.at + from;
	int high, low;

	if (edit->in.len - from < 6 || (at[1] | 0x20) != 'u')
		return 0;
	high = hex_pair(at + 2);
	low = hex_pair(at + 4);
	if (high < 0 || low < 0)
		return 0;
	edit_byte(edit, from, from + 6, narrow((unsigned)high, (unsigned)low));
	return 6;
}

/* How many bytes at FROM were looked at. */
static size_t decode_one(struct edit *edit, size_t from, bool is_wide)
{
	struct span in = edit->in;
	int byte;

	if (in.at[from] == '+') {
		edit_byte(edit, from, from + 1, ' ');
		return 1;
	}
	if (in.len - from < 3)
		return 1;
	byte = hex_pair(in.at + from + 1);
	if (byte < 0) {
		size_t used = is_wide ? decode_wide(edit, from) : 0;

		return used ? used : 1;
	}
	edit_byte(edit, from, from + 3, (unsigned char)byte);
	return 3;
}

static enum result decode(struct span in, bool is_wide, struct arena *arena, struct span *out)
{
	struct edit edit = edit_make(in, in.len, arena);

	for (size_t i = find_marked(in, 0, encoded); i < in.len; i = find_marked(in, i, encoded))
		i += decode_one(&edit, i, is_wide);
	return edit_end(&edit, out);
}

enum result transform_url_decode(struct span in, struct arena *arena, struct span *out)
{
	return decode(in, false, arena, out);
}

enum result transform_url_decode_uni(struct span in, struct arena *arena, struct span *out)
{
	return decode(in, true, arena, out);
}

/* How many bytes more the encoding of a byte takes, and 1 for a space, which becomes a plus. */
enum { AS_IT_IS, AS_PLUS, AS_PERCENT };

static unsigned char encoding_of(unsigned char byte)
{
	if (byte == ' ')
		return AS_PLUS;
	return byte < 0x80 && (is_digit((char)byte) || (unsigned)((byte | 0x20) - 'a') < 26 || byte == '*') ? AS_IT_IS : AS_PERCENT;
}

static void encode(struct span in, char *to)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < in.len; i++) {
		unsigned char byte = (unsigned char)in.at[i];
		unsigned char encoding = encoding_of(byte);

		*to++ = encoding == AS_PLUS ? '+' : encoding == AS_PERCENT ? '%' : (char)byte;
		if (encoding == AS_PERCENT) {
			*to++ = digits[byte >> 4];
			*to++ = digits[byte & 15];
		}
	}
}

enum result transform_url_encode(struct span in, struct arena *arena, struct span *out)
{
	size_t changes = 0, more = 0;
	char *text;

	for (size_t i = 0; i < in.len; i++) {
		unsigned char encoding = encoding_of((unsigned char)in.at[i]);

		changes += encoding != AS_IT_IS;
		more += encoding == AS_PERCENT ? 2 : 0;
	}
	if (!changes) {
		*out = in;
		return RESULT_OK;
	}
	text = arena_take(arena, in.len + more);
	if (!text)
		return RESULT_NO_MEMORY;
	encode(in, text);
	*out = span_make(text, in.len + more);
	return RESULT_OK;
}
