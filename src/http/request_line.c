#include "http/request_line.h"

#include "http/field_line.h"
#include "http/head_reader.h"
#include "message/scan.h"

#include "base/banned.h"

#define VERSION_BYTES 8  /* "HTTP/1.1" */

static enum result malformed(enum http_fault *fault, enum http_fault reason)
{
	*fault = reason;
	return RESULT_MALFORMED;
}

/* The end of a window of at most MAX + 1 bytes, so that one byte too many is seen and no more is looked at. */
static const char *window_end(const char *at, const char *end, size_t max)
{
	return (size_t)(end - at) > max ? at + max + 1 : end;
}

/* "HTTP/" DIGIT "." DIGIT of another number than ours, or not a version at all. */
static enum http_fault version_fault(const char *at)
{
	return memcmp(at, "HTTP/", 5) == 0 && is_digit(at[5]) && at[6] == '.' && is_digit(at[7])
	       ? HTTP_FAULT_VERSION : HTTP_FAULT_REQUEST_LINE;
}

static enum result version_read(const char **at, const char *end, enum http_version *version, enum http_fault *fault)
{
	const char *stop = scan_text(*at, window_end(*at, end, VERSION_BYTES));

	if (stop - *at > VERSION_BYTES)
		return malformed(fault, HTTP_FAULT_REQUEST_LINE);
	if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n')
		return line_fault(stop, end, HTTP_FAULT_REQUEST_LINE, fault);
	if (stop - *at != VERSION_BYTES)
		return malformed(fault, HTTP_FAULT_REQUEST_LINE);
	if (memcmp(*at, "HTTP/1.1", VERSION_BYTES) == 0)
		*version = HTTP_1_1;
	else if (memcmp(*at, "HTTP/1.0", VERSION_BYTES) == 0)
		*version = HTTP_1_0;
	else
		return malformed(fault, version_fault(*at));
	*at = stop + 2;
	return RESULT_OK;
}

/* A robust server skips one empty line, which some clients send after a body. */
static const char *skip_empty_line(const char *at, const char *end)
{
	return end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? at + 2 : at;
}

enum result request_line_read(const char **at, const char *end, size_t target_max, struct request_head *head,
                              enum http_fault *fault)
{
	const char *method = skip_empty_line(*at, end), *target, *version;
	const char *stop = scan_token(method, window_end(method, end, METHOD_BYTES_MAX));
	enum result result;

	if (stop - method > METHOD_BYTES_MAX)
		return malformed(fault, HTTP_FAULT_METHOD);
	if (stop == end || *stop != ' ' || stop == method) {
		bool is_method = stop < end && *stop != ' ' && *stop != '\r';

		return line_fault(stop, end, is_method ? HTTP_FAULT_METHOD : HTTP_FAULT_REQUEST_LINE, fault);
	}
	head->method_name = span_make(method, (size_t)(stop - method));
	head->method = method_of(head->method_name);

	target = stop + 1;
	stop = scan_target(target, window_end(target, end, target_max));
	if ((size_t)(stop - target) > target_max)
		return malformed(fault, HTTP_FAULT_TARGET_LONG);
	if (stop == end || *stop != ' ' || stop == target) {
		bool is_target = stop < end && *stop != ' ' && *stop != '\r';

		return line_fault(stop, end, is_target ? HTTP_FAULT_TARGET : HTTP_FAULT_REQUEST_LINE, fault);
	}
	head->target = span_make(target, (size_t)(stop - target));

	version = stop + 1;
	result = version_read(&version, end, &head->version, fault);
	if (result == RESULT_OK)
		*at = version;
	return result;
}

static void path_split(struct request_head *head, struct span text)
{
	size_t mark = span_find(text, '?');

	head->path = span_take(text, mark);
	head->has_query = mark < text.len;
	head->query = head->has_query ? span_skip(text, mark + 1) : SPAN_NONE;
}

/* RFC 9112, section 3.2.2; without a path it is "/", and "*" for OPTIONS without a query (3.2.4). */
static enum result absolute_split(struct request_head *head, enum http_fault *fault)
{
	size_t colon = span_find(head->target, ':');
	struct span scheme = span_take(head->target, colon), rest = span_skip(head->target, colon), authority;
	size_t len = 3;

	if (!span_starts(rest, SPAN("://")) ||
	    !(span_equal_nocase(scheme, SPAN("http")) || span_equal_nocase(scheme, SPAN("https"))))
		return malformed(fault, HTTP_FAULT_TARGET_FORM);
	while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?')
		len++;
	authority = span_make(rest.at + 3, len - 3);
	if (authority_read(authority, &head->host, &head->port) != RESULT_OK)
		return malformed(fault, HTTP_FAULT_HOST_INVALID);
	head->scheme = scheme;
	head->authority = authority;
	path_split(head, span_skip(rest, len));
	if (head->path.len == 0)
		head->path = head->method == METHOD_OPTIONS && !head->has_query ? SPAN("*") : SPAN("/");
	return RESULT_OK;
}

enum result request_target_split(struct request_head *head, enum http_fault *fault)
{
	if (head->method == METHOD_CONNECT)
		return malformed(fault, HTTP_FAULT_CONNECT);
	if (head->target.at[0] == '/') {
		path_split(head, head->target);
		return RESULT_OK;
	}
	if (!span_equal(head->target, SPAN("*")))
		return absolute_split(head, fault);
	if (head->method != METHOD_OPTIONS)
		return malformed(fault, HTTP_FAULT_TARGET_FORM);
	head->path = head->target;
	return RESULT_OK;
}
