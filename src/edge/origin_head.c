/* The head as an origin gets it: re-written canonically, without what is not the client's to say, with what we know of it. */
#include "edge/request.h"

#include "base/encode.h"
#include "http/accept_encoding.h"
#include "http/head_writer.h"

#include "base/banned.h"

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

/* Rules look at the answer's body: the origin may only encode it as we can decode it. */
static bool reads_answers(const struct request *request)
{
	return request->rules && request->rules->response_bodies;
}

/* Fields that go no further: about the connection, or ours to say. */
static bool is_dropped(const struct request *request, const struct fields *fields, const struct field *field)
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
	if (field->id == FIELD_ACCEPT_ENCODING && reads_answers(request) && !learning_is_shared(request))
		return true;
	/* What is kept here has its own validators; the client's are asked of the answer. */
	if (request->caching.is_revalidating && (field->id == FIELD_IF_NONE_MATCH || field->id == FIELD_IF_MODIFIED_SINCE))
		return true;
	if (field->id == FIELD_OTHER && is_misleading(field->name))
		return true;
	if (request->route->settings->drop_unusual_names && is_unusual(field->name))
		return true;
	return field_is_hop_by_hop(fields, field);
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
	const struct fields *fields = learning_fields(request);

	for (unsigned i = 0; i < fields->count; i++) {
		const struct field *field = &fields->list[i];

		if (!is_dropped(request, fields, field) && !is_named(&edit->remove, field->name) && !is_set(&edit->set, field->name))
			put(head, field->name, field->value);
	}
	for (size_t i = 0; i < edit->set.count; i++) {
		const struct name_value *set = (const struct name_value *)edit->set.items + i;

		put(head, set->name, set->value);
	}
}

static void put_list_field(struct request *request, struct head_out *head, enum field_id id, struct span name, struct span own)
{
	const struct fields *fields = learning_fields(request);
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
	if (!fields_find(learning_fields(request), FIELD_X_FORWARDED_FOR) && !address_equal(&request->source, &connection->peer.address)) {
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
	put(head, SPAN("X-Forwarded-Host"), learning_authority(request));
}

static void put_via(struct request *request, struct head_out *head)
{
	struct span node = span_of(request->connection->worker->common->node);
	char text[sizeof("2.0 ") + sizeof(request->connection->worker->common->node)];
	struct span via = span_make(text, 4 + node.len);

	memcpy(text, request->head.version == HTTP_2 ? "2.0 " : request->head.version == HTTP_1_1 ? "1.1 " : "1.0 ", 4);
	memcpy(text + 4, node.at, node.len);
	if (fields_find(learning_fields(request), FIELD_VIA))
		put_list_field(request, head, FIELD_VIA, SPAN("Via"), via);
	else
		put(head, SPAN("Via"), via);
	if (fields_find(learning_fields(request), FIELD_CDN_LOOP))
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

static void put_codings(const struct request *request, struct head_out *head)
{
	char text[ACCEPT_ENCODING_MAX];
	struct span codings = accept_encoding_reduce(&request->head.fields, text);

	if (codings.len)
		put(head, SPAN("Accept-Encoding"), codings);
}

static void put_validators(const struct request *request, struct head_out *head)
{
	const struct cache_object *stale = request->caching.stale;
	const struct field *tag = fields_find(&stale->fields, FIELD_ETAG), *changed = fields_find(&stale->fields, FIELD_LAST_MODIFIED);

	if (tag)
		put(head, SPAN("If-None-Match"), tag->value);
	if (changed)
		put(head, SPAN("If-Modified-Since"), changed->value);
}

static void put_ours(struct request *request, struct head_out *head)
{
	const struct origin_auth_settings *auth = request->member->settings->auth;
	bool is_asked = request->site->net->tls.client_certificate.mode != TLS_CLIENT_NONE;
	struct span certificate = is_asked ? transport_client_certificate(&request->connection->transport) : SPAN_NONE;
	char id[32];

	if (reads_answers(request) && !learning_is_shared(request))
		put_codings(request, head);
	if (request->caching.is_revalidating)
		put_validators(request, head);
	put_forwarded(request, head);
	put_via(request, head);
	hex_write(request->id, sizeof(request->id), id);
	put(head, SPAN("X-Request-Id"), span_make(id, sizeof(id)));
	if (auth && auth->header_secret.len)
		put(head, auth->header, auth->header_secret);
	if (certificate.len)
		put_certificate(head, certificate);
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
bool request_wants_tunnel(const struct request *request)
{
	const struct fields *fields = &request->head.fields;

	if (request->head.protocol.len)
		return true;
	return !request->is_h2 && request->head.version == HTTP_1_1 && request->head.body.framing == BODY_NONE &&
	       fields_count(fields, FIELD_UPGRADE) == 1 && !offers_h2c(fields_find(fields, FIELD_UPGRADE)->value) &&
	       fields_has_token(fields, FIELD_CONNECTION, SPAN("upgrade"));
}

enum result request_write_head(struct request *request)
{
	const struct origin_settings *member = request->member->settings;
	struct head_out head = { &request->origin->out, RESULT_OK };
	bool is_shared = learning_is_shared(request), is_get = request->head.protocol.len || is_shared;
	struct span method = is_get ? method_name(METHOD_GET) : request->head.method_name;

	head.result = request_line_write(method, rewritten_path(request), request->head.has_query && !is_shared, request->head.query, head.out);
	put(&head, SPAN("Host"), member->host.len ? member->host : learning_authority(request));
	put_client_fields(request, &head);
	put_ours(request, &head);
	put_framing(request, &head);
	return head.result == RESULT_OK ? head_end_write(head.out) : head.result;
}
