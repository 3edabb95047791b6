/* Content-Disposition of a part: form-data, and of its parameters "name" and "filename" only, each once. filename*, RFC 2231's
 * pieces and other cases are refused: parsers disagree about them. */
#include "waf/body/multipart.h"

#include "base/banned.h"

struct cursor {
	const char *at, *end;
};

static void skip_blanks(struct cursor *cursor)
{
	while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
		cursor->at++;
}

static bool is_over(const struct cursor *cursor)
{
	return cursor->at == cursor->end;
}

/* RFC 2616's token, which had braces. */
static bool is_token_byte(char c)
{
	return c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

/* Behind the opening QUOTE. The unescaped text goes to OUT, which has room for all of it. */
static int read_quoted(struct cursor *cursor, char quote, char *out, size_t *len)
{
	for (; !is_over(cursor) && *cursor->at != quote; cursor->at++) {
		if (*cursor->at == '\\') {
			if (cursor->end - cursor->at == 1)
				return -8;
			/* Internet Explorer sent whole paths, unescaped: only quotes and backslashes are escaped. */
			if (cursor->at[1] == quote || cursor->at[1] == '\\')
				cursor->at++;
		}
		out[(*len)++] = *cursor->at;
	}
	if (is_over(cursor))
		return -10;
	cursor->at++;
	return 0;
}

static int read_value(struct multipart *form, struct cursor *cursor, char *out, size_t *len)
{
	char quote = *cursor->at;

	if (quote == '\'')
		reader_flag(&form->base, BODY_FLAG_INVALID_QUOTING);
	if (quote == '"' || quote == '\'') {
		cursor->at++;
		return is_over(cursor) ? -7 : read_quoted(cursor, quote, out, len);
	}
	for (; !is_over(cursor) && is_token_byte(*cursor->at); cursor->at++)
		out[(*len)++] = *cursor->at;
	return 0;
}

static int keep(struct multipart *form, struct span name, struct span value, bool is_quoted)
{
	bool is_name = span_equal(name, SPAN("name"));
	struct body_part *part = &form->part;

	if (!is_name && !span_equal(name, SPAN("filename")))
		return -11;
	if (!is_quoted && span_find(value, '\'') < value.len)
		reader_flag(&form->base, BODY_FLAG_INVALID_QUOTING);
	if (is_name) {
		if (part->name.at)
			return -14;
		part->name = value;
		return 0;
	}
	if (part->is_file)
		return -15;
	part->filename = value;
	part->is_file = true;
	return 0;
}

/* Between parameters. */
static int read_separator(struct multipart *form, struct cursor *cursor)
{
	skip_blanks(cursor);
	if (is_over(cursor))
		return 0;
	if (*cursor->at != ';') {
		if (cursor->at[-1] == '"' || cursor->at[-1] == '\'')
			reader_flag(&form->base, BODY_FLAG_INVALID_QUOTING);
		return -12;
	}
	cursor->at++;
	return 0;
}

static int read_parameter(struct multipart *form, struct cursor *cursor)
{
	struct span name;
	bool is_quoted;
	size_t len = 0;
	char *out;
	int fault;

	skip_blanks(cursor);
	if (is_over(cursor))
		return -3;
	name = span_make(cursor->at, 0);
	while (!is_over(cursor) && *cursor->at != '=' && *cursor->at != ' ' && *cursor->at != '\t')
		cursor->at++;
	if (is_over(cursor))
		return -4;
	name.len = (size_t)(cursor->at - name.at);
	skip_blanks(cursor);
	if (is_over(cursor))
		return -5;
	if (*cursor->at++ != '=')
		return -13;
	skip_blanks(cursor);
	if (is_over(cursor))
		return -6;
	out = form->names.bytes + form->names.end;  /* room was made for the whole header */
	is_quoted = *cursor->at == '"' || *cursor->at == '\'';
	fault = read_value(form, cursor, out, &len);
	if (fault)
		return fault;
	buffer_commit(&form->names, len);
	fault = keep(form, name, span_make(out, len), is_quoted);
	return fault ? fault : read_separator(form, cursor);
}

int multipart_read_disposition(struct multipart *form, struct span value)
{
	struct cursor cursor = { value.at, value.at + value.len };
	int fault = 0;

	if (!span_starts(value, SPAN("form-data")))
		return -1;
	if (!buffer_reserve(&form->names, value.len))
		return -20;
	cursor.at += 9;
	skip_blanks(&cursor);
	if (is_over(&cursor))
		return 0;
	if (*cursor.at++ != ';')
		return -2;
	while (!fault && !is_over(&cursor))
		fault = read_parameter(form, &cursor);
	return fault;
}
