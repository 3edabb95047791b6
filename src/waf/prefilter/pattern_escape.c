/* Escapes. Source: pcre2pattern(3), "Backslash". */
#include "waf/prefilter/pattern_reader.h"
#include "base/banned.h"

static int hex_value(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_octal(int c)
{
	return c >= '0' && c <= '7';
}

static void add_range(struct byte_set *set, unsigned low, unsigned high)
{
	for (unsigned byte = low; byte <= high; byte++)
		byte_set_add(set, (unsigned char)byte);
}

static void invert(struct byte_set *set)
{
	for (unsigned i = 0; i < 4; i++)
		set->words[i] = ~set->words[i];
}

/* \d \h \s \v \w, \N, and in capitals what they are not. False: another letter. */
static bool type_set(int c, struct byte_set *set)
{
	*set = (struct byte_set){ 0 };
	switch (c | 0x20) {
	case 'd':
		add_range(set, '0', '9');
		break;
	case 'h':
		byte_set_add_span(set, SPAN("\t \xa0"));
		break;
	case 's':
		add_range(set, '\t', '\r');
		byte_set_add(set, ' ');
		break;
	case 'v':
		add_range(set, '\n', '\r');
		byte_set_add(set, 0x85);
		break;
	case 'w':
		add_range(set, '0', '9');
		add_range(set, 'A', 'Z');
		add_range(set, 'a', 'z');
		byte_set_add(set, '_');
		break;
	default:
		return false;
	}
	if (c < 'a')
		invert(set);
	return true;
}

/* {...} of \x and \o: digits of base 1 << SHIFT, one byte at most. */
static unsigned char braced_byte(struct pattern_reader *reader, unsigned shift)
{
	unsigned value = 0, count = 0;
	int digit;

	reader->at++;
	while ((digit = hex_value(pattern_peek(reader, 0))) >= 0 && digit < 1 << shift && value < 256) {
		value = value << shift | (unsigned)digit;
		count++;
		reader->at++;
	}
	if (pattern_peek(reader, 0) != '}' || !count || value > 255)
		pattern_fail(reader, RESULT_NOT_FOUND);
	else
		reader->at++;
	return (unsigned char)value;
}

/* Up to MAX digits of base 1 << SHIFT. */
static unsigned char plain_byte(struct pattern_reader *reader, unsigned shift, unsigned max)
{
	unsigned value = 0;
	int digit;

	for (unsigned i = 0; i < max && (digit = hex_value(pattern_peek(reader, 0))) >= 0 && digit < 1 << shift; i++) {
		value = value << shift | (unsigned)digit;
		reader->at++;
	}
	if (value > 255)
		pattern_fail(reader, RESULT_NOT_FOUND);
	return (unsigned char)value;
}

static unsigned char control_byte(struct pattern_reader *reader)
{
	int c = pattern_peek(reader, 0);

	if (c < ' ' || c > '~') {
		pattern_fail(reader, RESULT_NOT_FOUND);
		return 0;
	}
	reader->at++;
	return (unsigned char)((c >= 'a' && c <= 'z' ? c - 0x20 : c) ^ 0x40);
}

static unsigned char letter_byte(struct pattern_reader *reader, int c)
{
	switch (c) {
	case 'a':
		return '\a';
	case 'e':
		return 0x1b;
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'c':
		return control_byte(reader);
	case 'o':
		if (pattern_peek(reader, 0) == '{')
			return braced_byte(reader, 3);
		break;
	case 'x':
		return pattern_peek(reader, 0) == '{' ? braced_byte(reader, 4) : plain_byte(reader, 4, 2);
	default:
		break;
	}
	pattern_fail(reader, RESULT_NOT_FOUND);
	return 0;
}

void pattern_escape_byte_read(struct pattern_reader *reader, struct pattern_escape *out)
{
	int c = pattern_peek(reader, 1);

	*out = (struct pattern_escape){ 0 };
	if (c < 0) {
		pattern_fail(reader, RESULT_NOT_FOUND);
		return;
	}
	reader->at += 2;
	if (type_set(c, &out->set)) {
		out->is_set = true;
	} else if (is_octal(c)) {  /* outside a class only \0 comes here */
		reader->at--;
		out->byte = plain_byte(reader, 3, 3);
	} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit((char)c)) {
		out->byte = letter_byte(reader, c);
	} else {
		out->byte = (unsigned char)c;
	}
}

/* \g and \k: a reference, or for \g<..> and \g'..' a call. Either may be any text. */
static struct pattern_node *reference_read(struct pattern_reader *reader, char letter)
{
	int c = pattern_peek(reader, 2);
	char close = c == '{' ? '}' : c == '<' ? '>' : c == '\'' ? '\'' : 0;
	struct span rest = span_skip(reader->text, reader->at + 3);
	size_t end;

	if (close) {
		end = span_find(rest, close);
		if (end == rest.len)
			pattern_fail(reader, RESULT_NOT_FOUND);
		reader->at += 3 + end + 1;
	} else if (letter == 'g') {
		reader->at += 2;
		reader->at += c == '+' || c == '-';
		if (!is_digit((char)pattern_peek(reader, 0)))
			pattern_fail(reader, RESULT_NOT_FOUND);
		while (is_digit((char)pattern_peek(reader, 0)))
			reader->at++;
	} else {
		pattern_fail(reader, RESULT_NOT_FOUND);
	}
	return reader->result == RESULT_OK ? pattern_node_new(reader, NODE_ANY) : NULL;
}

/* \1 to \9. With more digits it is a reference or an octal number, as there are groups: not understood. */
static struct pattern_node *numbered_read(struct pattern_reader *reader)
{
	int next = pattern_peek(reader, 2);

	if (next >= '0' && next <= '9') {
		pattern_fail(reader, RESULT_NOT_FOUND);
		return NULL;
	}
	reader->at += 2;
	return pattern_node_new(reader, NODE_ANY);
}

static struct pattern_node *skip_two(struct pattern_reader *reader, enum pattern_kind kind)
{
	static const struct byte_set all = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };

	reader->at += 2;
	return kind == NODE_SET ? pattern_set_new(reader, &all) : pattern_node_new(reader, kind);
}

struct pattern_node *pattern_escape_read(struct pattern_reader *reader)
{
	int c = pattern_peek(reader, 1);
	struct pattern_escape escape;
	struct byte_set set = { 0 };

	if (c >= '1' && c <= '9')
		return numbered_read(reader);
	switch (c) {
	case 'b': case 'B': case 'A': case 'Z': case 'z': case 'G': case 'K':
		return skip_two(reader, NODE_EMPTY);
	case 'R': case 'X':
		return skip_two(reader, NODE_ANY);
	case 'C':
		return skip_two(reader, NODE_SET);
	case 'N':
		if (pattern_peek(reader, 2) != '{')
			return skip_two(reader, NODE_SET);
		break;  /* \N{U+..}: pattern_escape_byte_read fails on N */
	case 'g': case 'k':
		return reference_read(reader, (char)c);
	default:
		break;
	}
	pattern_escape_byte_read(reader, &escape);
	if (reader->result != RESULT_OK)
		return NULL;
	byte_set_add(&set, escape.byte);
	return pattern_set_new(reader, escape.is_set ? &escape.set : &set);
}
