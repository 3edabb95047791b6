#include "waf/prefilter/pattern.h"

#include "waf/prefilter/pattern_reader.h"
#include "base/banned.h"

#define COUNT_MAX 65535        /* PCRE2's own */
#define QUANTIFIERS_MAX 2      /* of one atom: a{2}{3}... nests without a bracket, and who walks a tree has a stack */

struct pattern_node *pattern_node_new(struct pattern_reader *reader, enum pattern_kind kind)
{
	struct pattern_node *node = arena_new(reader->arena, struct pattern_node);

	if (!node)
		pattern_fail(reader, RESULT_NO_MEMORY);
	else
		node->kind = kind;
	return node;
}

struct pattern_node *pattern_set_new(struct pattern_reader *reader, const struct byte_set *set)
{
	const uint64_t upper = ((uint64_t)1 << 26) - 1;
	struct pattern_node *node = pattern_node_new(reader, NODE_SET);

	if (!node)
		return NULL;
	node->set = *set;
	node->set.words[1] &= ~(upper << ('A' - 64));
	node->set.words[1] |= (set->words[1] >> ('A' - 64) & upper) << ('a' - 64);
	return node;
}

static struct pattern_node *byte_read(struct pattern_reader *reader)
{
	struct byte_set set = { 0 };

	byte_set_add(&set, (unsigned char)reader->text.at[reader->at++]);
	return pattern_set_new(reader, &set);
}

/* "(?#...)" ends at the first ")", whatever stands before it. */
static void skip_comment(struct pattern_reader *reader)
{
	struct span rest = span_skip(reader->text, reader->at);
	size_t end = span_find(rest, ')');

	if (end == rest.len)
		pattern_fail(reader, RESULT_NOT_FOUND);
	else
		reader->at += end + 1;
}

/* "#" to the end of the line, under (?x). What ends a line is an option of PCRE2: beside LF all others are left alone. */
static void skip_line(struct pattern_reader *reader)
{
	int c;

	while ((c = pattern_peek(reader, 0)) >= 0 && c != '\n') {
		if (c == '\r' || c == 0)
			pattern_fail(reader, RESULT_NOT_FOUND);
		reader->at++;
	}
}

static bool is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What stands between items without being one, and what begins and ends a quotation. */
static void skip_ignored(struct pattern_reader *reader)
{
	for (;;) {
		int c = pattern_peek(reader, 0), next = pattern_peek(reader, 1);

		if (c == '\\' && next == 'E') {
			reader->is_quoted = false;
			reader->at += 2;
		} else if (reader->is_quoted || c < 0) {
			return;
		} else if (c == '\\' && next == 'Q') {
			reader->is_quoted = true;
			reader->at += 2;
		} else if (c == '(' && next == '?' && pattern_peek(reader, 2) == '#') {
			skip_comment(reader);
		} else if (reader->is_extended && is_space(c)) {
			reader->at++;
		} else if (reader->is_extended && c == '#') {
			skip_line(reader);
		} else if (reader->is_extended && c == 0x85) {  /* white space or not: depends on how PCRE2 was built */
			pattern_fail(reader, RESULT_NOT_FOUND);
		} else {
			return;
		}
	}
}

static bool count_read(struct span text, size_t *at, uint32_t *out)
{
	uint32_t count = 0;
	size_t from = *at;

	for (; *at < text.len && is_digit(text.at[*at]) && count <= COUNT_MAX; ++*at)
		count = count * 10 + (uint32_t)(text.at[*at] - '0');
	*out = count;
	return *at > from;
}

/* {n} {n,} {n,m}. {,n} and blanks inside are text in older releases of PCRE2 and counts in newer ones: not understood. */
static bool braces_read(struct pattern_reader *reader, uint32_t *min, uint32_t *max)
{
	struct span text = reader->text;
	size_t at = reader->at + 1;
	bool has_digit = false;

	if (count_read(text, &at, min)) {
		*max = *min;
		if (at < text.len && text.at[at] == ',' && at++ < text.len && !count_read(text, &at, max))
			*max = PATTERN_MANY;
		if (at < text.len && text.at[at] == '}') {
			if (*min > COUNT_MAX || *max < *min || (*max > COUNT_MAX && *max != PATTERN_MANY))
				pattern_fail(reader, RESULT_NOT_FOUND);
			reader->at = at + 1;
			return true;
		}
	}
	for (at = reader->at + 1; at < text.len && (is_digit(text.at[at]) || strchr(", \t", text.at[at])) && text.at[at]; at++)
		has_digit |= is_digit(text.at[at]);
	if (has_digit && at < text.len && text.at[at] == '}')
		pattern_fail(reader, RESULT_NOT_FOUND);
	return false;
}

static bool quantifier_read(struct pattern_reader *reader, uint32_t *min, uint32_t *max)
{
	int c = pattern_peek(reader, 0);

	if (reader->is_quoted)
		return false;
	if (c == '{')
		return braces_read(reader, min, max);
	if (c != '*' && c != '+' && c != '?')
		return false;
	*min = c == '+';
	*max = c == '?' ? 1 : PATTERN_MANY;
	reader->at++;
	return true;
}

static struct pattern_node *quantifiers_read(struct pattern_reader *reader, struct pattern_node *atom)
{
	uint32_t min, max;

	skip_ignored(reader);
	for (unsigned count = 0; quantifier_read(reader, &min, &max); count++) {
		struct pattern_node *node = pattern_node_new(reader, NODE_REPETITION);
		int c = pattern_peek(reader, 0);

		if (count == QUANTIFIERS_MAX)
			pattern_fail(reader, RESULT_NOT_FOUND);
		if (!node)
			return NULL;
		node->min = min;
		node->max = max;
		node->child = atom;
		atom = node;
		reader->at += c == '?' || c == '+';  /* lazy or possessive: the same texts, or fewer */
		skip_ignored(reader);
	}
	return atom;
}

/* NULL without a failure: options, which are no item. */
static struct pattern_node *item_read(struct pattern_reader *reader)
{
	static const struct byte_set all = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };
	int c = pattern_peek(reader, 0);
	uint32_t min, max;

	if (reader->is_quoted)
		return byte_read(reader);
	switch (c) {
	case '\\':
		return pattern_escape_read(reader);
	case '[':
		return pattern_class_read(reader);
	case '(':
		return pattern_group_read(reader);
	case '.':
		reader->at++;
		return pattern_set_new(reader, &all);
	case '^':
	case '$':
		reader->at++;
		return pattern_node_new(reader, NODE_EMPTY);
	default:
		if (quantifier_read(reader, &min, &max)) {  /* of nothing */
			pattern_fail(reader, RESULT_NOT_FOUND);
			return NULL;
		}
		return reader->result == RESULT_OK ? byte_read(reader) : NULL;
	}
}

static struct pattern_node *branch_read(struct pattern_reader *reader)
{
	struct pattern_node *branch = pattern_node_new(reader, NODE_CONCATENATION), **last;
	int c;

	if (!branch)
		return NULL;
	last = &branch->child;
	for (skip_ignored(reader); (c = pattern_peek(reader, 0)) >= 0 && (reader->is_quoted || (c != '|' && c != ')')); skip_ignored(reader)) {
		struct pattern_node *item = item_read(reader);

		if (!item)
			continue;
		item = quantifiers_read(reader, item);
		if (!item)
			return NULL;
		*last = item;
		last = &item->next;
	}
	return branch;
}

struct pattern_node *pattern_branches_read(struct pattern_reader *reader)
{
	struct pattern_node *node = pattern_node_new(reader, NODE_ALTERNATION), **last;
	bool was_extended = reader->is_extended;

	if (!node)
		return NULL;
	if (++reader->depth > PATTERN_DEPTH_MAX)
		pattern_fail(reader, RESULT_NOT_FOUND);
	last = &node->child;
	do {
		*last = branch_read(reader);
		if (!*last)
			return NULL;
		last = &(*last)->next;
	} while (pattern_peek(reader, 0) == '|' && ++reader->at);
	reader->is_extended = was_extended;
	reader->depth--;
	return node;
}

enum result pattern_read(struct span text, struct arena *arena, struct pattern_node **out)
{
	struct pattern_reader reader = { .text = text, .arena = arena };
	struct pattern_node *node = pattern_branches_read(&reader);

	if (reader.result == RESULT_OK && reader.at < text.len)  /* a ")" too many */
		pattern_fail(&reader, RESULT_NOT_FOUND);
	if (reader.result == RESULT_OK)
		*out = node;
	return reader.result;
}
