#include "http/head_reader.h"

#include "http/field_line.h"
#include "http/framing.h"
#include "http/request_line.h"
#include "http/status_line.h"
#include "message/scan.h"

#include "base/banned.h"

/* A head mostly comes in one piece, so the first look reads it straight away. When it was not all there, later looks only
 * search the new bytes for what ends it (the empty line, or a control byte that is a fault), and it is read again from
 * its start then: no byte is looked at more than three times, however many pieces it comes in. */
static bool is_decided(struct head_reader *reader, struct span input, size_t line_max)
{
	const char *at = input.at + reader->looked, *end = input.at + input.len;

	for (;;) {
		at = scan_text(at, end);
		if (end - at < 2 || at[0] != '\r' || at[1] != '\n')
			break;
		if (at > input.at && at[-1] == '\n')
			return true;
		reader->has_line |= at > input.at;
		at += 2;
	}
	reader->looked = (size_t)(at - input.at);
	return (at < end && (*at != '\r' || end - at > 1)) || (!reader->has_line && input.len > line_max);
}

/* The bytes of INPUT hold no end of the head; a CR at its end may begin it. */
static enum result wait_more(struct head_reader *reader, struct span input, bool has_line)
{
	reader->looked = input.len - (input.at[input.len - 1] == '\r');
	reader->has_line = has_line;
	return RESULT_MORE;
}

static size_t request_line_max(const struct http_limits *limits)
{
	return limits->target_bytes < SIZE_MAX - REQUEST_LINE_EXTRA ? limits->target_bytes + REQUEST_LINE_EXTRA : SIZE_MAX;
}

/* Nothing but the memory of its list. Also when more is to come: the input may move, and spans into it would dangle. */
static void request_clear(struct request_head *head)
{
	struct fields fields = head->fields;

	fields.count = 0;
	*head = (struct request_head){ .fields = fields };
}

static enum result request_parse(const char **at, const char *end, const struct http_limits *limits,
                                 struct request_head *head, bool *has_line, enum http_fault *fault)
{
	enum result result = request_line_read(at, end, limits->target_bytes, head, fault);

	*has_line = result == RESULT_OK;
	if (result == RESULT_OK)
		result = request_target_split(head, fault);
	if (result == RESULT_OK)
		result = field_lines_read(at, end, limits->fields, &head->fields, fault);
	if (result == RESULT_OK)
		result = request_framing_read(head, limits, fault);
	return result;
}

enum result request_head_read(struct head_reader *reader, struct span input, const struct http_limits *limits,
                              struct request_head *head, size_t *used, enum http_fault *fault)
{
	struct span window = span_take(input, limits->head_bytes);
	bool is_full = window.len == limits->head_bytes, has_line;
	const char *at = window.at;
	enum result result;

	if (input.len == 0)
		return RESULT_MORE;
	if (reader->looked && !is_decided(reader, window, request_line_max(limits)) && !is_full)
		return RESULT_MORE;
	request_clear(head);
	result = request_parse(&at, window.at + window.len, limits, head, &has_line, fault);
	if (result == RESULT_MORE && !is_full) {
		request_clear(head);
		return wait_more(reader, window, has_line);
	}
	if (result == RESULT_OK) {
		*used = (size_t)(at - window.at);
		return RESULT_OK;
	}
	if (result == RESULT_MORE)
		*fault = has_line ? HTTP_FAULT_HEAD_LONG : HTTP_FAULT_TARGET_LONG;
	request_host_represent(head);
	return RESULT_MALFORMED;
}

static void response_clear(struct response_head *head)
{
	struct fields fields = head->fields;

	fields.count = 0;
	*head = (struct response_head){ .fields = fields };
}

static enum result response_parse(const char **at, const char *end, const struct http_limits *limits, enum method method,
                                  struct response_head *head, enum http_fault *fault)
{
	enum result result = status_line_read(at, end, head, fault);

	if (result == RESULT_OK)
		result = field_lines_read(at, end, limits->fields, &head->fields, fault);
	if (result == RESULT_OK)
		result = response_framing_read(head, limits, method, fault);
	return result;
}

enum result response_head_read(struct head_reader *reader, struct span input, const struct http_limits *limits,
                               enum method method, struct response_head *head, size_t *used, enum http_fault *fault)
{
	struct span window = span_take(input, limits->head_bytes);
	bool is_full = window.len == limits->head_bytes;
	const char *at = window.at;
	enum result result;

	if (input.len == 0)
		return RESULT_MORE;
	if (reader->looked && !is_decided(reader, window, SIZE_MAX) && !is_full)
		return RESULT_MORE;
	response_clear(head);
	result = response_parse(&at, window.at + window.len, limits, method, head, fault);
	if (result == RESULT_MORE && !is_full) {
		response_clear(head);
		return wait_more(reader, window, true);
	}
	if (result == RESULT_OK) {
		*used = (size_t)(at - window.at);
		return RESULT_OK;
	}
	if (result == RESULT_MORE)
		*fault = HTTP_FAULT_HEAD_LONG;
	return RESULT_MALFORMED;
}
