/* Backslashes: as CSS, as JavaScript and as C (ANSI) read them. */
#include "waf/transform/edit.h"
#include "waf/transform/parts.h"

#include "base/banned.h"

#define CSS_DIGITS_MAX 6
#define OCTAL_DIGITS_MAX 3

/* What a letter behind a backslash stands for; itself when it is none of these. */
static unsigned char escaped(char c)
{
	switch (c) {
	case 'a': return '\a';
	case 'b': return '\b';
	case 'f': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	case 'v': return '\v';
	default: return (unsigned char)c;
	}
}

/* Each of these reads an escape, its backslash at FROM with at least one byte behind it, and answers how many bytes it
 * has; 0: it is none of that kind. */
static size_t decode_wide(struct edit *edit, size_t from)
{
	const char *at = edit->in.at + from;
	int high, low;

	if (at[1] != 'u' || edit->in.len - from < 6)
		return 0;
	high = hex_pair(at + 2);
	low = hex_pair(at + 4);
	if (high < 0 || low < 0)
		return 0;
	edit_byte(edit, from, from + 6, narrow((unsigned)high, (unsigned)low));
	return 6;
}

static size_t decode_hex(struct edit *edit, size_t from, bool is_js)
{
	const char *at = edit->in.at + from;
	int byte;

	if ((at[1] != 'x' && (is_js || at[1] != 'X')) || edit->in.len - from < 4)
		return 0;
	byte = hex_pair(at + 2);
	if (byte < 0)
		return 0;
	edit_byte(edit, from, from + 4, (unsigned char)byte);
	return 4;
}

/* JavaScript stops at two digits where three would be more than a byte; C takes the low byte. */
static size_t decode_octal(struct edit *edit, size_t from, bool is_js)
{
	struct span digits = span_take(span_skip(edit->in, from + 1), OCTAL_DIGITS_MAX);
	unsigned value = 0;
	size_t count = 0;

	while (count < digits.len && digits.at[count] >= '0' && digits.at[count] <= '7')
		count++;
	if (is_js && count == OCTAL_DIGITS_MAX && digits.at[0] > '3')
		count--;
	for (size_t i = 0; i < count; i++)
		value = value * 8 + (unsigned)(digits.at[i] - '0');
	if (count)
		edit_byte(edit, from, from + 1 + count, (unsigned char)(value & 0xff));
	return count ? 1 + count : 0;
}

static size_t decode_letter(struct edit *edit, size_t from)
{
	edit_byte(edit, from, from + 2, escaped(edit->in.at[from + 1]));
	return 2;
}

static enum result decode(struct span in, bool is_js, struct arena *arena, struct span *out)
{
	struct edit edit = edit_make(in, in.len, arena);

	/* A backslash at the very end stays. */
	for (size_t i = find_byte(in, 0, '\\'); i + 1 < in.len; i = find_byte(in, i, '\\')) {
		size_t used = is_js ? decode_wide(&edit, i) : 0;

		if (!used)
			used = decode_hex(&edit, i, is_js);
		if (!used)
			used = decode_octal(&edit, i, is_js);
		if (!used)
			used = decode_letter(&edit, i);
		i += used;
	}
	return edit_end(&edit, out);
}

enum result transform_js_decode(struct span in, struct arena *arena, struct span *out)
{
	return decode(in, true, arena, out);
}

enum result transform_escape_seq_decode(struct span in, struct arena *arena, struct span *out)
{
	return decode(in, false, arena, out);
}

/* A CSS escape has one to six digits; of more than a byte the low one counts, and a full-width form is ASCII. */
static unsigned char css_byte(struct span digits)
{
	unsigned value = 0;

	for (size_t i = 0; i < digits.len; i++)
		value = value << 4 | hex_values[(unsigned char)digits.at[i]];
	return narrow(value >> 8, value & 0xff);
}

/* How many bytes the escape with its backslash at FROM has. */
static size_t css_decode_one(struct edit *edit, size_t from)
{
	struct span rest = span_skip(edit->in, from + 1);
	size_t count = 0, used;

	while (count < rest.len && count < CSS_DIGITS_MAX && is_hex(rest.at[count]))
		count++;
	used = 1 + count;
	if (count) {
		if (count < rest.len && is_space(rest.at[count]))  /* ends the digits, and goes with them */
			used++;
		edit_byte(edit, from, from + used, css_byte(span_take(rest, count)));
	} else if (!rest.len || *rest.at == '\n') {
		used += rest.len ? 1 : 0;
		edit_drop(edit, from, from + used);
	} else {
		edit_drop(edit, from, from + 1);
		used++;
	}
	return used;
}

enum result transform_css_decode(struct span in, struct arena *arena, struct span *out)
{
	struct edit edit = edit_make(in, in.len, arena);

	for (size_t i = find_byte(in, 0, '\\'); i < in.len; i = find_byte(in, i, '\\'))
		i += css_decode_one(&edit, i);
	return edit_end(&edit, out);
}
