/* The head of a response: what the origin said with what we add and leave out, and how its body is framed. */
#include "base/encode.h"
#include "edge/challenge/challenge.h"
#include "edge/inspect/inject.h"
#include "edge/request.h"
#include "http/head_writer.h"

#include "base/banned.h"

#define ADDED_FIELDS_MAX 32

/* Remembers the first failure, so that the list of fields reads as a list. */
struct fields_out {
	struct request *request;
	struct fields fields;
	enum result result;
};

static void add(struct fields_out *out, enum field_id id, struct span name, struct span value)
{
	if (out->result == RESULT_OK)
		out->result = fields_add(&out->fields, id, name, value);
}

static bool edit_names(const struct edge_header_edit *edit, struct span name)
{
	const struct name_value *set = edit->set.items;
	const struct span *remove = edit->remove.items;

	for (size_t i = 0; i < edit->remove.count; i++) {
		if (span_equal_nocase(remove[i], name))
			return true;
	}
	for (size_t i = 0; i < edit->set.count; i++) {
		if (span_equal_nocase(set[i].name, name))
			return true;
	}
	return false;
}

/* Ours where the origin says nothing, unless an administrator took that name out. */
static void add_missing(struct fields_out *out, enum field_id id, struct span name, struct span value)
{
	if (!fields_find(&out->fields, id) && !edit_names(&out->request->route->settings->headers.response, name))
		add(out, id, name, value);
}

/* Framing is ours to say, except where there is no body and the length tells what a GET would bring (RFC 9110, 8.6). */
static bool keeps_length(const struct request *request)
{
	return request->head.method == METHOD_HEAD || request->response.status == 304;
}

static bool is_dropped(const struct request *request, const struct field *field)
{
	if (field->id == FIELD_CONTENT_LENGTH)
		return !keeps_length(request);
	if (field->id == FIELD_TRAILER || field->id == FIELD_X_REQUEST_ID)
		return field->id == FIELD_X_REQUEST_ID;
	/* Tags say what belongs together behind us: of use to whoever purges, and to nobody else. */
	if (field_is_tag(field) && request->caching.key.len)
		return true;
	if (inject_drops(request, field))
		return true;
	if (request->is_h2 && request->is_tunnel && field->id == FIELD_SEC_WEBSOCKET_ACCEPT)
		return true;
	return field_is_hop_by_hop(&request->response.fields, field);
}

static void copy_fields(struct fields_out *out, const struct edge_header_edit *edit)
{
	const struct fields *from = &out->request->response.fields;

	for (unsigned i = 0; i < from->count; i++) {
		const struct field *field = &from->list[i];

		if (!is_dropped(out->request, field) && !(edit && edit_names(edit, field->name)))
			add(out, field->id, field->name, field->value);
	}
	for (size_t i = 0; edit && i < edit->set.count; i++) {
		const struct name_value *set = (const struct name_value *)edit->set.items + i;

		add(out, field_id_of(set->name), set->name, set->value);
	}
}

/* In the request's arena: on the way of every response, so without printf. */
static struct span digits(struct request *request, uint64_t value)
{
	char *text = arena_take(&request->arena, DECIMAL_MAX);

	return text ? span_make(text, decimal_write(value, text)) : SPAN_NONE;
}

static void add_security(struct fields_out *out, const struct edge_settings *settings)
{
	struct request *request = out->request;

	if (settings->security_headers) {
		add_missing(out, FIELD_X_CONTENT_TYPE_OPTIONS, SPAN("X-Content-Type-Options"), SPAN("nosniff"));
		add_missing(out, FIELD_REFERRER_POLICY, SPAN("Referrer-Policy"), SPAN("strict-origin-when-cross-origin"));
		if (!fields_find(&out->fields, FIELD_CONTENT_SECURITY_POLICY))
			add_missing(out, FIELD_X_FRAME_OPTIONS, SPAN("X-Frame-Options"), SPAN("SAMEORIGIN"));
	}
	/* Never with a self-signed certificate: a visitor who clicked through once would be locked out for a year. */
	if (request->site->net->hsts_ms && request->connection->is_tls && !request->site->is_self_signed &&
	    !fields_find(&out->fields, FIELD_STRICT_TRANSPORT_SECURITY))
		add(out, FIELD_STRICT_TRANSPORT_SECURITY, SPAN("Strict-Transport-Security"),
		    arena_print(&request->arena, "max-age=%lld", (long long)(request->site->net->hsts_ms / 1000)));
}

struct span response_sticky_cookie(struct request *request)
{
	struct span name = request->route->origins->sticky_cookie;
	char key[2 * sizeof(uint64_t)];

	if (!name.len || !request->member || request->sticky_key == request->member->key)
		return SPAN_NONE;
	hex_write(&request->member->key, sizeof(request->member->key), key);
	return arena_print(&request->arena, "%.*s=%.*s; Path=/; HttpOnly; SameSite=Lax%s", SPAN_ARG(name), (int)sizeof(key), key,
	                   request->connection->is_tls ? "; Secure" : "");
}

/* Without memory, and only then, the next request may go to another origin. */
static void add_sticky(struct fields_out *out)
{
	struct span cookie = response_sticky_cookie(out->request);

	if (cookie.len)
		add(out, FIELD_SET_COOKIE, SPAN("Set-Cookie"), cookie);
}

/* Not all at the same moment. */
static uint64_t come_back_s(const struct request *request)
{
	return 2 + request->id[0] % 4;
}

static void add_ours(struct fields_out *out)
{
	struct request *request = out->request;
	struct span kept = caching_status(request);
	char *id = arena_take(&request->arena, 32);

	if (kept.len)
		add(out, FIELD_CACHE_STATUS, SPAN("Cache-Status"), kept);
	if (!fields_find(&out->fields, FIELD_DATE))
		add(out, FIELD_DATE, SPAN("Date"), worker_date(request->connection->worker));
	if (!id)
		out->result = RESULT_NO_MEMORY;
	if (out->result != RESULT_OK)
		return;
	hex_write(request->id, sizeof(request->id), id);
	add(out, FIELD_X_REQUEST_ID, SPAN("X-Request-Id"), span_make(id, 32));
	if (request->is_own)
		add(out, FIELD_CACHE_CONTROL, SPAN("Cache-Control"), SPAN("no-store"));
	if (request->set_cookie.len)
		add(out, FIELD_SET_COOKIE, SPAN("Set-Cookie"), request->set_cookie);
	if (request->set_cookie.len && !request->is_own)  /* a cache in front of us would give one visitor's token to all */
		add(out, FIELD_CACHE_CONTROL, SPAN("Cache-Control"), SPAN("private"));
	if (request->is_own && request->retry_s)
		add(out, FIELD_RETRY_AFTER, SPAN("Retry-After"), digits(request, request->retry_s));
	if (request->is_own && (request->reason == REASON_NO_ORIGIN || request->reason == REASON_HOLD))
		add(out, FIELD_RETRY_AFTER, SPAN("Retry-After"), SPAN("2"));
	if (request->is_own && !request->retry_s && (request->reason == REASON_QUEUE_FULL || request->reason == REASON_QUEUE_LATE))
		add(out, FIELD_RETRY_AFTER, SPAN("Retry-After"), digits(request, come_back_s(request)));
	if (request->is_own && request->status == 405)
		add(out, FIELD_OTHER, SPAN("Allow"), allowed_methods(request));
}

bool response_has_body(const struct request *request)
{
	unsigned status = request->status;

	return request->head.method != METHOD_HEAD && status >= 200 && status != 204 && status != 304 &&
	       (request->is_own ? request->page.len != 0 : request->response.body.framing != BODY_NONE);
}

static void put_framing(struct request *request, struct fields_out *out)
{
	struct connection *connection = request->connection;
	struct body_size size = request->response.body;
	bool is_1_0 = request->head.version == HTTP_1_0;
	const struct field *chosen;

	if (request->is_tunnel) {
		add(out, FIELD_CONNECTION, SPAN("Connection"), SPAN("Upgrade"));
		/* The origin's choice of what the client offered. */
		chosen = fields_find(&request->response.fields, FIELD_UPGRADE);
		add(out, FIELD_UPGRADE, SPAN("Upgrade"), chosen ? chosen->value : fields_find(&request->head.fields, FIELD_UPGRADE)->value);
		return;
	}
	if (size.is_known && !fields_find(&out->fields, FIELD_CONTENT_LENGTH) && request->status != 204 && request->status >= 200)
		add(out, FIELD_CONTENT_LENGTH, SPAN("Content-Length"), digits(request, size.bytes));
	else if (request->is_own && !size.is_known && request->status >= 200 && request->status != 204)
		add(out, FIELD_CONTENT_LENGTH, SPAN("Content-Length"), SPAN("0"));
	if (response_has_body(request) && !size.is_known) {
		request->down_is_chunked = !is_1_0;
		connection->is_closing |= is_1_0;
		if (!is_1_0)
			add(out, FIELD_TRANSFER_ENCODING, SPAN("Transfer-Encoding"), SPAN("chunked"));
	}
	if (connection->is_closing)
		add(out, FIELD_CONNECTION, SPAN("Connection"), SPAN("close"));
	else if (is_1_0)
		add(out, FIELD_CONNECTION, SPAN("Connection"), SPAN("keep-alive"));
}

/* All of it or nothing: half a head would make the next one a part of it. */
static enum result write_head(struct connection *connection, unsigned status, struct span reason, const struct fields *fields)
{
	struct buffer *out = &connection->out;
	size_t before = buffer_len(out);
	enum result result = status_line_write(status, reason, out);

	for (unsigned i = 0; fields && i < fields->count && result == RESULT_OK; i++)
		result = field_write(fields->list[i].name, fields->list[i].value, out);
	if (result == RESULT_OK)
		result = head_end_write(out);
	if (result != RESULT_OK)
		out->end = out->start + before;
	return result;
}

static enum result send_interim(struct request *request, unsigned status, const struct fields *fields)
{
	struct fields_out out = { .request = request };

	fields_init(&out.fields, &request->arena, fields ? fields->count : 0);
	for (unsigned i = 0; fields && i < fields->count; i++) {
		if (!field_is_hop_by_hop(fields, &fields->list[i]))
			add(&out, fields->list[i].id, fields->list[i].name, fields->list[i].value);
	}
	if (out.result != RESULT_OK)
		return out.result;
	if (request->is_h2)
		return http2_respond(request, status, &out.fields, false);
	out.result = write_head(request->connection, status, status_reason(status), &out.fields);
	return out.result == RESULT_OK ? connection_flush(request->connection) : out.result;
}

/* What does not fit is left out; it is the final answer that counts. */
void response_send_interim(struct request *request, unsigned status, const struct fields *fields)
{
	enum result result = send_interim(request, status, fields);

	if (result != RESULT_OK && result != RESULT_MORE && result != RESULT_LIMIT)
		request->connection->is_closing |= !request->is_h2;
}

enum result response_send_head(struct request *request)
{
	const struct edge_settings *settings = request->route ? request->route->settings : NULL;
	struct fields_out out = { .request = request };
	struct span reason = request->is_own ? status_reason(request->status) : request->response.reason;
	enum result result;

	fields_init(&out.fields, &request->arena, request->response.fields.count + ADDED_FIELDS_MAX +
	            (settings ? (unsigned)settings->headers.response.set.count : 0));
	copy_fields(&out, settings && !challenge_is_page(request) ? &settings->headers.response : NULL);
	if (settings && request->site && !request->is_tunnel)
		add_security(&out, settings);
	if (!request->is_own && !request->is_tunnel)
		add_sticky(&out);
	add_ours(&out);
	if (request->is_h2) {
		if (request->response.body.is_known && !fields_find(&out.fields, FIELD_CONTENT_LENGTH) && request->status != 204 && !request->is_tunnel)
			add(&out, FIELD_CONTENT_LENGTH, SPAN("Content-Length"), digits(request, request->response.body.bytes));
		return out.result == RESULT_OK ? http2_respond(request, request->is_tunnel ? 200 : request->status, &out.fields,
		                                               request->is_tunnel || response_has_body(request)) : out.result;
	}
	put_framing(request, &out);
	result = out.result == RESULT_OK ? write_head(request->connection, request->status, reason.len ? reason : status_reason(request->status), &out.fields) : out.result;
	return result;
}
