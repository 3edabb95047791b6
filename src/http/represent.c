#include "http/represent.h"

#include "http/framing.h"
#include "message/scan.h"

#include "base/banned.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Without its end. The rest where nothing ends it. */
static struct span take_line(struct span *rest)
{
	struct span line = span_cut(rest, '\n');

	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* -- the first line -- */

static struct span first_word(struct span text)
{
	size_t len = 0;

	while (len < text.len && !is_blank(text.at[len]))
		len++;
	return span_take(text, len);
}

static struct span last_word(struct span text)
{
	size_t at = text.len;

	while (at && !is_blank(text.at[at - 1]))
		at--;
	return span_skip(text, at);
}

static void version_set(struct request_head *head, struct span word)
{
	head->version = span_equal(word, SPAN("HTTP/1.1")) ? HTTP_1_1 : HTTP_1_0;
	if (!span_equal(word, SPAN("HTTP/1.0")) && !span_equal(word, SPAN("HTTP/1.1")))
		head->version_text = word.at ? word : SPAN("");
}

static void path_set(struct request_head *head, struct span text)
{
	size_t mark = span_find(text, '?');

	head->path = span_take(text, mark);
	head->has_query = mark < text.len;
	head->query = head->has_query ? span_skip(text, mark + 1) : SPAN_NONE;
}

/* "http://host/path?query", the authority as it is. */
static bool has_origin(struct request_head *head, struct span *rest)
{
	size_t colon = span_find(head->target, ':'), end;
	struct span scheme = span_take(head->target, colon), text = span_skip(head->target, colon);

	if (!span_starts(text, SPAN("://")) || !(span_equal_nocase(scheme, SPAN("http")) || span_equal_nocase(scheme, SPAN("https"))))
		return false;
	text = span_skip(text, 3);
	for (end = 0; end < text.len && text.at[end] != '/' && text.at[end] != '?'; end++)
		;
	head->scheme = scheme;
	if (authority_read(span_take(text, end), &head->host, &head->port) == RESULT_OK)
		head->authority = span_take(text, end);
	*rest = span_skip(text, end);
	return true;
}

static void target_set(struct request_head *head, struct span target)
{
	struct span rest = target;

	head->target = target;
	if (!target.len || target.at[0] == '/' || !has_origin(head, &rest)) {
		path_set(head, target);
		return;
	}
	path_set(head, rest);
	if (!head->path.len)
		head->path = head->method == METHOD_OPTIONS && !head->has_query ? SPAN("*") : SPAN("/");
}

static void first_line_represent(struct span line, const struct http_limits *limits, struct request_head *head)
{
	struct span rest = span_trim(line), last;

	head->method_name = first_word(rest);
	head->method = method_of(head->method_name);
	rest = span_trim(span_skip(rest, head->method_name.len));
	last = last_word(rest);
	if (!span_starts_nocase(last, SPAN("HTTP/")) && last.len == rest.len)
		last = SPAN_NONE;
	version_set(head, last);
	target_set(head, span_take(span_trim(span_take(rest, rest.len - last.len)), limits->target_bytes));
}

/* -- fields -- */

/* Moves REST past the lines that go on with the value before them, and gives all of it: each end of a line and the blanks around
 * it are one space. Copied at once, however many lines there are. */
static struct span fold(struct arena *arena, struct span value, struct span *rest)
{
	const char *end = value.at + value.len;
	struct span whole;
	char *text, *to;

	while (rest->len && is_blank(rest->at[0])) {
		struct span line = take_line(rest);

		end = line.at + line.len;
	}
	if (end == value.at + value.len)
		return value;
	whole = span_make(value.at, (size_t)(end - value.at));
	text = to = arena_take(arena, whole.len);
	if (!text)
		return span_trim(whole);
	while (whole.len) {
		struct span part = span_trim(take_line(&whole));

		if (to > text && part.len)
			*to++ = ' ';
		to = part.len ? mempcpy(to, part.at, part.len) : to;
	}
	return span_make(text, (size_t)(to - text));
}

static bool is_field(struct span line, struct field *field)
{
	size_t colon = span_find(line, ':');
	struct span written = span_take(line, colon);

	if (colon == line.len)
		return false;
	field->name = span_trim(written);
	field->value = span_trim(span_skip(line, colon + 1));
	field->id = span_is_token(written) ? field_id_of(written) : FIELD_OTHER;
	return field->name.len != 0;
}

static void fields_represent(struct span rest, unsigned max, struct fields *fields)
{
	while (rest.len && fields->count < max) {
		struct span line = take_line(&rest), after = rest;
		struct field field;
		bool is_one = line.len && !is_blank(line.at[0]) && is_field(line, &field);

		if (!line.len)
			return;  /* the end of the head */
		if (is_one)
			field.value = fold(fields->arena, field.value, &after);
		if (is_one && fields_add(fields, field.id, field.name, field.value) != RESULT_OK)
			return;
		rest = after;
	}
}

void request_represent(struct span input, const struct http_limits *limits, struct request_head *head)
{
	struct span rest = span_take(input, limits->head_bytes), line;
	struct fields fields = head->fields;

	fields.count = 0;
	*head = (struct request_head){ .fields = fields };
	line = take_line(&rest);
	if (!line.len && rest.len)
		line = take_line(&rest);  /* one empty line is skipped, as ever */
	first_line_represent(line, limits, head);
	fields_represent(rest, limits->fields, &head->fields);
	request_host_represent(head);
}

bool request_is_all_there(struct span input, size_t *looked)
{
	struct span rest = span_skip(input, *looked);

	for (size_t at = span_find(rest, '\n'); at < rest.len; at = span_find(rest, '\n')) {
		rest = span_skip(rest, at);  /* at the end of a line: is what follows one without a byte? */
		*looked = (size_t)(rest.at - input.at);
		if (span_starts(rest, SPAN("\n\n")) || span_starts(rest, SPAN("\n\r\n")))
			return true;
		if (rest.len < 3)
			return false;
		rest = span_skip(rest, 1);
	}
	*looked = rest.len ? input.len : *looked;
	return false;
}
