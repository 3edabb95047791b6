/* The bytes of a stage. Both tools that this form was written for help a test along, each in its own way (Content-Type, Content-Length, a
 * form that nobody encoded): tests rely on it. */
#include "cli/rules/ftw/case.h"

#include <stdlib.h>

#include "base/encode.h"

#include "base/banned.h"

#define FIELDS_MAX 1000u
#define FORM_TYPE SPAN("application/x-www-form-urlencoded")

struct message {
	const struct ftw_input *input;
	struct ftw_field fields[FIELDS_MAX];
	unsigned count;
	struct buffer body, coded;
};

static const struct ftw_field *find(const struct message *message, struct span name)
{
	for (unsigned i = 0; i < message->count; i++) {
		if (span_equal_nocase(message->fields[i].name, name))
			return &message->fields[i];
	}
	return NULL;
}

static enum result add(struct message *message, struct span name, struct span value)
{
	if (message->count == FIELDS_MAX)
		return RESULT_LIMIT;
	message->fields[message->count++] = (struct ftw_field){ name, value };
	return RESULT_OK;
}

static int compare(const void *a, const void *b)
{
	const struct ftw_field *x = a, *y = b;

	return span_compare(x->name, y->name);
}

/* go-ftw sorts them by name, unless it is told their order. */
static enum result take_fields(struct message *message)
{
	const struct node *headers = message->input->headers;
	enum result result = RESULT_OK;

	if (!headers)
		return RESULT_OK;
	node_each(child, headers) {
		const struct node *name = headers->kind == NODE_LIST ? node_find(child, SPAN("name")) : child->key;
		const struct node *value = headers->kind == NODE_LIST ? node_find(child, SPAN("value")) : child;

		if (result == RESULT_OK)
			result = add(message, name->text, value->text);
	}
	if (message->input->is_go && headers->kind == NODE_MAPPING)
		qsort(message->fields, message->count, sizeof(message->fields[0]), compare);
	return result;
}

/* -- templates -- */

/* "x" with \n, \r, \t, \" and \\ in it, taken off the front of REST. */
static bool take_quoted(struct span *rest, struct buffer *out)
{
	size_t at = 1;

	if (!rest->len || rest->at[0] != '"')
		return false;
	for (; at < rest->len && rest->at[at] != '"'; at++) {
		char c = rest->at[at];

		if (c == '\\' && at + 1 < rest->len) {
			c = rest->at[++at];
			c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
		}
		if (buffer_append_byte(out, c) != RESULT_OK)
			return false;
	}
	if (at == rest->len)
		return false;
	*rest = span_trim(span_skip(*rest, at + 1));
	return true;
}

static bool take_count(struct span *rest, uint64_t *count)
{
	size_t len = 0;
	struct span digits;

	while (len < rest->len && is_digit(rest->at[len]))
		len++;
	digits = span_take(*rest, len);
	*rest = span_trim(span_skip(*rest, len));
	return span_to_u64(digits, FTW_REQUEST_BYTES_MAX, count) == RESULT_OK;
}

/* `"x" | repeat 3`, `repeat 3 "x"`. False: anything else. */
static bool read_repeat(struct span inside, struct buffer *text, uint64_t *count)
{
	struct span rest = span_trim(inside);

	if (span_starts(rest, SPAN("repeat "))) {
		rest = span_trim(span_skip(rest, 7));
		return take_count(&rest, count) && take_quoted(&rest, text) && !rest.len;
	}
	if (!take_quoted(&rest, text) || !span_starts(rest, SPAN("|")))
		return false;
	rest = span_trim(span_skip(rest, 1));
	if (!span_starts(rest, SPAN("repeat ")))
		return false;
	rest = span_trim(span_skip(rest, 7));
	return take_count(&rest, count) && !rest.len;
}

/* Position of MARK in TEXT, or TEXT's length. */
static size_t position(struct span text, const char *mark)
{
	const char *at = text.len ? memmem(text.at, text.len, mark, 2) : NULL;

	return at ? (size_t)(at - text.at) : text.len;
}

static enum result expand_one(struct span inside, struct buffer *out)
{
	struct buffer text;
	uint64_t count = 0;
	enum result result = RESULT_MALFORMED;

	buffer_init(&text, FTW_REQUEST_BYTES_MAX);
	if (read_repeat(inside, &text, &count))
		result = count * buffer_len(&text) > FTW_REQUEST_BYTES_MAX ? RESULT_LIMIT : RESULT_OK;
	for (uint64_t i = 0; i < count && result == RESULT_OK; i++)
		result = buffer_append(out, buffer_span(&text));
	buffer_done(&text);
	return result;
}

/* go-ftw's bodies are templates; what is none of those above stays as it is. */
static enum result expand(struct span text, struct buffer *out)
{
	enum result result = RESULT_OK;

	while (text.len && result == RESULT_OK) {
		size_t open = position(text, "{{"), close = position(span_skip(text, open), "}}");
		struct span inside = span_skip(span_take(span_skip(text, open), close), 2);

		result = buffer_append(out, span_take(text, open));
		text = span_skip(text, open);
		if (!text.len || result != RESULT_OK)
			break;
		result = close < text.len ? expand_one(inside, out) : RESULT_MALFORMED;
		if (result == RESULT_MALFORMED) {
			result = buffer_append(out, SPAN("{{"));
			text = span_skip(text, 2);
			continue;
		}
		text = span_skip(text, close + 2);
	}
	return result;
}

/* -- the body -- */

/* Base64 in lines. */
static enum result decode(struct span text, struct buffer *out)
{
	struct buffer digits;
	enum result result = RESULT_OK;

	buffer_init(&digits, 2 * FTW_REQUEST_BYTES_MAX);
	for (size_t i = 0; i < text.len && result == RESULT_OK; i++) {
		if (text.at[i] != '\n' && text.at[i] != '\r' && text.at[i] != ' ')
			result = buffer_append_byte(&digits, text.at[i]);
	}
	if (result == RESULT_OK)
		result = base64_read(buffer_span(&digits), out);
	buffer_done(&digits);
	return result;
}

static enum result take_body(struct message *message)
{
	const struct ftw_input *input = message->input;
	enum result result = RESULT_OK;
	bool is_first = true;

	if (!input->data)
		return input->encoded_data.len ? decode(input->encoded_data, &message->body) : RESULT_OK;
	if (input->data->kind == NODE_SCALAR)
		return input->is_go ? expand(input->data->text, &message->body) : buffer_append(&message->body, input->data->text);
	node_each(line, input->data) {
		if (result == RESULT_OK && !is_first)
			result = buffer_append(&message->body, SPAN("\r\n"));
		if (result == RESULT_OK)
			result = input->is_go ? expand(line->text, &message->body) : buffer_append(&message->body, line->text);
		is_first = false;
	}
	return result;
}

static enum result append_coded(struct span text, bool is_decoded, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < text.len && result == RESULT_OK; i++) {
		char c = text.at[i];

		c = is_decoded && c == '+' ? ' ' : c;
		if (is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || strchr("_.-~", c))
			result = c ? buffer_append_byte(out, c) : buffer_print(out, "%%00");
		else
			result = c == ' ' ? buffer_append_byte(out, '+') : buffer_print(out, "%%%02X", (unsigned)(unsigned char)c);
	}
	return result;
}

static bool has_escape(struct span text)
{
	for (size_t i = 0; i + 2 < text.len; i++) {
		if (text.at[i] == '%' && hex_digit(text.at[i + 1]) >= 0 && hex_digit(text.at[i + 2]) >= 0)
			return true;
	}
	return false;
}

/* python-ftw: a form that holds no escape is taken apart, pairs without a value left out, and put together anew. */
static enum result code_pairs(struct span rest, struct buffer *out)
{
	enum result result = RESULT_OK;

	while (rest.len && result == RESULT_OK) {
		struct span value = span_cut(&rest, '&'), name;
		bool is_pair = span_find(value, '=') + 1 < value.len;

		name = span_cut(&value, '=');
		if (!is_pair)
			continue;
		if (buffer_len(out))
			result = buffer_append_byte(out, '&');
		if (result == RESULT_OK)
			result = append_coded(name, true, out);
		if (result == RESULT_OK)
			result = buffer_append_byte(out, '=');
		if (result == RESULT_OK)
			result = append_coded(value, true, out);
	}
	return result;
}

/* go-ftw: what holds no escape and no plus is escaped, & and the first = of a pair kept. */
static enum result code_tokens(struct span rest, struct buffer *out)
{
	enum result result = RESULT_OK;

	while (rest.len && result == RESULT_OK) {
		struct span value = span_cut(&rest, '&'), name;
		bool has_value = span_find(value, '=') < value.len;

		name = span_cut(&value, '=');
		if (buffer_len(out))
			result = buffer_append_byte(out, '&');
		if (result == RESULT_OK)
			result = append_coded(name, false, out);
		if (result == RESULT_OK && has_value)
			result = buffer_append_byte(out, '=');
		if (result == RESULT_OK && has_value)
			result = append_coded(value, false, out);
	}
	return result;
}

static enum result code_form(struct message *message)
{
	struct span body = buffer_span(&message->body);
	bool is_go = message->input->is_go;
	bool is_plain = is_go ? span_find(body, '%') == body.len && span_find(body, '+') == body.len : !has_escape(body);
	enum result result;

	if (!is_plain)
		return RESULT_OK;
	result = is_go ? code_tokens(body, &message->coded) : code_pairs(body, &message->coded);
	if (result == RESULT_OK && buffer_len(&message->coded)) {
		buffer_reset(&message->body);
		result = buffer_append(&message->body, buffer_span(&message->coded));
	}
	return result;
}

/* go-ftw: parts of a multipart body are written with LF, and sent with CRLF. */
static enum result end_lines(struct message *message)
{
	struct span rest = buffer_span(&message->body);
	enum result result = RESULT_OK;

	buffer_reset(&message->coded);
	while (rest.len && result == RESULT_OK) {
		bool has_end = span_find(rest, '\n') < rest.len;

		result = buffer_append(&message->coded, span_cut(&rest, '\n'));
		if (result == RESULT_OK && has_end)
			result = buffer_append(&message->coded, SPAN("\r\n"));
	}
	buffer_reset(&message->body);
	return result == RESULT_OK ? buffer_append(&message->body, buffer_span(&message->coded)) : result;
}

static enum result complete(struct message *message, char length[DECIMAL_MAX])
{
	const struct ftw_input *input = message->input;
	static const struct span with_body[] = { SPAN_INIT("POST"), SPAN_INIT("PUT"), SPAN_INIT("PATCH"), SPAN_INIT("DELETE") };
	bool wants_length = buffer_len(&message->body) > 0;
	enum result result = RESULT_OK;

	for (size_t i = 0; input->is_go && i < 4; i++)
		wants_length |= span_equal(input->method, with_body[i]);
	if (input->is_go && !find(message, SPAN("Connection")))
		result = add(message, SPAN("Connection"), SPAN("close"));
	if (result == RESULT_OK && wants_length && !find(message, SPAN("Content-Length")))
		result = add(message, SPAN("Content-Length"), span_make(length, decimal_write(buffer_len(&message->body), length)));
	return result;
}

static enum result shape_body(struct message *message)
{
	const struct ftw_input *input = message->input;
	const struct ftw_field *type = find(message, SPAN("Content-Type"));
	enum result result = RESULT_OK;

	if (buffer_len(&message->body) && input->autocompletes) {
		if (!type)
			result = add(message, SPAN("Content-Type"), FORM_TYPE);
		if (result == RESULT_OK && (!type || span_equal_nocase(type->value, FORM_TYPE)))
			result = code_form(message);
	}
	if (result == RESULT_OK && input->is_go && type && span_contains(type->value, SPAN("multipart/form-data;")))
		result = end_lines(message);
	return result;
}

static enum result write_message(const struct message *message, struct buffer *out)
{
	const struct ftw_input *input = message->input;
	enum result result = buffer_print(out, "%.*s %.*s %.*s\r\n", SPAN_ARG(input->method), SPAN_ARG(input->uri), SPAN_ARG(input->version));

	for (unsigned i = 0; i < message->count && result == RESULT_OK; i++)
		result = buffer_print(out, "%.*s: %.*s\r\n", SPAN_ARG(message->fields[i].name), SPAN_ARG(message->fields[i].value));
	if (result == RESULT_OK)
		result = buffer_append(out, SPAN("\r\n"));
	return result == RESULT_OK ? buffer_append(out, buffer_span(&message->body)) : result;
}

/* \r, \n, \t, \\ and \xHH. */
static enum result write_raw(struct span text, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < text.len && result == RESULT_OK; i++) {
		char c = text.at[i];
		int high, low;

		if (c == '\\' && i + 1 < text.len) {
			c = text.at[++i];
			high = c == 'x' && i + 2 < text.len ? hex_digit(text.at[i + 1]) : -1;
			low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;
			i += low >= 0 ? 2 : 0;
			c = low >= 0 ? (char)(high * 16 + low) : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
		}
		result = buffer_append_byte(out, c);
	}
	return result;
}

enum result ftw_request_write(const struct ftw_input *input, struct buffer *out)
{
	struct message *message;
	char length[DECIMAL_MAX];
	enum result result;

	if (input->encoded_request.len)
		return decode(input->encoded_request, out);
	if (input->raw_request.len)
		return write_raw(input->raw_request, out);
	message = calloc(1, sizeof(*message));
	if (!message)
		return RESULT_NO_MEMORY;
	message->input = input;
	buffer_init(&message->body, FTW_REQUEST_BYTES_MAX);
	buffer_init(&message->coded, 3 * FTW_REQUEST_BYTES_MAX);
	result = take_fields(message);
	if (result == RESULT_OK)
		result = take_body(message);
	if (result == RESULT_OK)
		result = shape_body(message);
	if (result == RESULT_OK && input->autocompletes)
		result = complete(message, length);
	if (result == RESULT_OK)
		result = write_message(message, out);
	buffer_done(&message->body);
	buffer_done(&message->coded);
	free(message);
	return result;
}
