/* Percent encoding. What is no valid encoding stays as it is. */
#include "waf/transform/code_page.h"
#include "waf/transform/edit.h"
#include "waf/transform/parts.h"

#include "base/banned.h"

static const unsigned char encoded[256] = { ['%'] = 1, ['+'] = 1 };

/* %uXXXX at FROM, for servers that know it; 0: it is none. */
static size_t decode_wide(struct edit *edit, size_t from, const struct code_page *page)
{
	const char *at = edit->in.at + from;
	int high, low;

	if (edit->in.len - from < 6 || (at[1] | 0x20) != 'u')
		return 0;
	high = hex_pair(at + 2);
	low = hex_pair(at + 4);
	if (high < 0 || low < 0)
		return 0;
	if (page && code_page_has(page, (unsigned)(high << 8 | low)))
		edit_byte(edit, from, from + 6, page->bytes[high << 8 | low]);
	else
		edit_byte(edit, from, from + 6, narrow((unsigned)high, (unsigned)low));
	return 6;
}

/* How many bytes at FROM were looked at. */
static size_t decode_one(struct edit *edit, size_t from, bool is_wide, const struct code_page *page)
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
		size_t used = is_wide ? decode_wide(edit, from, page) : 0;

		return used ? used : 1;
	}
	edit_byte(edit, from, from + 3, (unsigned char)byte);
	return 3;
}

static enum result decode(struct span in, bool is_wide, const struct code_page *page, struct arena *arena, struct span *out)
{
	struct edit edit = edit_make(in, in.len, arena);

	for (size_t i = find_marked(in, 0, encoded); i < in.len; i = find_marked(in, i, encoded))
		i += decode_one(&edit, i, is_wide, page);
	return edit_end(&edit, out);
}

enum result transform_url_decode(struct span in, struct arena *arena, struct span *out)
{
	return decode(in, false, NULL, arena, out);
}

enum result transform_url_decode_uni(struct span in, struct arena *arena, struct span *out)
{
	return decode(in, true, NULL, arena, out);
}

enum result transform_url_decode_with(const struct code_page *page, struct span in, struct arena *arena, struct span *out)
{
	return decode(in, true, page, arena, out);
}

/* How many bytes each byte becomes. A space becomes a plus. */
static const unsigned char lengths[256] = {
	[0 ... ' ' - 1] = 3, [' '] = 1, ['!' ... ')'] = 3, ['*'] = 1, ['+' ... '/'] = 3, ['0' ... '9'] = 1, [':' ... '@'] = 3,
	['A' ... 'Z'] = 1, ['[' ... '`'] = 3, ['a' ... 'z'] = 1, ['{' ... 255] = 3,
};

static void encode(struct span in, char *to)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < in.len; i++) {
		unsigned char byte = (unsigned char)in.at[i];

		if (lengths[byte] == 1) {
			*to++ = byte == ' ' ? '+' : (char)byte;
			continue;
		}
		*to++ = '%';
		*to++ = digits[byte >> 4];
		*to++ = digits[byte & 15];
	}
}

enum result transform_url_encode(struct span in, struct arena *arena, struct span *out)
{
	size_t len = 0;
	char *text;

	for (size_t i = 0; i < in.len; i++)
		len += lengths[(unsigned char)in.at[i]];
	if (len == in.len && find_byte(in, 0, ' ') == in.len) {
		*out = in;
		return RESULT_OK;
	}
	text = arena_take(arena, len);
	if (!text)
		return RESULT_NO_MEMORY;
	encode(in, text);
	*out = span_make(text, len);
	return RESULT_OK;
}
