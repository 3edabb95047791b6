/* The entities of HTML that carry attacks: numbers, and the few names whose characters mean something. The semicolon may
 * be missing, as browsers allow. */
#include "waf/transform/edit.h"
#include "waf/transform/parts.h"

#include "base/banned.h"

static const struct {
	struct span name;
	unsigned char byte;
} entities[] = {
	{ SPAN_INIT("quot"), '"' }, { SPAN_INIT("amp"), '&' }, { SPAN_INIT("lt"), '<' }, { SPAN_INIT("gt"), '>' },
	{ SPAN_INIT("nbsp"), 0xa0 },
};

static bool is_letter_or_digit(char c)
{
	return is_digit(c) || (unsigned)((c | 0x20) - 'a') < 26;
}

/* A number as the reference reads it: strtol of 64 bits, of which the low byte remains; beyond them, all ones. */
struct number {
	unsigned base;
	uint64_t value;
};

static void number_add(struct number *number, unsigned digit)
{
	if (number->value > ((uint64_t)INT64_MAX - digit) / number->base)
		number->value = INT64_MAX;
	else
		number->value = number->value * number->base + digit;
}

/* Replaces from the ampersand at FROM to before TO, and a semicolon there. */
static size_t put(struct edit *edit, size_t from, size_t to, unsigned char byte)
{
	if (to < edit->in.len && edit->in.at[to] == ';')
		to++;
	edit_byte(edit, from, to, byte);
	return to;
}

/* &#65; and &#x41;. Each answers where to go on. */
static size_t decode_number(struct edit *edit, size_t from)
{
	struct span in = edit->in;
	size_t i = from + 2, first;
	struct number number = { .base = 10 };

	if (i < in.len && (in.at[i] | 0x20) == 'x') {
		number.base = 16;
		i++;
	}
	for (first = i; i < in.len && hex_values[(unsigned char)in.at[i]] < number.base; i++)
		number_add(&number, hex_values[(unsigned char)in.at[i]]);
	return i == first ? i : put(edit, from, i, (unsigned char)(number.value & 0xff));
}

static size_t decode_name(struct edit *edit, size_t from)
{
	struct span in = edit->in, name;
	size_t i = from + 1;

	while (i < in.len && is_letter_or_digit(in.at[i]))
		i++;
	name = span_make(in.at + from + 1, i - from - 1);
	for (size_t n = 0; n < sizeof(entities) / sizeof(entities[0]); n++)
		if (span_equal_nocase(name, entities[n].name))
			return put(edit, from, i, entities[n].byte);
	return i;
}

enum result transform_html_entity_decode(struct span in, struct arena *arena, struct span *out)
{
	struct edit edit = edit_make(in, in.len, arena);

	for (size_t i = find_byte(in, 0, '&'); i < in.len; i = find_byte(in, i, '&'))
		i = i + 1 < in.len && in.at[i + 1] == '#' ? decode_number(&edit, i) : decode_name(&edit, i);
	return edit_end(&edit, out);
}
