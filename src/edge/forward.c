/* To the origin: which one, a connection to it, the head re-written canonically; and its answer's head. */
#include "edge/request.h"

#include "base/encode.h"
#include "base/hash.h"
#include "http/head_writer.h"
#include "net/proxy_protocol.h"

#include "base/banned.h"

#define TRIES_MAX 3
#define RESPONSE_FIELDS_MAX 256
#define INTERIMS_MAX 32

static uint64_t now_ns(const struct request *request)
{
	return request->connection->worker->loop.now_ns;
}

void request_release_origin(struct request *request, bool is_reusable)
{
	struct worker *worker = request->connection->worker;

	timer_cancel(&worker->loop.timers, &request->timer);
	if (request->origin) {
		if (is_reusable)
			origin_connection_keep(request->origin, request->route->origins);
		else
			origin_connection_close(request->origin);
		request->origin = NULL;
	}
	if (request->member) {
		pool_give_back(request->member);
		request->member = NULL;
	}
}

/* The member's key from the sticky cookie; 0 when there is none. */
static uint64_t sticky_key(const struct request *request)
{
	struct span name = request->route->origins->sticky_cookie;
	const struct fields *fields = &request->head.fields;
	uint64_t key = 0;

	for (unsigned i = 0; name.len && i < fields->count; i++) {
		struct span cookies = fields->list[i].id == FIELD_COOKIE ? fields->list[i].value : SPAN_NONE;

		while (cookies.len) {
			struct span pair = span_trim(span_cut(&cookies, ';'));
			struct span left = span_cut(&pair, '=');

			if (span_equal(left, name) && hex_read(pair, &key, sizeof(key)) == RESULT_OK)
				return key;
		}
	}
	return 0;
}

const struct pool_member *request_take_member(struct request *request)
{
	struct pool_wish wish;

	request->sticky_key = sticky_key(request);
	wish = (struct pool_wish){
		.hash = hash_span((struct hash_seed){ 1, 2 }, span_make((const char *)request->source.bytes, sizeof(request->source.bytes))),
		.sticky = request->sticky_key, .tried = request->tried, .now_ms = request->connection->worker->loop.now_ms,
	};

	return pool_take(request->route->pool, &wish);
}

static void learn(struct request *request, enum origin_outcome outcome)
{
	if (request->member)
		origin_learn(request->member->origin, outcome, request->connection->worker->loop.now_ms);
}

/* RFC 9110, 9.2.2; a body is gone once it was sent. */
static bool is_safe_twice(const struct request *request)
{
	return method_is_idempotent(request->head.method) && request->head.body.framing == BODY_NONE;
}

/* May this request be sent once more? Nothing of its body has gone, and either nothing at all was sent, or the method says
 * that twice is as good as once (RFC 9110, 9.2.2). */
static bool is_repeatable(const struct request *request)
{
	return request->tries < TRIES_MAX && request->up_bytes == 0 &&
	       (!request->forwarded_ns || is_safe_twice(request));
}

/* The origin failed before its response began. */
static enum step_outcome fail_origin(struct request *request, enum origin_outcome outcome)
{
	static const struct {
		unsigned status;
		enum reason reason;
	} answers[] = {
		[ORIGIN_UNREACHABLE] = { 502, REASON_ORIGIN_CONNECT },
		[ORIGIN_TIMED_OUT] = { 504, REASON_ORIGIN_TIMEOUT },
		[ORIGIN_ERROR] = { 502, REASON_ORIGIN_BROKEN },
	};
	bool was_old = request->origin && request->origin->is_reused;

	if (!was_old || outcome == ORIGIN_TIMED_OUT)  /* a kept connection that went away meanwhile says nothing about the origin */
		learn(request, outcome == ORIGIN_ERROR ? ORIGIN_UNREACHABLE : outcome);
	if (!was_old && request->member)
		request->tried |= (uint64_t)1 << (request->member - request->route->pool->members);
	request_release_origin(request, false);
	request->reason = REASON_NONE;
	request->failed_reason = answers[outcome].reason;
	/* After a timeout only what was not sent at all: an origin may be at work on the rest. */
	request->has_timed_out |= outcome == ORIGIN_TIMED_OUT;
	if ((outcome != ORIGIN_TIMED_OUT || !request->forwarded_ns) && is_repeatable(request)) {
		request->forwarded_ns = 0;
		request->up_is_done = request->up_has_begun = false;
		request->step = STEP_CONNECT;
		return STEP_AGAIN;
	}
	return request_answer(request, answers[outcome].status, DECISION_DROP, answers[outcome].reason);
}

/* Ours is missing: no word about the origin. */
static enum step_outcome fail_memory(struct request *request)
{
	request_release_origin(request, false);
	return request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
}

enum result request_greet_origin(struct request *request)
{
	struct origin_connection *origin = request->origin;
	struct proxy_header header = { .source = request->connection->peer, .destination = *connection_reached(request->connection) };

	if (origin->origin->proxy_protocol == ORIGIN_PROXY_NONE)
		return RESULT_OK;
	header.source.address = request->source;
	return proxy_header_write(origin->origin->proxy_protocol == ORIGIN_PROXY_V1 ? 1 : 2, &header, &origin->out);
}

static enum step_outcome open_origin(struct request *request)
{
	struct worker *worker = request->connection->worker;
	enum result result;

	request->member = request_take_member(request);
	if (!request->member && request->has_timed_out)
		return request_answer(request, 504, DECISION_DROP, REASON_ORIGIN_TIMEOUT);
	if (!request->member)
		return request_answer(request, request->tries ? 502 : 503, request->tries ? DECISION_DROP : DECISION_LIMIT,
		                      request->tries ? request->failed_reason : REASON_NO_ORIGIN);
	request->last_member = request->member;
	request->tries++;
	request->connect_ns = now_ns(request);
	request->origin = request->tries == 1 ? origin_connection_reuse(&worker->origins, request->member->origin, !is_safe_twice(request), request) : NULL;
	request->was_reused = request->origin != NULL;
	if (request->origin)
		return STEP_NEXT;
	result = origin_connection_open(&worker->origins, request->member->origin, request, &request->origin);
	/* A PROXY header belongs to a connection, so such connections are never kept (see release in deliver.c). */
	if (result == RESULT_OK)
		result = request_greet_origin(request);
	if (result == RESULT_LIMIT || result == RESULT_NO_MEMORY)
		return fail_memory(request);
	if (result != RESULT_OK)
		return fail_origin(request, ORIGIN_UNREACHABLE);
	request_set_clock(request, request->route->settings->timeouts.connect_ms);
	return STEP_WAIT;
}

enum step_outcome step_connect(struct request *request)
{
	enum result result;

	if (!request->origin)
		return open_origin(request);
	if (request->reason == REASON_ORIGIN_TIMEOUT)
		return fail_origin(request, ORIGIN_TIMED_OUT);
	result = origin_connection_advance(request->origin);
	if (result == RESULT_MORE)
		return STEP_WAIT;
	if (result == RESULT_NO_MEMORY)
		return fail_memory(request);
	return result == RESULT_OK ? STEP_NEXT : fail_origin(request, ORIGIN_UNREACHABLE);
}

static bool is_unusual(struct span name)
{
	return span_find(name, '_') < name.len || span_find(name, '.') < name.len;
}

/* One name to CGI, PHP and WSGI, which read X_Role and X.Role as X-Role. */
static bool reads_alike(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		char x = a.at[i] == '_' || a.at[i] == '.' ? '-' : ascii_lower(a.at[i]);
		char y = b.at[i] == '_' || b.at[i] == '.' ? '-' : ascii_lower(b.at[i]);

		if (x != y)
			return false;
	}
	return true;
}

/* Security, fails closed: names that an origin takes for what only we may say. X-Forwarded-Prefix, -Ssl and their kin are
 * believed like X-Forwarded-For, by every spelling that reads like one of ours. IIS and several frameworks take the path from
 * X-Original-URL or X-Rewrite-URL, whatever path was guarded here; and CGI hands Proxy on as HTTP_PROXY (CVE-2016-5385). */
static bool is_misleading(struct span name)
{
	static const struct span others[] = { SPAN_INIT("proxy"), SPAN_INIT("x-original-url"), SPAN_INIT("x-rewrite-url") };
	const struct span family = SPAN("x-forwarded-");
	char plain[32];

	if (reads_alike(span_take(name, family.len), family))
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (reads_alike(name, others[i]))
			return true;
	}
	if (!is_unusual(name) || name.len > sizeof(plain))
		return false;
	for (size_t i = 0; i < name.len; i++)
		plain[i] = name.at[i] == '_' || name.at[i] == '.' ? '-' : name.at[i];
	return field_id_of(span_make(plain, name.len)) != FIELD_OTHER;
}

/* Fields that go no further: about the connection, or ours to say. */
static bool is_dropped(const struct request *request, const struct field *field)
{
	const struct origin_auth_settings *auth = request->member->settings->auth;

	/* Security: the header by which the origin knows us is ours alone to send. */
	if (auth && auth->header_secret.len && reads_alike(field->name, auth->header))
		return true;
	switch ((int)field->id) {
	case FIELD_OTHER:
		break;
	case FIELD_HOST: case FIELD_CONTENT_LENGTH: case FIELD_EXPECT: case FIELD_X_FORWARDED_FOR: case FIELD_X_FORWARDED_PROTO:
	case FIELD_X_FORWARDED_HOST: case FIELD_X_FORWARDED_PORT: case FIELD_FORWARDED: case FIELD_X_REAL_IP: case FIELD_X_REQUEST_ID:
	case FIELD_CLIENT_CERT: case FIELD_CLIENT_CERT_CHAIN: case FIELD_VIA: case FIELD_CDN_LOOP: case FIELD_TRAILER:
		return true;
	default:
		break;
	}
	if (field->id == FIELD_OTHER && is_misleading(field->name))
		return true;
	if (request->route->settings->drop_unusual_names && is_unusual(field->name))
		return true;
	return field_is_hop_by_hop(&request->head.fields, field);
}

static bool is_named(const struct list_value *names, struct span name)
{
	const struct span *list = names->items;

	for (size_t i = 0; i < names->count; i++) {
		if (reads_alike(list[i], name))
			return true;
	}
	return false;
}

static bool is_set(const struct list_value *pairs, struct span name)
{
	const struct name_value *list = pairs->items;

	for (size_t i = 0; i < pairs->count; i++) {
		if (reads_alike(list[i].name, name))
			return true;
	}
	return false;
}

/* Writers fail only when the head is larger than the buffer; the first failure is remembered and asked for once. */
struct head_out {
	struct buffer *out;
	enum result result;
};

static void put(struct head_out *head, struct span name, struct span value)
{
	if (head->result == RESULT_OK)
		head->result = field_write(name, value, head->out);
}

/* By whole segments, as routes are: "/a" and "/a/" are in front of /a and /a/b, not of /ab. */
static struct span strip_prefix(struct span path, struct span prefix)
{
	while (prefix.len && prefix.at[prefix.len - 1] == '/')
		prefix.len--;
	if (!span_starts(path, prefix) || (path.len > prefix.len && path.at[prefix.len] != '/'))
		return path;
	return span_skip(path, prefix.len);
}

static struct span rewritten_path(struct request *request)
{
	const struct edge_rewrite *rewrite = request->route->settings->rewrite;
	struct span path = request->head.path;
	char *to;

	if (!rewrite || path.at[0] != '/')  /* OPTIONS * is about the whole server: it has no path */
		return path;
	path = strip_prefix(path, rewrite->strip);
	if (rewrite->add.len && path.len && rewrite->add.at[rewrite->add.len - 1] == '/')
		path = span_skip(path, 1);
	if (!rewrite->add.len)
		return path.len ? path : arena_copy(&request->arena, SPAN("/"));
	to = arena_take(&request->arena, rewrite->add.len + path.len);
	if (!to)
		return SPAN_NONE;
	if (rewrite->add.len)
		memcpy(to, rewrite->add.at, rewrite->add.len);
	memcpy(to + rewrite->add.len, path.at, path.len);
	return span_make(to, rewrite->add.len + path.len);
}

/* Client fields as they came, cookies of HTTP/2 already joined; a chain of trusted proxies is carried on. */
static void put_client_fields(struct request *request, struct head_out *head)
{
	const struct edge_header_edit *edit = &request->route->settings->headers.request;
	const struct fields *fields = &request->head.fields;

	for (unsigned i = 0; i < fields->count; i++) {
		const struct field *field = &fields->list[i];

		if (!is_dropped(request, field) && !is_named(&edit->remove, field->name) && !is_set(&edit->set, field->name))
			put(head, field->name, field->value);
	}
	for (size_t i = 0; i < edit->set.count; i++) {
		const struct name_value *set = (const struct name_value *)edit->set.items + i;

		put(head, set->name, set->value);
	}
}

static void put_list_field(struct request *request, struct head_out *head, enum field_id id, struct span name, struct span own)
{
	const struct fields *fields = &request->head.fields;
	struct buffer value;

	buffer_init(&value, 8192);
	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->list[i].id == id && head->result == RESULT_OK)
			head->result = buffer_print(&value, "%.*s, ", SPAN_ARG(fields->list[i].value));
	}
	if (head->result == RESULT_OK)
		head->result = buffer_append(&value, own);
	put(head, name, buffer_span(&value));
	buffer_done(&value);
}

/* What the origin is told about the client: only what we know, or what a trusted proxy said. */
static void put_forwarded(struct request *request, struct head_out *head)
{
	struct connection *connection = request->connection;
	const struct field *proto = request->is_source_trusted ? fields_find(&request->head.fields, FIELD_X_FORWARDED_PROTO) : NULL;
	char way[ADDRESS_TEXT_MAX + sizeof(", ") + ADDRESS_TEXT_MAX];
	size_t used = 0;

	/* Who was named by Forwarded, or the origin would take the proxy for the visitor. */
	if (!fields_find(&request->head.fields, FIELD_X_FORWARDED_FOR) && !address_equal(&request->source, &connection->peer.address)) {
		address_write(&request->source, way);
		used = strlen(way);
		memcpy(way + used, ", ", 2);
		used += 2;
	}
	address_write(&connection->peer.address, way + used);
	if (request->is_source_trusted)
		put_list_field(request, head, FIELD_X_FORWARDED_FOR, SPAN("X-Forwarded-For"), span_of(way));
	else
		put(head, SPAN("X-Forwarded-For"), span_of(way));
	put(head, SPAN("X-Forwarded-Proto"), proto ? proto->value : connection->is_tls ? SPAN("https") : SPAN("http"));
	put(head, SPAN("X-Forwarded-Host"), request->head.authority);
}

static void put_via(struct request *request, struct head_out *head)
{
	struct span node = span_of(request->connection->worker->common->node);
	char text[sizeof("2.0 ") + sizeof(request->connection->worker->common->node)];
	struct span via = span_make(text, 4 + node.len);

	memcpy(text, request->head.version == HTTP_2 ? "2.0 " : request->head.version == HTTP_1_1 ? "1.1 " : "1.0 ", 4);
	memcpy(text + 4, node.at, node.len);
	if (fields_find(&request->head.fields, FIELD_VIA))
		put_list_field(request, head, FIELD_VIA, SPAN("Via"), via);
	else
		put(head, SPAN("Via"), via);
	if (fields_find(&request->head.fields, FIELD_CDN_LOOP))
		put_list_field(request, head, FIELD_CDN_LOOP, SPAN("CDN-Loop"), node);
}

static void put_certificate(struct head_out *head, struct span der)
{
	struct buffer text;
	struct span value;

	buffer_init(&text, 64u * 1024);
	value = certificate_header(der, &text);
	if (!value.len)
		head->result = RESULT_LIMIT;  /* fails closed: an origin that relies on it must not see the request without */
	put(head, SPAN("Client-Cert"), value);
	buffer_done(&text);
}

static void put_ours(struct request *request, struct head_out *head)
{
	const struct origin_auth_settings *auth = request->member->settings->auth;
	struct span certificate = transport_client_certificate(&request->connection->transport);
	char id[32];

	put_forwarded(request, head);
	put_via(request, head);
	hex_write(request->id, sizeof(request->id), id);
	put(head, SPAN("X-Request-Id"), span_make(id, sizeof(id)));
	if (auth && auth->header_secret.len)
		put(head, auth->header, auth->header_secret);
	if (certificate.len) {
		put_certificate(head, certificate);
	}
}

static void put_framing(struct request *request, struct head_out *head)
{
	struct body_size size = request->head.body;

	request->up_is_chunked = size.framing != BODY_NONE && !size.is_known;
	if (request->wants_tunnel) {
		put(head, SPAN("Connection"), SPAN("Upgrade"));
		put(head, SPAN("Upgrade"), request->head.protocol.len ? request->head.protocol : fields_find(&request->head.fields, FIELD_UPGRADE)->value);
		if (request->head.protocol.len)  /* HTTP/2 has no such handshake; the origin's HTTP/1 has (RFC 8441, 5) */
			put(head, SPAN("Sec-WebSocket-Key"), SPAN("Ym91Y2xpZXItZm9yLWgyIQ=="));
		return;
	}
	if (request->up_is_chunked)
		put(head, SPAN("Transfer-Encoding"), SPAN("chunked"));
	else if (size.framing != BODY_NONE || size.is_known) {
		char digits[DECIMAL_MAX];

		put(head, SPAN("Content-Length"), span_make(digits, decimal_write(size.bytes, digits)));
	}
}

/* Whatever version it says ("h2c/1"), and however it goes on ("h2c-14", of the drafts). */
static bool offers_h2c(struct span list)
{
	while (list.len) {
		if (span_starts_nocase(span_trim(span_cut(&list, ',')), SPAN("h2c")))
			return true;
	}
	return false;
}

/* Any one Upgrade but h2c may become a tunnel, if the origin says 101; an extended CONNECT is one already (RFC 8441).
 * Security: with h2c anywhere in it, or said twice, it is left out: an origin that speaks h2c would be out of our sight. */
static bool wants_tunnel(const struct request *request)
{
	const struct fields *fields = &request->head.fields;

	if (request->head.protocol.len)
		return true;
	return !request->is_h2 && request->head.version == HTTP_1_1 && request->head.body.framing == BODY_NONE &&
	       fields_count(fields, FIELD_UPGRADE) == 1 && !offers_h2c(fields_find(fields, FIELD_UPGRADE)->value) &&
	       fields_has_token(fields, FIELD_CONNECTION, SPAN("upgrade"));
}

static enum result write_head(struct request *request)
{
	const struct origin_settings *member = request->member->settings;
	struct head_out head = { &request->origin->out, RESULT_OK };
	struct span method = request->head.protocol.len ? method_name(METHOD_GET) : request->head.method_name;

	head.result = request_line_write(method, rewritten_path(request), request->head.has_query, request->head.query, head.out);
	put(&head, SPAN("Host"), member->host.len ? member->host : request->head.authority);
	put_client_fields(request, &head);
	put_ours(request, &head);
	put_framing(request, &head);
	return head.result == RESULT_OK ? head_end_write(head.out) : head.result;
}

enum step_outcome step_forward(struct request *request)
{
	enum result result;

	request->connected_ns = now_ns(request);
	request->wants_tunnel = wants_tunnel(request);
	result = write_head(request);
	if (result != RESULT_OK) {
		request_release_origin(request, true);
		return request_answer(request, result == RESULT_LIMIT ? 431 : 503, DECISION_DROP, REASON_NO_MEMORY);
	}
	request->up_has_begun = true;
	/* Security: what a client sends behind an Upgrade stays here until the origin has said 101. */
	request->up_is_done = request->head.body.framing == BODY_NONE || request->wants_tunnel;
	feed_init(&request->up, request->head.body, (uint64_t)request->route->settings->limits.body_bytes, &request->arena);
	head_reader_init(&request->response_reader);
	fields_init(&request->response.fields, &request->arena, RESPONSE_FIELDS_MAX);
	request->forwarded_ns = now_ns(request);
	request_set_clock(request, request->route->settings->timeouts.first_byte_ms);
	return STEP_NEXT;
}

/* A head that came whole; 1xx are told on, or kept to ourselves. */
static enum step_outcome take_response_head(struct request *request)
{
	struct response_head *head = &request->response;

	request->origin_status = head->status;
	if (head->status == 101 && request->wants_tunnel)
		return STEP_NEXT;
	if (head->status == 101)
		return fail_origin(request, ORIGIN_ERROR);
	if (head->status < 200) {
		/* An origin that never gets to the point would have a worker for itself, and fill a stalled client's queue. */
		if (++request->interims > INTERIMS_MAX)
			return request_answer(request, 502, DECISION_DROP, REASON_ORIGIN_BROKEN);
		if (head->status != 100 && request->head.version != HTTP_1_0)
			response_send_interim(request, head->status, &head->fields);
		buffer_consume(&request->origin->in, request->response_head_bytes);
		head_reader_init(&request->response_reader);
		return STEP_AGAIN;
	}
	/* To an extended CONNECT, 2xx says that there is a tunnel (RFC 8441, section 5), and the origin made none. */
	if (request->wants_tunnel && request->head.protocol.len && head->status < 300)
		return request_answer(request, 502, DECISION_DROP, REASON_ORIGIN_BROKEN);
	if (request->wants_tunnel) {  /* the origin answered the request itself: there is no tunnel */
		request->up_is_done = true;
		request->wants_tunnel = false;
	}
	return STEP_NEXT;
}

static enum step_outcome read_response_head(struct request *request)
{
	struct origin_connection *origin = request->origin;
	const struct http_limits limits = { .head_bytes = 60u * 1024, .fields = RESPONSE_FIELDS_MAX, .body_bytes = INT64_MAX };
	enum http_fault fault = HTTP_FAULT_NONE;
	size_t used = 0;
	enum result result;

	request->response.fields.count = 0;  /* its arena memory serves every try */
	result = response_head_read(&request->response_reader, buffer_span(&origin->in), &limits, request_method(request), &request->response, &used, &fault);
	if (result == RESULT_MORE)
		return STEP_WAIT;
	if (fault == HTTP_FAULT_NO_MEMORY)
		return fail_memory(request);
	if (result != RESULT_OK) {
		request->fault = fault;
		return fail_origin(request, ORIGIN_ERROR);
	}
	if (!request->first_byte_ns)
		request->first_byte_ns = now_ns(request);
	request->response_head_bytes = used;
	return take_response_head(request);
}

enum step_outcome step_await(struct request *request)
{
	const struct edge_timeouts *timeouts = &request->route->settings->timeouts;
	uint64_t up_bytes = request->up_bytes;
	enum result up = request_pump_up(request);
	enum result result;

	if (request->reason == REASON_ORIGIN_TIMEOUT)
		return fail_origin(request, ORIGIN_TIMED_OUT);
	if (request->reason == REASON_CLIENT_SLOW || up == RESULT_REFUSED)
		return request_answer(request, 408, DECISION_DROP, REASON_CLIENT_SLOW);
	if (up == RESULT_NO_MEMORY)
		return fail_memory(request);
	if (up == RESULT_MALFORMED) {
		request_release_origin(request, false);
		return request_answer_fault(request, request->fault == HTTP_FAULT_NONE ? HTTP_FAULT_BODY_SHORT : request->fault);
	}
	/* An origin answers when it has the body: its time begins with the last byte; a slow client is http1.c's affair. */
	if (request->up_bytes != up_bytes)
		request_set_clock(request, request->up_is_done ? timeouts->first_byte_ms : timeouts->idle_ms);
	/* An origin may answer and close before it read all of the body: its answer counts, not our broken write. */
	for (;;) {
		if (buffer_len(&request->origin->in)) {
			enum step_outcome outcome = read_response_head(request);

			if (outcome == STEP_AGAIN && request->step == STEP_AWAIT)
				continue;  /* an interim response: the next head may be here already */
			if (outcome != STEP_WAIT)
				return outcome;
		}
		result = origin_connection_fill(request->origin);
		if (result == RESULT_MORE)
			return up == RESULT_IO ? fail_origin(request, ORIGIN_ERROR) : STEP_WAIT;
		if (result == RESULT_NO_MEMORY)
			return fail_memory(request);
		if (result != RESULT_OK)
			return fail_origin(request, ORIGIN_ERROR);
	}
}
