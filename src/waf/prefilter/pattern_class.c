/* Classes: [abc], [^a-z\d[:alpha:]]. Source: pcre2pattern(3), "Square brackets and character classes". */
#include "waf/prefilter/pattern_reader.h"
#include "base/banned.h"

struct class_name {
	struct span name;
	const char *ranges;  /* pairs of ends */
};

static const struct class_name NAMES[] = {
	{ SPAN_INIT("alpha"), "AZaz" }, { SPAN_INIT("lower"), "az" }, { SPAN_INIT("upper"), "AZ" }, { SPAN_INIT("alnum"), "AZaz09" },
	{ SPAN_INIT("ascii"), "\1\x7f" }, { SPAN_INIT("blank"), "  \t\t" }, { SPAN_INIT("cntrl"), "\1\x1f\x7f\x7f" },
	{ SPAN_INIT("digit"), "09" }, { SPAN_INIT("graph"), "!~" }, { SPAN_INIT("print"), " ~" }, { SPAN_INIT("punct"), "!/:@[`{~" },
	{ SPAN_INIT("space"), "\t\r  " }, { SPAN_INIT("word"), "AZaz09__" }, { SPAN_INIT("xdigit"), "AFaf09" },
};

static void add_range(struct byte_set *set, unsigned low, unsigned high)
{
	for (unsigned byte = low; byte <= high; byte++)
		byte_set_add(set, (unsigned char)byte);
}

static void add_set(struct byte_set *set, const struct byte_set *more, bool is_inverted)
{
	for (unsigned i = 0; i < 4; i++)
		set->words[i] |= is_inverted ? ~more->words[i] : more->words[i];
}

static bool name_set(struct span name, struct byte_set *set)
{
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
		if (!span_equal(NAMES[i].name, name))
			continue;
		for (const char *at = NAMES[i].ranges; *at; at += 2)
			add_range(set, (unsigned char)at[0], (unsigned char)at[1]);
		if (span_equal(name, SPAN("ascii")) || span_equal(name, SPAN("cntrl")))
			byte_set_add(set, 0);
		return true;
	}
	return false;
}

/* "[:name:]" from its bracket. False: the bracket is a byte like others. */
static bool named_read(struct pattern_reader *reader, struct byte_set *set)
{
	struct byte_set named = { 0 };
	struct span name = span_skip(reader->text, reader->at + 2);
	bool is_inverted;
	size_t len = 0;

	if (pattern_peek(reader, 1) != ':')
		return false;
	is_inverted = pattern_peek(reader, 2) == '^';
	name = span_skip(name, is_inverted);
	while (len < name.len && name.at[len] >= 'a' && name.at[len] <= 'z')
		len++;
	if (len + 1 >= name.len || name.at[len] != ':' || name.at[len + 1] != ']')
		return false;
	if (!name_set(span_take(name, len), &named))
		pattern_fail(reader, RESULT_NOT_FOUND);
	add_set(set, &named, is_inverted);
	reader->at += 2 + (size_t)is_inverted + len + 2;
	return true;
}

/* "[.ch.]" or "[=ch=]" from its bracket: errors, if they are what they look like. A "\\" on the way leaves that in doubt. */
static bool is_collating(const struct pattern_reader *reader)
{
	struct span rest = span_skip(reader->text, reader->at + 2);
	int mark = pattern_peek(reader, 1);
	size_t end = span_find(rest, ']');

	if (mark != '.' && mark != '=')
		return false;
	return span_find(rest, '\\') < end || (end > 0 && end < rest.len && rest.at[end - 1] == mark);
}

static void class_escape_read(struct pattern_reader *reader, struct pattern_escape *out)
{
	if (pattern_peek(reader, 1) == 'b') {
		*out = (struct pattern_escape){ .byte = '\b' };
		reader->at += 2;
	} else {
		pattern_escape_byte_read(reader, out);  /* \Q and \E too are left alone here */
	}
}

/* One end of a range, or a set that stands alone. */
static void member_read(struct pattern_reader *reader, struct pattern_escape *out)
{
	int c = pattern_peek(reader, 0);

	*out = (struct pattern_escape){ 0 };
	if (c < 0) {
		pattern_fail(reader, RESULT_NOT_FOUND);
	} else if (c == '\\') {
		class_escape_read(reader, out);
	} else if (c == '[' && named_read(reader, &out->set)) {
		out->is_set = true;
	} else {
		if (c == '[' && is_collating(reader))
			pattern_fail(reader, RESULT_NOT_FOUND);
		out->byte = (unsigned char)c;
		reader->at++;
	}
}

static void members_read(struct pattern_reader *reader, struct byte_set *set)
{
	struct pattern_escape low, high;

	member_read(reader, &low);
	if (low.is_set) {
		add_set(set, &low.set, false);
		return;
	}
	byte_set_add(set, low.byte);
	if (pattern_peek(reader, 0) != '-' || pattern_peek(reader, 1) == ']')
		return;
	reader->at++;
	member_read(reader, &high);
	if (high.is_set) {  /* then the hyphen is one */
		byte_set_add(set, '-');
		add_set(set, &high.set, false);
	} else if (high.byte < low.byte) {
		pattern_fail(reader, RESULT_NOT_FOUND);
	} else {
		add_range(set, low.byte, high.byte);
	}
}

struct pattern_node *pattern_class_read(struct pattern_reader *reader)
{
	struct byte_set set = { 0 }, all = { 0 };
	bool is_inverted = pattern_peek(reader, 1) == '^';

	if (span_starts(span_skip(reader->text, reader->at), SPAN("[[:<:]]")) || span_starts(span_skip(reader->text, reader->at), SPAN("[[:>:]]"))) {
		reader->at += 7;  /* word boundaries of old */
		return pattern_node_new(reader, NODE_EMPTY);
	}
	reader->at += 1 + (size_t)is_inverted;
	do {  /* a "]" that comes first is a member */
		members_read(reader, &set);
	} while (reader->result == RESULT_OK && pattern_peek(reader, 0) != ']');
	if (reader->result != RESULT_OK)
		return NULL;
	reader->at++;
	add_set(&all, &set, is_inverted);
	return pattern_set_new(reader, &all);
}
