#include "event/query_tree.h"

#include "base/clock.h"
#include "base/suggest.h"

#include "base/banned.h"

struct parser {
	struct span text;
	size_t at;
	uint64_t wall_ns;
	struct arena *arena;
	struct complaints *complaints;
	unsigned terms;
	enum result failure;    /* the first one; what follows it is not looked at */
};

static void fail(struct parser *parser, enum result result)
{
	if (parser->failure == RESULT_OK)
		parser->failure = result;
}

#define FAIL(parser, where, suggestion, ...) do { \
		if ((parser)->failure == RESULT_OK) \
			complain((parser)->complaints, COMPLAINT_ERROR, \
			         (struct place){ SPAN("query"), 1, (unsigned)(where) + 1 }, (suggestion), __VA_ARGS__); \
		fail((parser), RESULT_MALFORMED); \
	} while (0)

static void skip_space(struct parser *parser)
{
	while (parser->at < parser->text.len && (parser->text.at[parser->at] == ' ' || parser->text.at[parser->at] == '\t'))
		parser->at++;
}

/* The next byte, or NUL at the end. */
static char peek(const struct parser *parser)
{
	return parser->at < parser->text.len ? parser->text.at[parser->at] : 0;
}

static bool is_name_byte(char c)
{
	return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_' || c == '.' || c == '@' || c == '-';
}

/* The name or keyword at the front; nothing is taken. */
static struct span peek_name(struct parser *parser)
{
	size_t end;

	skip_space(parser);
	end = parser->at;
	while (end < parser->text.len && is_name_byte(parser->text.at[end]))
		end++;
	return span_make(parser->text.at + parser->at, end - parser->at);
}

static bool take_keyword(struct parser *parser, struct span keyword)
{
	struct span name = peek_name(parser);

	if (!span_equal_nocase(name, keyword))
		return false;
	parser->at += name.len;
	return true;
}

static struct query *new_node(struct parser *parser, enum query_kind kind, struct query *left, struct query *right)
{
	struct query *query = arena_new(parser->arena, struct query);

	if (!query) {
		fail(parser, RESULT_NO_MEMORY);
		return NULL;
	}
	query->kind = kind;
	query->left = left;
	query->right = right;
	return query;
}

static void complain_name(struct parser *parser, struct span text, struct span suggestion)
{
	struct buffer aliases;
	size_t count;
	const struct name *names = name_list(&count);
	enum result result = RESULT_OK;

	buffer_init(&aliases, 2048);
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = buffer_print(&aliases, "%s%.*s", i ? ", " : "", SPAN_ARG(names[i].alias));
	FAIL(parser, parser->at, suggestion, "no member is called \"%.*s\", expected one of %.*s", SPAN_ARG(text), SPAN_ARG(buffer_span(&aliases)));
	buffer_done(&aliases);
}

static const struct name *take_name(struct parser *parser)
{
	struct span text = peek_name(parser);
	const struct name *name = name_find(text);
	struct suggestion suggestion;
	const struct name *names;
	size_t count;

	if (name) {
		parser->at += text.len;
		return name;
	}
	if (text.len == 0) {
		FAIL(parser, parser->at, SPAN_NONE, "a name is expected here, as in status>=500");
		return NULL;
	}
	names = name_list(&count);
	suggestion_init(&suggestion, text);
	for (size_t i = 0; i < count; i++) {
		suggestion_offer(&suggestion, names[i].alias);
		suggestion_offer(&suggestion, names[i].full);
	}
	complain_name(parser, text, suggestion_sentence(&suggestion));
	return NULL;
}

static bool take_operator(struct parser *parser, enum query_operator *out)
{
	static const struct { struct span text; enum query_operator operator; } operators[] = {
		{ SPAN_INIT("!="), QUERY_UNEQUAL }, { SPAN_INIT("<="), QUERY_LESS_EQUAL }, { SPAN_INIT(">="), QUERY_GREATER_EQUAL },
		{ SPAN_INIT("="), QUERY_EQUAL }, { SPAN_INIT("<"), QUERY_LESS }, { SPAN_INIT(">"), QUERY_GREATER },
		{ SPAN_INIT("~"), QUERY_CONTAINS },
	};

	skip_space(parser);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (span_starts(span_skip(parser->text, parser->at), operators[i].text)) {
			parser->at += operators[i].text.len;
			*out = operators[i].operator;
			return true;
		}
	}
	FAIL(parser, parser->at, SPAN_NONE, "an operator is expected here: = != < <= > >= ~");
	return false;
}

/* "text" with \" and \\, which is copied without them; or 'text', for who writes the query in double quotes. */
static struct span take_quoted(struct parser *parser)
{
	char quote = peek(parser);
	size_t start = parser->at++;
	char *out = arena_take(parser->arena, parser->text.len + 1);
	size_t len = 0;

	if (!out) {
		fail(parser, RESULT_NO_MEMORY);
		return SPAN_NONE;
	}
	for (; parser->at < parser->text.len && peek(parser) != quote; parser->at++) {
		char next = parser->at + 1 < parser->text.len ? parser->text.at[parser->at + 1] : 0;

		if (peek(parser) == '\\' && (next == quote || next == '\\'))
			parser->at++;
		out[len++] = peek(parser);
	}
	if (parser->at >= parser->text.len) {
		FAIL(parser, start, SPAN_NONE, "the quote that opens here is not closed");
		return SPAN_NONE;
	}
	parser->at++;
	return span_make(out, len);
}

static struct span take_value(struct parser *parser)
{
	size_t start;

	skip_space(parser);
	if (peek(parser) == '"' || peek(parser) == '\'')
		return take_quoted(parser);
	start = parser->at;
	while (parser->at < parser->text.len && !memchr(" \t()\"", peek(parser), 5))
		parser->at++;
	if (parser->at == start)
		FAIL(parser, start, SPAN_NONE, "a value is expected here");
	return span_make(parser->text.at + start, parser->at - start);
}

size_t query_read_digits(struct span *rest, double *out)
{
	struct span text = *rest;
	double value = 0, scale = 1;
	size_t at = 0, digits = 0;
	bool is_fraction = false;

	for (; at < text.len && (is_digit(text.at[at]) || (text.at[at] == '.' && !is_fraction)); at++) {
		if (text.at[at] == '.') {
			is_fraction = true;
			continue;
		}
		value = value * 10 + (text.at[at] - '0');
		scale *= is_fraction ? 10 : 1;
		digits++;
	}
	*out = value / scale;
	*rest = span_skip(text, at);
	return digits;
}

/* False when there are no digits, or more than anyone means. REST is what follows. */
static bool read_number(struct span text, double *out, struct span *rest)
{
	size_t digits = query_read_digits(&text, out);

	*rest = text;
	return digits > 0 && digits <= 20;
}

static bool read_duration_ns(struct span text, double *out)
{
	static const struct { struct span unit; double ns; } units[] = {
		{ SPAN_INIT("ns"), 1 }, { SPAN_INIT("us"), 1e3 }, { SPAN_INIT("ms"), 1e6 }, { SPAN_INIT("s"), 1e9 },
		{ SPAN_INIT("m"), 60e9 }, { SPAN_INIT("h"), 3600e9 }, { SPAN_INIT("d"), 86400e9 },
	};
	struct span unit;
	double number;

	if (!read_number(text, &number, &unit))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (span_equal(unit, units[i].unit)) {
			*out = number * units[i].ns;
			return true;
		}
	}
	return unit.len == 0 && number == 0;
}

/* A month 13 would only ever find nothing. TEXT has the shape; what of a number is not there is not wrong. */
static bool has_calendar(struct span text)
{
	static const struct { size_t at; int least, most; } parts[] = { { 5, 1, 12 }, { 8, 1, 31 }, { 11, 0, 23 }, { 14, 0, 59 }, { 17, 0, 60 } };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && parts[i].at + 2 <= text.len; i++) {
		int value = (text.at[parts[i].at] - '0') * 10 + text.at[parts[i].at + 1] - '0';

		if (value < parts[i].least || value > parts[i].most)
			return false;
	}
	return true;
}

/* The front of 2026-01-31T23:59:59.999Z, at least the year. */
static bool is_time_front(struct span text)
{
	static const struct span shape = SPAN_INIT("0000-00-00T00:00:00.000Z");

	if (text.len < 4 || text.len > shape.len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		bool is_end = text.at[i] == 'Z' && i + 1 == text.len && i >= 19;

		if (!is_end && (shape.at[i] == '0' ? !is_digit(text.at[i]) : text.at[i] != shape.at[i]))
			return false;
	}
	return has_calendar(text);
}

static void read_time(struct parser *parser, struct query *term, size_t at)
{
	double back_ns = 0;
	char text[CLOCK_ISO_LEN + 1];

	if (term->text.len && term->text.at[0] == '-' && read_duration_ns(span_skip(term->text, 1), &back_ns)) {
		clock_write_iso(back_ns < (double)parser->wall_ns ? parser->wall_ns - (uint64_t)back_ns : 0, text);
		term->text = arena_copy(parser->arena, span_make(text, CLOCK_ISO_LEN));
		if (!term->text.at)
			fail(parser, RESULT_NO_MEMORY);
	} else if (!is_time_front(term->text)) {
		FAIL(parser, at, SPAN_NONE, "\"%.*s\" is not a time: 2026-01-31T23:59 (UTC), or -1h for an hour ago", SPAN_ARG(term->text));
	} else if (term->text.at[term->text.len - 1] == 'Z' && term->text.len < CLOCK_ISO_LEN) {
		term->text = span_take(term->text, term->text.len - 1);  /* a second is the front of its milliseconds */
	}
}

static bool is_order(enum query_operator operator)
{
	return operator >= QUERY_LESS && operator <= QUERY_GREATER_EQUAL;
}

/* The value as what the member holds. */
static void read_typed(struct parser *parser, struct query *term, size_t at)
{
	struct suggestion suggestion;
	struct span rest;
	double ns;

	if (term->operator == QUERY_CONTAINS)
		return;
	switch (term->name->type) {
	case NAME_TEXT:
		if (!is_order(term->operator) && !query_word_is_possible(term->name, term->text, &suggestion))
			FAIL(parser, at, suggestion_sentence(&suggestion), "%.*s is never \"%.*s\"", SPAN_ARG(term->name->alias), SPAN_ARG(term->text));
		return;
	case NAME_NUMBER:
		if (!read_number(term->text, &term->number, &rest) || rest.len)
			FAIL(parser, at, SPAN_NONE, "\"%.*s\" is not a number", SPAN_ARG(term->text));
		return;
	case NAME_NANOSECONDS:
	case NAME_MICROSECONDS:
		if (!read_duration_ns(term->text, &ns))
			FAIL(parser, at, SPAN_NONE, "\"%.*s\" is not a duration: 500us, 20ms, 1.5s, 2m", SPAN_ARG(term->text));
		else
			term->number = term->name->type == NAME_NANOSECONDS ? ns : ns / 1000;
		return;
	case NAME_ADDRESS:
		if (is_order(term->operator))
			FAIL(parser, at, SPAN_NONE, "addresses have no order: use = with an address or a network");
		else if (network_read(term->text, &term->network) != RESULT_OK)
			FAIL(parser, at, SPAN_NONE, "\"%.*s\" is not an address or a network: 192.0.2.1, 10.0.0.0/8, 2001:db8::/32",
			     SPAN_ARG(term->text));
		return;
	case NAME_TIME:
		read_time(parser, term, at);
		return;
	}
}

static struct query *take_term(struct parser *parser)
{
	struct query *term;
	size_t at;

	if (++parser->terms > QUERY_TERMS_MAX) {
		FAIL(parser, parser->at, SPAN_NONE, "more than %d comparisons", QUERY_TERMS_MAX);
		parser->failure = RESULT_LIMIT;
		return NULL;
	}
	term = new_node(parser, QUERY_TERM, NULL, NULL);
	if (!term)
		return NULL;
	term->name = take_name(parser);
	if (!term->name || !take_operator(parser, &term->operator))
		return NULL;
	skip_space(parser);
	at = parser->at;
	term->text = take_value(parser);
	if (parser->failure == RESULT_OK)
		read_typed(parser, term, at);
	return parser->failure == RESULT_OK ? term : NULL;
}

static struct query *take_or(struct parser *parser, unsigned depth);

static struct query *take_each(struct parser *parser, unsigned depth)
{
	struct query *inner;

	skip_space(parser);
	if (depth > QUERY_DEPTH_MAX) {
		FAIL(parser, parser->at, SPAN_NONE, "nested deeper than %d", QUERY_DEPTH_MAX);
		parser->failure = RESULT_LIMIT;
		return NULL;
	}
	if (take_keyword(parser, SPAN("not"))) {
		inner = take_each(parser, depth + 1);
		return inner ? new_node(parser, QUERY_NOT, inner, NULL) : NULL;
	}
	if (peek(parser) != '(')
		return take_term(parser);
	parser->at++;
	inner = take_or(parser, depth + 1);
	skip_space(parser);
	if (inner && peek(parser) != ')') {
		FAIL(parser, parser->at, SPAN_NONE, "a closing parenthesis is expected here, or and, or or");
		return NULL;
	}
	parser->at++;
	return inner;
}

static struct query *take_and(struct parser *parser, unsigned depth)
{
	struct query *left = take_each(parser, depth);

	while (left && take_keyword(parser, SPAN("and"))) {
		struct query *right = take_each(parser, depth);

		left = right ? new_node(parser, QUERY_AND, left, right) : NULL;
	}
	return left;
}

static struct query *take_or(struct parser *parser, unsigned depth)
{
	struct query *left = take_and(parser, depth);

	while (left && take_keyword(parser, SPAN("or"))) {
		struct query *right = take_and(parser, depth);

		left = right ? new_node(parser, QUERY_OR, left, right) : NULL;
	}
	return left;
}

enum result query_read(struct span text, uint64_t wall_ns, struct arena *arena, struct complaints *complaints, struct query **out)
{
	struct parser parser = { .wall_ns = wall_ns, .arena = arena, .complaints = complaints };
	struct query *query;

	if (text.len > QUERY_MAX_BYTES) {
		FAIL(&parser, 0, SPAN_NONE, "the query is longer than %d bytes", QUERY_MAX_BYTES);
		return RESULT_LIMIT;
	}
	parser.text = arena_copy(arena, text);
	if (!parser.text.at)
		return RESULT_NO_MEMORY;
	skip_space(&parser);
	query = parser.at == parser.text.len ? new_node(&parser, QUERY_TRUE, NULL, NULL) : take_or(&parser, 1);
	skip_space(&parser);
	if (query && parser.at < parser.text.len)
		FAIL(&parser, parser.at, SPAN_NONE, "\"and\" or \"or\" is expected here");
	if (parser.failure != RESULT_OK)
		return parser.failure;
	*out = query;
	return RESULT_OK;
}

static enum result write_term(const struct query *term, struct buffer *out)
{
	static const char *const operators[] = { "=", "!=", "<", "<=", ">", ">=", "~" };
	enum result result = buffer_print(out, "%.*s%s\"", SPAN_ARG(term->name->full), operators[term->operator]);

	for (size_t i = 0; i < term->text.len && result == RESULT_OK; i++) {
		char c = term->text.at[i];

		if (c == '"' || c == '\\')
			result = buffer_append_byte(out, '\\');
		if (result == RESULT_OK)
			result = buffer_append_byte(out, c);
	}
	return result == RESULT_OK ? buffer_append_byte(out, '"') : result;
}

/* How tightly a kind binds: parentheses are written only around what binds less than its place asks. */
static unsigned binding(enum query_kind kind)
{
	return kind == QUERY_OR ? 1 : kind == QUERY_AND ? 2 : 3;
}

static enum result write_bound(const struct query *query, unsigned least, struct buffer *out);

static enum result write_pair(const struct query *query, struct buffer *out)
{
	unsigned own = binding(query->kind);
	enum result result = write_bound(query->left, own, out);

	if (result == RESULT_OK)
		result = buffer_append(out, query->kind == QUERY_AND ? SPAN(" and ") : SPAN(" or "));
	return result == RESULT_OK ? write_bound(query->right, own + 1, out) : result;
}

static enum result write_node(const struct query *query, struct buffer *out)
{
	enum result result;

	switch (query->kind) {
	case QUERY_AND:
	case QUERY_OR: return write_pair(query, out);
	case QUERY_NOT:
		result = buffer_append(out, SPAN("not "));
		return result == RESULT_OK ? write_bound(query->left, binding(QUERY_NOT), out) : result;
	case QUERY_TERM: return write_term(query, out);
	case QUERY_TRUE:
	default: return RESULT_OK;
	}
}

static enum result write_bound(const struct query *query, unsigned least, struct buffer *out)
{
	enum result result = RESULT_OK;

	if (binding(query->kind) >= least)
		return write_node(query, out);
	result = buffer_append_byte(out, '(');
	if (result == RESULT_OK)
		result = write_node(query, out);
	return result == RESULT_OK ? buffer_append_byte(out, ')') : result;
}

enum result query_write(const struct query *query, struct buffer *out)
{
	return write_bound(query, 0, out);
}
