/* Groups. Source: pcre2pattern(3), "Groups" to "Assertions", "Comments", "Recursive patterns". */
#include "waf/prefilter/pattern_reader.h"
#include "base/banned.h"

static void close_read(struct pattern_reader *reader)
{
	if (pattern_peek(reader, 0) != ')')
		pattern_fail(reader, RESULT_NOT_FOUND);
	else
		reader->at++;
}

static struct pattern_node *body_read(struct pattern_reader *reader, size_t skipped)
{
	struct pattern_node *node;

	reader->at += skipped;
	node = pattern_branches_read(reader);
	close_read(reader);
	return reader->result == RESULT_OK ? node : NULL;
}

static struct pattern_node *look_read(struct pattern_reader *reader, size_t skipped, bool is_positive)
{
	struct pattern_node *body = body_read(reader, skipped), *node;

	if (!body)
		return NULL;
	node = pattern_node_new(reader, is_positive ? NODE_LOOK : NODE_EMPTY);
	if (node && is_positive)
		node->child = body;
	return node;
}

static bool is_name_byte(int c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void name_read(struct pattern_reader *reader, int close)
{
	while (is_name_byte(pattern_peek(reader, 0)))
		reader->at++;
	if (pattern_peek(reader, 0) != close)
		pattern_fail(reader, RESULT_NOT_FOUND);
	else
		reader->at++;
}

/* "(?P=name)" "(?P>name)" "(?R)" "(?-1)" "(?&name)": what they match is not followed. */
static struct pattern_node *call_read(struct pattern_reader *reader, size_t skipped)
{
	reader->at += skipped;
	name_read(reader, ')');
	return reader->result == RESULT_OK ? pattern_node_new(reader, NODE_ANY) : NULL;
}

static struct pattern_node *named_read(struct pattern_reader *reader, size_t skipped, int close)
{
	reader->at += skipped;
	name_read(reader, close);
	return body_read(reader, 0);
}

/* "(?i)" "(?^s-x:...)". Of all options only x says how to read; it holds to the end of the group around. */
static struct pattern_node *options_read(struct pattern_reader *reader)
{
	bool was_extended = reader->is_extended, is_off = false;
	struct pattern_node *node;
	int c, last = 0;

	for (reader->at += 2; (c = pattern_peek(reader, 0)) != ')' && c != ':'; last = c, reader->at++) {
		if (c <= 0 || !strchr("imsnxJU-^", c) || (c == '^' && last) || (c == '-' && is_off) || (c == 'x' && last == 'x')) {
			pattern_fail(reader, RESULT_NOT_FOUND);  /* (?xx) reads classes in another way */
			return NULL;
		}
		is_off |= c == '-';
		if (c == '^')
			reader->is_extended = false;
		if (c == 'x')
			reader->is_extended = !is_off;
	}
	reader->at++;
	if (c == ')')
		return NULL;
	node = body_read(reader, 0);
	reader->is_extended = was_extended;
	return node;
}

/* "(?<": a look-behind or a name. "(?P": a name, a reference or a call. */
static struct pattern_node *angle_read(struct pattern_reader *reader)
{
	int c = pattern_peek(reader, 3);

	if (c == '=' || c == '!')
		return look_read(reader, 4, c == '=');
	return named_read(reader, 3, '>');
}

static struct pattern_node *p_read(struct pattern_reader *reader)
{
	int c = pattern_peek(reader, 3);

	if (c == '<')
		return named_read(reader, 4, '>');
	if (c == '=' || c == '>')
		return call_read(reader, 4);
	pattern_fail(reader, RESULT_NOT_FOUND);
	return NULL;
}

struct pattern_node *pattern_group_read(struct pattern_reader *reader)
{
	int c = pattern_peek(reader, 2), next = pattern_peek(reader, 3);

	if (pattern_peek(reader, 1) == '*') {  /* verbs; (*ACCEPT) makes what follows needless */
		pattern_fail(reader, RESULT_NOT_FOUND);
		return NULL;
	}
	if (pattern_peek(reader, 1) != '?')
		return body_read(reader, 1);
	switch (c) {
	case ':': case '|': case '>':
		return body_read(reader, 3);
	case '=': case '!':
		return look_read(reader, 3, c == '=');
	case '<':
		return angle_read(reader);
	case '\'':
		return named_read(reader, 3, '\'');
	case 'P':
		return p_read(reader);
	case 'R':
		return call_read(reader, 3);
	case '&':
		return call_read(reader, 3);
	case '+': case '-':
		if (next >= '0' && next <= '9')
			return call_read(reader, 3);
		break;
	default:
		if (c >= '0' && c <= '9')
			return call_read(reader, 2);
		break;
	}
	return options_read(reader);  /* conditions, callouts and what comes later fail there */
}
