/* Variables that are one value, or none: REQUEST_URI, REMOTE_ADDR, TIME ... */
#include <time.h>

#include "base/clock.h"
#include "waf/transaction.h"

#include "base/banned.h"

static enum result number(struct waf_transaction *transaction, uint64_t value, struct span *out)
{
	char digits[DECIMAL_MAX];

	*out = arena_copy(&transaction->arena, span_make(digits, decimal_write(value, digits)));
	return out->at ? RESULT_OK : RESULT_NO_MEMORY;
}

static enum result text(struct waf_transaction *transaction, const char *bytes, struct span *out)
{
	*out = arena_copy(&transaction->arena, span_of(bytes));
	return out->at ? RESULT_OK : RESULT_NO_MEMORY;
}

static enum result here(struct span span, struct span *out)
{
	*out = span;
	return RESULT_OK;
}

static enum result flag(bool is_set, struct span *out)
{
	return here(is_set ? SPAN("1") : SPAN("0"), out);
}

static struct span protocol_of(enum http_version version)
{
	return version == HTTP_1_0 ? SPAN("HTTP/1.0") : version == HTTP_2 ? SPAN("HTTP/2.0") : SPAN("HTTP/1.1");
}

/* Without scheme and host, if it came with them. */
static struct span uri_of(const struct request_head *head)
{
	if (head->has_query && head->path.len && head->query.at == head->path.at + head->path.len + 1)
		return span_make(head->path.at, head->path.len + 1 + head->query.len);
	return head->scheme.len || !head->target.len ? head->path : head->target;
}

static struct span basename_of(struct span path)
{
	for (size_t i = path.len; i; i--) {
		if (path.at[i - 1] == '/' || path.at[i - 1] == '\\')
			return span_skip(path, i);
	}
	return path;
}

static int hex_of(char c)
{
	return is_digit(c) ? c - '0' : ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f' ? ascii_lower(c) - 'a' + 10 : -1;
}

/* From phase 2 on 2.9.7 sees the path as Apache has decoded it, once. Its dots are left here: Apache resolves them, and hides
 * them from the rules. */
static enum result filename(struct waf_transaction *transaction, struct span *out)
{
	struct span path = transaction->head->path;
	size_t len = 0;
	char *at;

	*out = path;
	if (transaction->walk.phase < 2 || span_find(path, '%') == path.len)
		return RESULT_OK;
	at = arena_take(&transaction->arena, path.len);
	if (!at)
		return RESULT_NO_MEMORY;
	*out = span_make(at, 0);
	for (size_t i = 0; i < path.len; i++) {
		bool is_escape = path.at[i] == '%' && i + 2 < path.len && hex_of(path.at[i + 1]) >= 0 && hex_of(path.at[i + 2]) >= 0;

		char byte = path.at[i];

		if (is_escape) {
			byte = (char)(hex_of(path.at[i + 1]) * 16 + hex_of(path.at[i + 2]));
			i += 2;
		}
		at[len++] = byte;
	}
	out->len = len;
	return RESULT_OK;
}

static enum result base_name(struct waf_transaction *transaction, struct span *out)
{
	enum result result = filename(transaction, out);

	if (result == RESULT_OK)
		*out = basename_of(*out);
	return result;
}

static enum result request_line(struct waf_transaction *transaction, struct span *out)
{
	const struct request_head *head = transaction->head;
	struct span version = protocol_of(head->version);
	size_t len = head->method_name.len + head->target.len + version.len + 2;
	char *at = arena_take(&transaction->arena, len);

	if (!at)
		return RESULT_NO_MEMORY;
	*out = span_make(at, len);
	memcpy(at, head->method_name.at, head->method_name.len);
	at += head->method_name.len;
	*at++ = ' ';
	if (head->target.len)
		memcpy(at, head->target.at, head->target.len);
	at += head->target.len;
	*at++ = ' ';
	memcpy(at, version.at, version.len);
	return RESULT_OK;
}

static enum result address_text(struct waf_transaction *transaction, const struct address *address, struct span *out)
{
	char bytes[ADDRESS_TEXT_MAX];

	address_write(address, bytes);
	return text(transaction, bytes, out);
}

static enum result get_request(struct waf_transaction *transaction, enum variable variable, struct span *out)
{
	const struct request_head *head = transaction->head;
	const struct field *field;

	switch ((int)variable) {
	case VARIABLE_REQUEST_METHOD:
		return here(head->method_name, out);
	case VARIABLE_REQUEST_URI:
		return here(uri_of(head), out);
	case VARIABLE_REQUEST_URI_RAW:
		return here(head->target, out);
	case VARIABLE_REQUEST_FILENAME:
	case VARIABLE_SCRIPT_FILENAME:
		return filename(transaction, out);
	case VARIABLE_REQUEST_BASENAME:
	case VARIABLE_SCRIPT_BASENAME:
		return base_name(transaction, out);
	case VARIABLE_REQUEST_LINE:
		return request_line(transaction, out);
	case VARIABLE_REQUEST_PROTOCOL:
		return here(protocol_of(head->version), out);
	case VARIABLE_QUERY_STRING:
		return here(head->has_query ? head->query : SPAN(""), out);
	case VARIABLE_SERVER_NAME:
		return here(head->host, out);
	case VARIABLE_AUTH_TYPE:
		field = fields_find(&head->fields, FIELD_AUTHORIZATION);
		if (!field)
			return RESULT_NOT_FOUND;
		return here(span_take(field->value, span_find(field->value, ' ')), out);
	default:
		return RESULT_NOT_FOUND;
	}
}

static enum result get_body(struct waf_transaction *transaction, enum variable variable, struct span *out)
{
	const struct body_report *report = body_report_of(transaction);
	static const struct {
		enum variable variable;
		enum body_flag flag;
	} flags[] = {
		{ VARIABLE_MULTIPART_BOUNDARY_QUOTED, BODY_FLAG_BOUNDARY_QUOTED },
		{ VARIABLE_MULTIPART_BOUNDARY_WHITESPACE, BODY_FLAG_BOUNDARY_WHITESPACE },
		{ VARIABLE_MULTIPART_CRLF_LINE, BODY_FLAG_CRLF_LINE },
		{ VARIABLE_MULTIPART_DATA_AFTER, BODY_FLAG_DATA_AFTER },
		{ VARIABLE_MULTIPART_DATA_BEFORE, BODY_FLAG_DATA_BEFORE },
		{ VARIABLE_MULTIPART_FILE_LIMIT_EXCEEDED, BODY_FLAG_FILE_LIMIT_EXCEEDED },
		{ VARIABLE_MULTIPART_HEADER_FOLDING, BODY_FLAG_HEADER_FOLDING },
		{ VARIABLE_MULTIPART_INVALID_HEADER_FOLDING, BODY_FLAG_INVALID_HEADER_FOLDING },
		{ VARIABLE_MULTIPART_INVALID_PART, BODY_FLAG_INVALID_PART },
		{ VARIABLE_MULTIPART_INVALID_QUOTING, BODY_FLAG_INVALID_QUOTING },
		{ VARIABLE_MULTIPART_LF_LINE, BODY_FLAG_LF_LINE },
		{ VARIABLE_MULTIPART_MISSING_SEMICOLON, BODY_FLAG_MISSING_SEMICOLON },
		{ VARIABLE_MULTIPART_UNMATCHED_BOUNDARY, BODY_FLAG_UNMATCHED_BOUNDARY },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (flags[i].variable == variable)
			return flag(report && body_report_has(report, flags[i].flag), out);
	}
	switch ((int)variable) {
	case VARIABLE_MULTIPART_STRICT_ERROR:
		return flag(report && body_report_strict_error(report), out);
	case VARIABLE_MULTIPART_CRLF_LF_LINES:
		return flag(report && body_report_mixed_lines(report), out);
	case VARIABLE_REQBODY_ERROR:
		return flag(transaction->is_body_too_long || (report && body_report_has(report, BODY_FLAG_ERROR)), out);
	case VARIABLE_REQBODY_ERROR_MSG:
		return here(report ? body_report_message(report) : SPAN(""), out);
	case VARIABLE_URLENCODED_ERROR:
		return flag((report && body_report_has(report, BODY_FLAG_URLENCODED_ERROR)) ||
		            body_report_has(&transaction->query_report, BODY_FLAG_URLENCODED_ERROR), out);
	case VARIABLE_REQBODY_PROCESSOR:
		return here(transaction->processor.len ? transaction->processor : SPAN(""), out);
	case VARIABLE_REQUEST_BODY:
		return buffer_len(&transaction->body) && transaction->is_body_done ? here(buffer_span(&transaction->body), out) : RESULT_NOT_FOUND;
	case VARIABLE_REQUEST_BODY_LENGTH:
		return number(transaction, transaction->body_bytes, out);
	case VARIABLE_ARGS_COMBINED_SIZE:
		return number(transaction, transaction->args_get.bytes + transaction->args_post.bytes, out);
	case VARIABLE_FILES_COMBINED_SIZE:
		return number(transaction, report ? report->file_bytes : 0, out);
	case VARIABLE_INBOUND_DATA_ERROR:
		return flag(transaction->is_body_too_long, out);
	case VARIABLE_MULTIPART_NAME:
		return transaction->multipart_name.at ? here(transaction->multipart_name, out) : RESULT_NOT_FOUND;
	case VARIABLE_MULTIPART_FILENAME:
		return transaction->multipart_filename.at ? here(transaction->multipart_filename, out) : RESULT_NOT_FOUND;
	default:
		return RESULT_NOT_FOUND;
	}
}

static enum result get_response(struct waf_transaction *transaction, enum variable variable, struct span *out)
{
	const struct response_head *head = transaction->response;
	const struct field *field;

	if (!head)
		return RESULT_NOT_FOUND;
	switch ((int)variable) {
	case VARIABLE_RESPONSE_STATUS:
		return number(transaction, head->status, out);
	case VARIABLE_RESPONSE_PROTOCOL:
		return here(protocol_of(head->version), out);
	case VARIABLE_RESPONSE_CONTENT_TYPE:
		field = fields_find(&head->fields, FIELD_CONTENT_TYPE);
		return field ? here(field->value, out) : RESULT_NOT_FOUND;
	case VARIABLE_RESPONSE_CONTENT_LENGTH:
		return number(transaction, head->body.is_known ? head->body.bytes : buffer_len(&transaction->response_body), out);
	case VARIABLE_RESPONSE_BODY:
		return transaction->walk.phase >= 4 && buffer_len(&transaction->response_body) ?
		               here(buffer_span(&transaction->response_body), out) : RESULT_NOT_FOUND;
	case VARIABLE_OUTBOUND_DATA_ERROR:
		return flag(transaction->is_response_cut, out);
	default:
		return RESULT_NOT_FOUND;
	}
}

static enum result get_time(struct waf_transaction *transaction, enum variable variable, struct span *out)
{
	time_t seconds = (time_t)(transaction->wall_ns / 1000000000);
	char bytes[16];
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		return RESULT_NOT_FOUND;
	switch ((int)variable) {
	case VARIABLE_TIME:
		return strftime(bytes, sizeof(bytes), "%H:%M:%S", &tm) ? text(transaction, bytes, out) : RESULT_NOT_FOUND;
	case VARIABLE_TIME_DAY:
		return number(transaction, (uint64_t)tm.tm_mday, out);
	case VARIABLE_TIME_EPOCH:
		return number(transaction, (uint64_t)seconds, out);
	case VARIABLE_TIME_HOUR:
		return number(transaction, (uint64_t)tm.tm_hour, out);
	case VARIABLE_TIME_MIN:
		return number(transaction, (uint64_t)tm.tm_min, out);
	case VARIABLE_TIME_MON:
		return number(transaction, (uint64_t)tm.tm_mon, out);
	case VARIABLE_TIME_SEC:
		return number(transaction, (uint64_t)tm.tm_sec, out);
	case VARIABLE_TIME_WDAY:
		return number(transaction, (uint64_t)tm.tm_wday, out);
	case VARIABLE_TIME_YEAR:
		return number(transaction, (uint64_t)tm.tm_year + 1900, out);
	default:
		return RESULT_NOT_FOUND;
	}
}

static enum result get_other(struct waf_transaction *transaction, enum variable variable, struct span *out)
{
	switch ((int)variable) {
	case VARIABLE_REMOTE_ADDR:
	case VARIABLE_REMOTE_HOST:
	case VARIABLE_USERAGENT_IP:
		return address_text(transaction, &transaction->source.address, out);
	case VARIABLE_REMOTE_PORT:
		return number(transaction, transaction->source.port, out);
	case VARIABLE_SERVER_ADDR:
		return address_text(transaction, &transaction->destination.address, out);
	case VARIABLE_SERVER_PORT:
		return number(transaction, transaction->destination.port, out);
	case VARIABLE_UNIQUE_ID:
		return here(transaction->unique_id, out);
	case VARIABLE_DURATION:
		return number(transaction, (clock_mono_ns() - transaction->start_ns) / 1000, out);
	case VARIABLE_HIGHEST_SEVERITY:
		return number(transaction, (uint64_t)transaction->highest_severity, out);
	case VARIABLE_MATCHED_VAR:
		return here(transaction->matched_value, out);
	case VARIABLE_MATCHED_VAR_NAME:
		return here(transaction->matched_name, out);
	case VARIABLE_WEBAPPID:
		return transaction->settings->web_app_id.len ? here(transaction->settings->web_app_id, out) : RESULT_NOT_FOUND;
	default:
		return RESULT_NOT_FOUND;
	}
}

enum result variable_get(struct waf_transaction *transaction, enum variable variable, struct span *out)
{
	static enum result (*const getters[])(struct waf_transaction *, enum variable, struct span *) = { get_request, get_body,
		get_response, get_time, get_other };
	enum result result = RESULT_NOT_FOUND;

	for (size_t i = 0; i < sizeof(getters) / sizeof(*getters) && result == RESULT_NOT_FOUND; i++)
		result = getters[i](transaction, variable, out);
	return result;
}
