#include "event/query_tree.h"

#include "event/format.h"
#include "event/member.h"

#include "base/banned.h"

/* A JSON number as far as the journal writes them; what is behind the digits is ignored. */
static bool read_value(struct span text, double *out)
{
	bool is_negative = text.len && text.at[0] == '-';
	double value;

	text = span_skip(text, is_negative);
	if (!text.len || !is_digit(text.at[0]))
		return false;
	(void)query_read_digits(&text, &value);
	*out = is_negative ? -value : value;
	return true;
}

static bool fits_order(enum query_operator operator, int order)
{
	switch (operator) {
	case QUERY_EQUAL: return order == 0;
	case QUERY_UNEQUAL: return order != 0;
	case QUERY_LESS: return order < 0;
	case QUERY_LESS_EQUAL: return order <= 0;
	case QUERY_GREATER: return order > 0;
	case QUERY_GREATER_EQUAL: return order >= 0;
	case QUERY_CONTAINS:
	default: return false;
	}
}

static bool contains_nocase(struct span text, struct span part)
{
	for (size_t i = 0; i + part.len <= text.len; i++) {
		if (span_equal_nocase(span_make(text.at + i, part.len), part))
			return true;
	}
	return false;
}

static bool match_address(const struct query *term, struct span text)
{
	struct address address;
	bool is_inside = address_read(text, &address) == RESULT_OK && network_contains(&term->network, &address);

	return is_inside == (term->operator == QUERY_EQUAL);
}

/* TEXT is the value as a person would write it. */
static bool match_scalar(const struct query *term, struct span text)
{
	double value;

	if (term->operator == QUERY_CONTAINS)
		return contains_nocase(text, term->text);
	switch (term->name->type) {
	case NAME_ADDRESS:
		return match_address(term, text);
	case NAME_NUMBER:
	case NAME_NANOSECONDS:
	case NAME_MICROSECONDS:
		if (!read_value(text, &value))
			return term->operator == QUERY_UNEQUAL;
		return fits_order(term->operator, value < term->number ? -1 : value > term->number);
	case NAME_TIME:  /* times sort as text; a shorter one stands for all that begin with it */
		return fits_order(term->operator, span_compare(span_take(text, term->text.len), term->text));
	case NAME_TEXT:
	default:
		return fits_order(term->operator, span_compare(text, term->text));
	}
}

static bool match_member(const struct query *term, const struct member *member)
{
	char text[LINE_MAX_BYTES];

	return match_scalar(term, member->kind == MEMBER_TEXT ? member_text(member->value, text, sizeof(text)) : member->value);
}

/* != asks for all elements, everything else for any. */
static bool match_list(const struct query *term, struct span list)
{
	bool asks_all = term->operator == QUERY_UNEQUAL;
	struct members members;
	struct member element;

	members_init(&members, list);
	while (members_next(&members, &element) == RESULT_OK) {
		bool is_match;

		if (element.kind == MEMBER_OBJECT && (term->name->inner.len == 0 ||
		                                      member_find(element.value, term->name->inner, &element) != RESULT_OK))
			continue;
		is_match = match_member(term, &element);
		if (is_match != asks_all)
			return is_match;
	}
	return asks_all;
}

static bool match_term(const struct query *term, struct span line)
{
	struct member member;

	if (member_find(line, term->name->full, &member) != RESULT_OK)
		return term->operator == QUERY_UNEQUAL;
	return member.kind == MEMBER_LIST ? match_list(term, member.value) : match_member(term, &member);
}

static bool match(const struct query *query, struct span line)
{
	switch (query->kind) {
	case QUERY_AND: return match(query->left, line) && match(query->right, line);
	case QUERY_OR: return match(query->left, line) || match(query->right, line);
	case QUERY_NOT: return !match(query->left, line);
	case QUERY_TERM: return match_term(query, line);
	case QUERY_TRUE:
	default: return true;
	}
}

bool query_match(const struct query *query, struct span line)
{
	return line.len >= 2 && line.at[0] == '{' && line.at[line.len - 1] == '}' && match(query, line);
}
