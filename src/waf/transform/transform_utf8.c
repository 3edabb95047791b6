/* UTF-8 as the %uXXXX of servers that write wide characters so. As the reference does: NUL is dropped; so is the beginning
 * of a character whose rest is missing; a character that nobody may write (overlong, a surrogate) is decoded, and the byte
 * it begins with is kept behind it. */
#include "waf/transform/edit.h"
#include "waf/transform/parts.h"

#include "base/banned.h"

#define TEXT_MAX 9          /* %u1fffff, and the byte it began with */
#define GROWTH_MAX 5        /* C0 80: two bytes become seven */

/* 1: what may begin a character, and NUL. */
static const unsigned char marks[256] = { [0] = 1, [0xc0 ... 0xf7] = 1 };

struct character {
	size_t len;             /* 0: its rest is missing */
	uint32_t code;
	bool is_forbidden;
};

static struct character read_character(struct span rest)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char lead = (unsigned char)rest.at[0];
	size_t len = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	struct character character = { .len = len, .code = lead & (0x7fu >> len) };

	if (rest.len < len)
		return (struct character){ 0 };
	for (size_t i = 1; i < len; i++) {
		unsigned char byte = (unsigned char)rest.at[i];

		if ((byte & 0xc0) != 0x80)
			return (struct character){ 0 };
		character.code = character.code << 6 | (byte & 0x3f);
	}
	character.is_forbidden = character.code < least[len] || (character.code >= 0xd800 && character.code <= 0xdfff);
	return character;
}

/* At least four digits, in lower case. */
static size_t write_code(uint32_t code, char *to)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = 0;

	to[len++] = '%';
	to[len++] = 'u';
	for (int shift = code > 0xfffff ? 20 : code > 0xffff ? 16 : 12; shift >= 0; shift -= 4)
		to[len++] = digits[code >> shift & 15];
	return len;
}

/* How many bytes at FROM were looked at. */
static size_t convert_one(struct edit *edit, size_t from)
{
	struct span rest = span_skip(edit->in, from);
	char lead = *rest.at, text[TEXT_MAX];
	bool is_beyond = (unsigned char)lead >= 0xf5;  /* of Unicode: its lead is kept before it */
	struct character character;
	size_t len = 0;

	if (!lead) {
		edit_drop(edit, from, from + 1);
		return 1;
	}
	character = read_character(rest);
	if (is_beyond)
		text[len++] = lead;
	if (character.len)
		len += write_code(character.code, text + len);
	if (character.is_forbidden && character.len)
		text[len++] = lead;
	edit_replace(edit, from, from + (character.len ? character.len : 1), text, len);
	return character.len ? character.len : 1;
}

enum result transform_utf8_to_unicode(struct span in, struct arena *arena, struct span *out)
{
	size_t first = find_marked(in, 0, marks), leads = 0;
	struct edit edit;

	for (size_t i = first; i < in.len; i++)
		leads += marks[(unsigned char)in.at[i]];
	edit = edit_make(in, in.len + leads * GROWTH_MAX, arena);
	for (size_t i = first; i < in.len; i = find_marked(in, i, marks))
		i += convert_one(&edit, i);
	return edit_end(&edit, out);
}
