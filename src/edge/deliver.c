/* To the client: the response's head with what we add and leave out, then its body; at the end, one fact. */
#include "edge/request.h"

#include <endian.h>
#include <stdio.h>

#include "base/encode.h"
#include "edge/challenge/challenge.h"
#include "edge/inspect/inject.h"
#include "edge/hits/hits_request.h"
#include "edge/observing/observing.h"
#include "edge/sites/meter_request.h"
#include "edge/caller/reference.h"
#include "edge/inspect/inspect_after.h"
#include "edge/inspect/inspect.h"
#include "http/head_writer.h"

#include "base/banned.h"

#define ADDED_FIELDS_MAX 32

/* -- the head -- */

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

static bool has_body(const struct request *request)
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
	if (has_body(request) && !size.is_known) {
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
		                                               request->is_tunnel || has_body(request)) : out.result;
	}
	put_framing(request, &out);
	result = out.result == RESULT_OK ? write_head(request->connection, request->status, reason.len ? reason : status_reason(request->status), &out.fields) : out.result;
	return result;
}

/* -- the body -- */

static void set_idle_deadline(struct request *request)
{
	const struct edge_timeouts *timeouts = &request->route->settings->timeouts;

	request_hold_download(request);
	request_set_origin_clock(request, request->is_tunnel ? timeouts->tunnel_ms : timeouts->idle_ms);
}

static enum result peek_origin(struct request *request, struct span *piece)
{
	if (inspect_held_answer(request))
		return hold_peek(inspect_held_answer(request), piece);
	if (!request->origin)
		return RESULT_END;
	for (;;) {
		enum result result = feed_peek(&request->down, &request->origin->in, piece, &request->fault);

		if (result != RESULT_MORE)
			return result == RESULT_OK || result == RESULT_END ? result : RESULT_IO;
		result = origin_connection_fill(request->origin);
		if (result == RESULT_END)
			return body_reader_finish(&request->down.reader, &request->fault) == RESULT_OK ? RESULT_END : RESULT_IO;
		if (result != RESULT_OK)
			return result == RESULT_MORE ? RESULT_MORE : RESULT_IO;
	}
}

enum result response_peek_origin(struct request *request, struct span *piece)
{
	enum result result = peek_origin(request, piece);

	if (result == RESULT_OK)
		learning_look(request, *piece);
	else if (result == RESULT_END)
		learning_finish(request);
	return result;
}

static enum result peek_body(struct request *request, struct span *piece)
{
	return caching_has_body(&request->caching) ? caching_peek(request, piece) : response_peek_origin(request, piece);
}

enum result response_peek(struct request *request, struct span *piece)
{
	enum result result;

	if (request->is_own) {
		*piece = request->page;
		return request->page.len ? RESULT_OK : RESULT_END;
	}
	if (request->before.len) {
		*piece = request->before;
		return RESULT_OK;
	}
	result = request->is_behind ? RESULT_END : peek_body(request, piece);
	if (result != RESULT_END || !request->after.len)
		return result;
	request->is_behind = true;
	*piece = request->after;
	return RESULT_OK;
}

static void take_passing(struct request *request, size_t count)
{
	inspect_response_passing(request, span_take(buffer_span(&request->origin->in), count));
	feed_take(&request->down, &request->origin->in, count);
}

void response_take_origin(struct request *request, size_t count)
{
	learning_take(request, count);
	if (inspect_held_answer(request))
		hold_take(inspect_held_answer(request), count);
	else
		take_passing(request, count);
}

void response_take(struct request *request, size_t count)
{
	request->down_bytes += count;
	/* A client that takes it, however slowly, is not an origin that is silent: no edge of the origin's tells of that. */
	if (request->is_h2 && request->origin)
		set_idle_deadline(request);
	if (request->is_own)
		request->page = span_skip(request->page, count);
	else if (request->before.len)
		request->before = span_skip(request->before, count);
	else if (request->is_behind)
		request->after = span_skip(request->after, count);
	else if (caching_has_body(&request->caching))
		caching_take(request, count);
	else
		response_take_origin(request, count);
}

/* The response's head is out of the origin's buffer now: only its body is left there. */
static enum result begin(struct request *request)
{
	struct body_size size = request->response.body;
	bool was_known = request->is_own;
	enum result result;

	request->down_has_head = true;
	if (!was_known)
		request->status = request->response.status;
	request->is_tunnel = request->wants_tunnel && !request->is_own;
	if (request->is_tunnel)
		size = (struct body_size){ BODY_TUNNEL, false, 0 };
	if (!request->down_has_feed || request->is_own)
		feed_init(&request->down, size, UINT64_MAX, &request->arena);
	request->down.reader.drops_trailers = true;
	if (!request->is_own && !request->is_tunnel && (has_body(request) || caching_fills(&request->caching)))
		inject_begin(request);
	if (request->is_injected)
		caching_give_up(request);
	result = response_send_head(request);
	if (!request->is_own && request->origin)
		buffer_consume(&request->origin->in, request->response_head_bytes);
	if (!has_body(request) && !request->is_tunnel) {
		request->page = SPAN_NONE;
		request->down_is_done = true;
	}
	if (request->is_tunnel) {
		feed_init(&request->up, size, UINT64_MAX, NULL);
		request->up_is_done = request->up_is_finished = false;
		request->up_is_chunked = false;
	}
	/* Not before its head is out of the origin's buffer. HTTP/1 says it when its own buffer is flushed. */
	if (request->is_h2 && request->down_is_done && !caching_fills(&request->caching))
		response_origin_done(request);
	return result;
}

static bool is_origin_reusable(const struct request *request)
{
	return request->up_is_done && !request->is_tunnel && !request->response.wants_close &&
	       body_reader_has_ended(&request->down.reader) && request->origin->origin->proxy_protocol == ORIGIN_PROXY_NONE;
}

/* All of the origin's response has gone on, or lies in our own buffers: somebody else can have the origin. */
void response_origin_done(struct request *request)
{
	if (!request->origin)
		return;
	origin_learn(request->member->origin, request->origin_status >= 500 && request->origin_status <= 504 && request->origin_status != 501 ?
	             ORIGIN_ERROR : ORIGIN_ANSWERED, request->connection->worker->loop.now_ms);
	/* The body of a request that was answered early is still on its way: this connection is of no use to anybody. */
	if (!request->up_is_done && !request->up_is_whole && !request->is_h2)
		request->connection->is_closing = request->connection->has_unread = true;
	request_release_origin(request, is_origin_reusable(request));
}

/* The client can have no more of it: what it has already cannot be told from a whole response, except by cutting. */
static enum step_outcome cut(struct request *request, enum reason reason)
{
	if (request->reason == REASON_NONE || request->reason == reason) {
		request->reason = reason;
		request->decision = DECISION_DROP;
	}
	request->connection->is_closing |= !request->is_h2;  /* the other streams go on, until the connection drains */
	request->is_cut = true;
	request_release_origin(request, false);
	return STEP_NEXT;
}

static enum step_outcome deliver_http1(struct request *request)
{
	switch ((int)http1_deliver(request)) {
	case RESULT_OK:
		if (request->is_tunnel || !body_reader_has_ended(&request->down.reader))
			request->connection->is_closing |= request->is_tunnel;
		response_origin_done(request);
		return STEP_NEXT;
	case RESULT_MORE:
		if (request->origin)
			set_idle_deadline(request);
		return STEP_WAIT;
	case RESULT_MALFORMED:
		return cut(request, REASON_ORIGIN_BROKEN);
	default:
		return cut(request, REASON_CLIENT_GONE);
	}
}

enum step_outcome step_deliver(struct request *request)
{
	if (request->is_aborted)
		return STEP_NEXT;
	if (!request->down_has_head && challenge_leads_on(request))
		return STEP_AGAIN;
	if (!request->down_has_head) {
		enum result result = begin(request);

		if (result != RESULT_OK && result != RESULT_MORE)
			return cut(request, result == RESULT_IO ? REASON_CLIENT_GONE : REASON_NO_MEMORY);
	}
	if ((request->reason == REASON_ORIGIN_TIMEOUT || request->reason == REASON_CLIENT_SLOW) && request->origin)
		return cut(request, request->reason);
	if (request->origin) {  /* even when all of the client's body has come: the end of it may still wait for room */
		enum result up = request_pump_up(request);

		if (up == RESULT_MALFORMED || up == RESULT_REFUSED)
			return cut(request, up == RESULT_MALFORMED ? REASON_FAULT : REASON_CLIENT_SLOW);
		if (up == RESULT_NO_MEMORY)
			return cut(request, REASON_NO_MEMORY);
		caching_pull(request);  /* however slowly the client takes it */
		/* All of what a HEAD asks about is fetched, for others. */
		if (caching_fills(&request->caching) && request->head.method == METHOD_HEAD) {
			set_idle_deadline(request);
			return STEP_WAIT;
		}
	}
	if (!request->is_h2)
		return deliver_http1(request);
	if (request->is_delivered || !request->stream)
		return STEP_NEXT;
	if (request->origin)
		set_idle_deadline(request);
	http2_resume(request);
	return STEP_WAIT;
}

/* -- the end -- */

static uint64_t between_us(uint64_t from_ns, uint64_t to_ns)
{
	return from_ns && to_ns > from_ns ? (to_ns - from_ns) / 1000 : 0;
}

/* What befell it; where nothing did, what guard/ would have done. */
static struct would verdict_of(const struct request *request)
{
	bool is_served = request->decision == DECISION_ALLOW && request->reason == REASON_NONE;

	if (is_served && request->would.decision != DECISION_ALLOW)
		return (struct would){ DECISION_LOG, request->would.reason };
	return (struct would){ request->turn.has_waited && request->decision == DECISION_ALLOW ? DECISION_QUEUE : request->decision, request->reason };
}

static struct span bot_name(const struct bot *bot)
{
	return bot ? bot->name : SPAN_NONE;
}

static void state(struct request *request)
{
	struct connection *connection = request->connection;
	struct worker *worker = connection->worker;
	const struct pool_member *member = request->last_member;
	uint64_t end_ns = clock_mono_ns();
	struct would verdict = verdict_of(request);
	struct request_fact fact = {
		/* The number whose digits, highest first, are what head and page show. */
		.wall_ns = request->wall_ns, .request_id = { be64toh(request->id[0]), be64toh(request->id[1]) }, .worker = worker->index,
		.site = request->site ? request->site->site->index : UINT32_MAX,
		.tenant = request->site && request->site->tenant ? request->site->tenant->number : UINT32_MAX,
		.site_name = request->site ? request->site->site->name : SPAN_NONE,
		.tenant_name = request->site ? request->site->site->tenant : SPAN_NONE,
		.decision = verdict.decision, .reason = verdict.reason, .fault = request->fault, .would = request->would.decision, .would_reason = request->would.reason,
		.source = request->source, .peer = connection->peer.address, .source_port = connection->peer.port,
		.head = request->is_passthrough ? NULL : &request->head, .is_tls = connection->is_tls, .tls_version = transport_tls_version(&connection->transport),
		.sni = transport_sni(&connection->transport), .ja4 = transport_ja4(&connection->transport),
		.status = request->down_has_head ? request->status : 0, .origin_status = request->origin_status,
		.origin = member ? member->origin->text : SPAN_NONE, .request_bytes = request->up_bytes, .response_bytes = request->down_bytes,
		.wait_us = between_us(request->start_ns, request->connect_ns),
		.connect_us = between_us(request->connect_ns, request->connected_ns),
		.first_byte_us = between_us(request->forwarded_ns, request->first_byte_ns),
		.total_us = between_us(request->start_ns, end_ns),
		.retries = request->tries ? request->tries - 1 : 0, .is_reused = request->was_reused,
		.is_bypassed = request_is_bypassed(request), .caching = request->caching.state, .waf = request->waf, .seen_after = inspect_seen_after(request),
		.kind = caller_is_moved_for_kind(&request->caller) ? request->caller.kind : 0,
		.bot = bot_name(request->caller.bot), .impostor_of = bot_name(request->caller.impostor_of),
	};

	worker->sink.request(worker->sink.context, &fact);
	if (connection->probe && !request->is_probe_start)
		probe_log_add(&worker->common->probes, connection->probe, &fact);
}

enum step_outcome step_record(struct request *request)
{
	struct connection *connection = request->connection;
	struct worker *worker = connection->worker;
	bool is_cut = request->is_cut;

	if (inspect_after(request) == STEP_WAIT)
		return STEP_WAIT;
	inspect_log(request);
	hits_of_request(request);
	meter_of_request(request);
	observed_of_request(request);
	state(request);
	/* A tunnel that the origin ended first still has it: nobody but this request may be woken by it. */
	if (request->origin || request->member || request->turn.member)
		request_release_origin(request, false);
	caller_settle(request);
	reference_of_request(request);
	worker->gauges.requests_at_work--;
	if (request->is_h2) {
		http2_request_over(request);
	} else {
		connection->request = NULL;
		connection->pace.since_ms = 0;
	}
	request_free(request, worker);
	if (is_cut && connection->stage == CONNECTION_HTTP_1)
		connection_close(connection, true);
	return STEP_OVER;
}
