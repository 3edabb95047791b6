/* Variables that are one value, or none: REQUEST_URI, REMOTE_ADDR, TIME ... */
#include <time.h>

#include "base/clock.h"
#include "waf/variable_parts.h"

#include "base/banned.h"

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
static enum result decode_path(struct waf_transaction *transaction, struct span path, struct span *out)
{
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

static enum result filename(struct waf_transaction *transaction, struct span *out)
{
	return decode_path(transaction, transaction->head->path, out);
}

static enum result base_name(struct waf_transaction *transaction, struct span *out)
{
	enum result result = filename(transaction, out);

	if (result == RESULT_OK)
		*out = basename_of(*out);
	return result;
}

static enum result address_text(struct waf_transaction *transaction, const struct address *address, struct span *out)
{
	char bytes[ADDRESS_TEXT_MAX];

	address_write(address, bytes);
	return variable_text(transaction, bytes, out);
}

/* A request that says none is of HTTP/0.9, and 2.9.7 calls it so. */
static struct span protocol_of(const struct request_head *head)
{
	if (!head->version_text.at)
		return version_name(head->version);
	return head->version_text.len ? head->version_text : SPAN("HTTP/0.9");
}

/* As it was written; a refused one may lack any of its words. */
static enum result request_line(struct waf_transaction *transaction, struct span *out)
{
	const struct request_head *head = transaction->head;
	struct span version = head->version_text.at ? head->version_text : version_name(head->version);
	struct span parts[] = { head->method_name, head->target.len ? SPAN(" ") : SPAN_NONE, head->target, version.len ? SPAN(" ") : SPAN_NONE, version };

	return variable_join(transaction, parts, sizeof(parts) / sizeof(*parts), out);
}

/* As the file's name: its path is decoded from phase 2 on, its query never. */
static enum result uri(struct waf_transaction *transaction, struct span *out)
{
	struct span written = uri_of(transaction->head), path = span_take(written, span_find(written, '?')), parts[2];

	*out = written;
	if (decode_path(transaction, path, &parts[0]) != RESULT_OK)
		return RESULT_NO_MEMORY;
	if (parts[0].at == path.at)
		return RESULT_OK;
	parts[1] = span_skip(written, path.len);
	return variable_join(transaction, parts, 2, out);
}

static enum result full_request(struct waf_transaction *transaction, struct span *out)
{
	const struct fields *fields = &transaction->head->fields;
	struct span *parts = arena_new_array(&transaction->arena, struct span, 4 + 4 * (size_t)fields->count);
	size_t count = 0;

	if (!parts || request_line(transaction, &parts[count++]) != RESULT_OK)
		return RESULT_NO_MEMORY;
	parts[count++] = SPAN("\n");
	for (unsigned i = 0; i < fields->count; i++) {
		parts[count++] = fields->list[i].name;
		parts[count++] = SPAN(": ");
		parts[count++] = fields->list[i].value;
		parts[count++] = SPAN("\n");
	}
	parts[count++] = SPAN("\n");
	if (transaction->is_body_done)
		parts[count++] = buffer_span(&transaction->body);
	return variable_join(transaction, parts, count, out);
}

static enum result get_request(struct waf_transaction *transaction, enum variable variable, struct span *out)
{
	const struct request_head *head = transaction->head;
	const struct field *field;
	enum result result;

	switch ((int)variable) {
	case VARIABLE_REQUEST_METHOD:
		return here(head->method_name, out);
	case VARIABLE_REQUEST_URI:
		return uri(transaction, out);
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
		return here(protocol_of(head), out);
	case VARIABLE_PATH_INFO:
		return here(SPAN(""), out);  /* no path is a script's with more behind it */
	case VARIABLE_QUERY_STRING:
		return head->has_query ? here(head->query, out) : RESULT_NOT_FOUND;
	case VARIABLE_SERVER_NAME:
		return here(head->host, out);
	case VARIABLE_FULL_REQUEST:
		return full_request(transaction, out);
	case VARIABLE_FULL_REQUEST_LENGTH:
		result = full_request(transaction, out);
		return result == RESULT_OK ? variable_number(transaction, out->len, out) : result;
	case VARIABLE_AUTH_TYPE:
		field = fields_find(&head->fields, FIELD_AUTHORIZATION);
		if (!field)
			return RESULT_NOT_FOUND;
		return here(span_take(field->value, span_find(field->value, ' ')), out);
	default:
		return RESULT_NOT_FOUND;
	}
}

/* As 2.9.7 writes them: TIME is all of it, and each has its zeros. */
static size_t time_write(enum variable variable, const struct tm *tm, char bytes[16])
{
	switch ((int)variable) {
	case VARIABLE_TIME:
		return strftime(bytes, 16, "%Y%m%d%H%M%S", tm);
	case VARIABLE_TIME_DAY:
		return strftime(bytes, 16, "%d", tm);
	case VARIABLE_TIME_HOUR:
		return strftime(bytes, 16, "%H", tm);
	case VARIABLE_TIME_MIN:
		return strftime(bytes, 16, "%M", tm);
	case VARIABLE_TIME_MON:
		return strftime(bytes, 16, "%m", tm);
	case VARIABLE_TIME_SEC:
		return strftime(bytes, 16, "%S", tm);
	case VARIABLE_TIME_WDAY:
		return strftime(bytes, 16, "%w", tm);
	case VARIABLE_TIME_YEAR:
		return strftime(bytes, 16, "%Y", tm);
	default:
		return 0;
	}
}

static enum result get_time(struct waf_transaction *transaction, enum variable variable, struct span *out)
{
	time_t seconds = (time_t)(transaction->wall_ns / 1000000000);
	char bytes[16];
	struct tm tm;

	if (variable == VARIABLE_TIME_EPOCH)
		return variable_number(transaction, (uint64_t)seconds, out);
	if (!localtime_r(&seconds, &tm) || !time_write(variable, &tm, bytes))
		return RESULT_NOT_FOUND;
	return variable_text(transaction, bytes, out);
}

static enum result get_other(struct waf_transaction *transaction, enum variable variable, struct span *out)
{
	switch ((int)variable) {
	case VARIABLE_REMOTE_ADDR:
	case VARIABLE_REMOTE_HOST:
	case VARIABLE_USERAGENT_IP:
		return address_text(transaction, &transaction->source.address, out);
	case VARIABLE_REMOTE_PORT:
		return variable_number(transaction, transaction->source.port, out);
	case VARIABLE_SERVER_ADDR:
		return address_text(transaction, &transaction->destination.address, out);
	case VARIABLE_SERVER_PORT:
		return variable_number(transaction, transaction->destination.port, out);
	case VARIABLE_UNIQUE_ID:
		return here(transaction->unique_id, out);
	case VARIABLE_DURATION:
		return variable_number(transaction, (clock_mono_ns() - transaction->start_ns) / 1000, out);
	case VARIABLE_HIGHEST_SEVERITY:
		return variable_number(transaction, (uint64_t)transaction->highest_severity, out);
	case VARIABLE_MATCHED_VAR:
		if (transaction->has_action_matched)
			return address_text(transaction, &transaction->source.address, out);
		return transaction->matched ? here(matched_bytes(transaction), out) : RESULT_NOT_FOUND;
	case VARIABLE_MATCHED_VAR_NAME:
		if (transaction->has_action_matched)
			return here(SPAN("REMOTE_ADDR"), out);
		return transaction->matched ? matched_name(transaction, transaction->matched, out) : RESULT_NOT_FOUND;
	case VARIABLE_MODSEC_BUILD:
		return here(SPAN("020907900"), out);  /* what 2.9.7 says of itself: rules ask whether it is new enough */
	case VARIABLE_SDBM_DELETE_ERROR:
		return here(SPAN("0"), out);
	case VARIABLE_WEBAPPID:
		return here(web_app_id(transaction->settings), out);
	case VARIABLE_SESSIONID:
		return transaction->session_id.at ? here(transaction->session_id, out) : RESULT_NOT_FOUND;
	case VARIABLE_USERID:
		return transaction->user_id.at ? here(transaction->user_id, out) : RESULT_NOT_FOUND;
	default:
		return RESULT_NOT_FOUND;
	}
}

enum result variable_get(struct waf_transaction *transaction, enum variable variable, struct span *out)
{
	static enum result (*const getters[])(struct waf_transaction *, enum variable, struct span *) = {
		get_request, variable_get_body, variable_get_response, get_time, get_other };
	enum result result = RESULT_NOT_FOUND;

	for (size_t i = 0; i < sizeof(getters) / sizeof(*getters) && result == RESULT_NOT_FOUND; i++)
		result = getters[i](transaction, variable, out);
	return result;
}
