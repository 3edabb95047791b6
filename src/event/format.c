#include "event/notice.h"

#include <endian.h>

#include "base/encode.h"
#include "event/mask.h"
#include "event/rules.h"
#include "source/kind.h"

#include "base/banned.h"

#define HOST_MAX 255
#define NAME_MAX_BYTES 128
#define PATH_MAX_BYTES 1024
#define QUERY_MAX_BYTES 768
#define AGENT_MAX_BYTES 256
#define DETAIL_MAX_BYTES 256

static const struct span unknown = SPAN_INIT("unknown");

struct span format_decision(enum decision decision)
{
	static const struct span names[DECISION_COUNT] = {
		[DECISION_ALLOW] = SPAN_INIT("allow"), [DECISION_LOG] = SPAN_INIT("log"),
		[DECISION_CHALLENGE] = SPAN_INIT("challenge"), [DECISION_QUEUE] = SPAN_INIT("queue"),
		[DECISION_LIMIT] = SPAN_INIT("limit"), [DECISION_BLOCK] = SPAN_INIT("block"), [DECISION_DROP] = SPAN_INIT("drop"),
	};

	return (unsigned)decision < DECISION_COUNT ? names[decision] : unknown;
}

struct span format_reason(enum reason reason)
{
	static const struct span names[REASON_COUNT] = {
#define X(id, name) [REASON_##id] = SPAN_INIT(name),
		REASON_LIST(X)
#undef X
	};

	return (unsigned)reason < REASON_COUNT ? names[reason] : unknown;
}

struct span format_fault(enum http_fault fault)
{
	static const struct span names[HTTP_FAULT_COUNT] = {
#define X(id, status, name, text) [HTTP_FAULT_##id] = SPAN_INIT(name),
		HTTP_FAULT_LIST(X)
#undef X
	};

	return (unsigned)fault < HTTP_FAULT_COUNT ? names[fault] : unknown;
}

void format_init(struct format *format, struct span node, struct hash_seed key)
{
	struct line line = { format->node, format->node + sizeof(format->node), false };

	*format = (struct format){ .key = key };
	line_member_text(&line, SPAN(",\"bouclier.node\":"), node, sizeof(format->node));
	format->node_len = (size_t)(line.at - format->node);
}

struct line format_start(struct format *format, struct span dataset, uint64_t wall_ns, char *out)
{
	struct line line = { out, out + FORMAT_MAX, false };

	line_member_plain(&line, SPAN("{\"@timestamp\":"), line_clock_text(&format->clock, wall_ns));
	line_member_plain(&line, SPAN(",\"event.dataset\":"), dataset);
	line_raw(&line, span_make(format->node, format->node_len));
	return line;
}

static size_t finish(struct line *line, char *out)
{
	static const struct span cut = SPAN_INIT(",\"bouclier.cut\":true");

	line->end = out + FORMAT_MAX;
	if (line->is_cut)
		line_raw(line, cut);
	return (size_t)(line->at - out);
}

/* Room for `finish` is kept from the start. */
static struct line start(struct format *format, struct span dataset, uint64_t wall_ns, char *out)
{
	struct line line = format_start(format, dataset, wall_ns, out);

	line.end -= 24;
	return line;
}

static void add_client(struct line *line, const struct format *format, int kept, const struct address *address, uint16_t port)
{
	struct address truncated;
	char key[16];
	uint64_t hash;

	switch ((enum log_address)kept) {
	case LOG_ADDRESS_FULL:
		line_raw(line, SPAN(",\"source.ip\":\""));
		line_address(line, address);
		line_raw(line, SPAN("\""));
		line_member_count(line, SPAN(",\"source.port\":"), port);
		return;
	case LOG_ADDRESS_KEYED:
		hash = hash_span(format->key, span_make((const char *)address->bytes, sizeof(address->bytes)));
		hex_write(&hash, sizeof(hash), key);
		line_member_plain(line, SPAN(",\"bouclier.client_key\":"), span_make(key, sizeof(key)));
		return;
	case LOG_ADDRESS_TRUNCATED:
	default:  /* fails closed: what is not understood keeps less */
		truncated = address_truncate(*address);
		line_raw(line, SPAN(",\"source.ip\":\""));
		line_address(line, &truncated);
		line_raw(line, SPAN("\",\"bouclier.client_ip\":\"truncated\""));
	}
}

static void add_verdict(struct line *line, enum decision decision, enum reason reason, enum http_fault fault)
{
	line_member_plain(line, SPAN(",\"bouclier.decision\":"), format_decision(decision));
	if (reason != REASON_NONE) {
		line_raw(line, SPAN(",\"bouclier.reasons\":[\""));
		line_raw(line, format_reason(reason));
		line_raw(line, SPAN("\"]"));
	}
	if (fault != HTTP_FAULT_NONE)
		line_member_plain(line, SPAN(",\"bouclier.fault\":"), format_fault(fault));
}

/* Where guard/ only observes. */
static void add_would(struct line *line, enum decision would, enum reason reason)
{
	if (would == DECISION_ALLOW)
		return;
	line_member_plain(line, SPAN(",\"bouclier.would\":"), format_decision(would));
	if (reason != REASON_NONE)
		line_member_plain(line, SPAN(",\"bouclier.would_for\":"), format_reason(reason));
}

static void add_pair(struct line *line, struct span pair)
{
	char masked[MASK_TEXT_MAX];

	line_raw(line, mask_pair(pair, masked));
}

static void add_query(struct line *line, struct span query)
{
	static const struct span name = SPAN_INIT(",\"url.query\":\"");
	char *end = line->end;

	if (line_room(line) < name.len + MASK_TEXT_MAX + 8) {
		line->is_cut = true;
		return;
	}
	line_raw(line, name);
	end--;
	line->end = line_room(line) - 1 < QUERY_MAX_BYTES ? end : line->at + QUERY_MAX_BYTES;
	while (query.at) {
		struct span pair = span_cut(&query, '&');

		if (line_room(line) < MASK_TEXT_MAX + 8) {
			line->is_cut = true;
			line_raw(line, SPAN("\xe2\x80\xa6"));
			break;
		}
		add_pair(line, pair);
		if (query.at)
			line_raw(line, SPAN("&"));
	}
	line->end = end + 1;
	line_raw(line, SPAN("\""));
}

/* Parameters of a path segment (;jsessionid=...) are what cookies are elsewhere: masked like a query. */
static void add_masked_path(struct line *line, struct span path)
{
	size_t max = line_room(line) < PATH_MAX_BYTES ? line_room(line) : PATH_MAX_BYTES;
	char *limit = line->at + max;

	while (path.len) {
		size_t semicolon = span_find(path, ';');
		struct span parameters = span_skip(path, semicolon + 1);
		size_t slash = span_find(parameters, '/');

		line_text(line, span_take(path, semicolon), (size_t)(limit - line->at));
		if (semicolon == path.len)
			return;
		if (limit - line->at < MASK_TEXT_MAX + 8) {
			line->is_cut = true;
			return;
		}
		line_raw(line, SPAN(";"));
		add_pair(line, span_take(parameters, slash));
		path = span_skip(parameters, slash);
	}
}

static void add_path(struct line *line, struct span path)
{
	char *end = line->end;

	if (span_find(path, ';') == path.len) {
		line_member_text(line, SPAN(",\"url.path\":"), path, PATH_MAX_BYTES);
		return;
	}
	if (line_room(line) < PATH_MAX_BYTES + 32) {
		line->is_cut = true;
		return;
	}
	line_raw(line, SPAN(",\"url.path\":\""));
	line->end = end - 1;
	add_masked_path(line, path);
	line->end = end;
	line_raw(line, SPAN("\""));
}

static struct span version_text(enum http_version version)
{
	switch (version) {
	case HTTP_1_0: return SPAN("1.0");
	case HTTP_1_1: return SPAN("1.1");
	case HTTP_2: return SPAN("2");
	default: return unknown;
	}
}

static void add_head(struct line *line, const struct request_head *head)
{
	const struct field *agent = fields_find(&head->fields, FIELD_USER_AGENT);

	line_member_text(line, SPAN(",\"http.request.method\":"), head->method_name, 32);
	line_member_text(line, SPAN(",\"url.domain\":"), head->host, HOST_MAX);
	if (head->path.len)
		add_path(line, head->path);
	if (head->has_query)
		add_query(line, head->query);
	line_member_plain(line, SPAN(",\"http.version\":"), version_text(head->version));
	if (agent)
		line_member_text(line, SPAN(",\"user_agent.original\":"), agent->value, AGENT_MAX_BYTES);
}

static void add_response(struct line *line, const struct request_fact *fact)
{
	line_member_count(line, SPAN(",\"http.response.status_code\":"), fact->status);
	line_member_count(line, SPAN(",\"http.request.body.bytes\":"), fact->request_bytes);
	line_member_count(line, SPAN(",\"http.response.body.bytes\":"), fact->response_bytes);
	line_member_number(line, SPAN(",\"event.duration\":"), fact->total_us * 1000);
}

static void add_origin(struct line *line, const struct request_fact *fact)
{
	if (fact->origin.len == 0)
		return;
	line_member_text(line, SPAN(",\"bouclier.origin\":"), fact->origin, HOST_MAX);
	line_member_count(line, SPAN(",\"bouclier.origin_status\":"), fact->origin_status);
	line_member_number(line, SPAN(",\"bouclier.cost_us\":"), fact->connect_us + fact->first_byte_us);
	line_member_number(line, SPAN(",\"bouclier.wait_us\":"), fact->wait_us);
	line_member_number(line, SPAN(",\"bouclier.connect_us\":"), fact->connect_us);
	line_member_number(line, SPAN(",\"bouclier.first_byte_us\":"), fact->first_byte_us);
	line_member_count(line, SPAN(",\"bouclier.retries\":"), fact->retries);
	if (fact->is_reused)
		line_raw(line, SPAN(",\"bouclier.reused\":true"));
}

static void add_tls(struct line *line, struct span version, struct span sni, struct span ja4)
{
	line_member_text(line, SPAN(",\"tls.version\":"), version, 16);
	line_member_text(line, SPAN(",\"tls.client.server_name\":"), sni, HOST_MAX);
	line_member_text(line, SPAN(",\"tls.client.ja4\":"), ja4, 64);
}

/* Only of clients whose kind it was that put them further down. */
static void add_kind(struct line *line, uint32_t kind)
{
	char text[KIND_TEXT_LEN];

	if (!kind)
		return;
	kind_write(kind, text);
	line_member_plain(line, SPAN(",\"bouclier.kind\":"), span_make(text, sizeof(text)));
}

static void add_request_id(struct line *line, const uint64_t id[2])
{
	char text[32];

	/* Most significant digit first: the same text that the client and the origin are told. */
	for (int i = 0; i < 2; i++) {
		uint64_t big = htobe64(id[i]);

		hex_write(&big, sizeof(big), text + 16 * i);
	}
	line_member_plain(line, SPAN(",\"bouclier.request_id\":"), span_make(text, sizeof(text)));
}

size_t format_request(struct format *format, struct log_client_ip privacy, const struct request_fact *fact, char *out)
{
	struct line line = start(format, SPAN("bouclier.request"), fact->wall_ns, out);
	bool is_refused = decision_is_refusal(fact->decision);

	line_member_text(&line, SPAN(",\"bouclier.tenant\":"), fact->tenant_name, NAME_MAX_BYTES);
	line_member_text(&line, SPAN(",\"bouclier.site\":"), fact->site_name, HOST_MAX);
	add_verdict(&line, fact->decision, fact->reason, fact->fault);
	add_would(&line, fact->would, fact->would_reason);
	add_client(&line, format, is_refused ? privacy.refused : privacy.allowed, &fact->source, fact->source_port);
	if (!address_equal(&fact->source, &fact->peer)) {  /* a trusted proxy: not a client, so never masked */
		line_raw(&line, SPAN(",\"bouclier.peer.ip\":\""));
		line_address(&line, &fact->peer);
		line_raw(&line, SPAN("\""));
	}
	add_response(&line, fact);
	add_request_id(&line, fact->request_id);
	line_member_number(&line, SPAN(",\"bouclier.worker\":"), fact->worker);
	add_origin(&line, fact);
	line_rules(&line, fact->waf);
	if (fact->seen_after != SEEN_NOT)
		line_member_plain(&line, SPAN(",\"bouclier.after\":"), fact->seen_after == SEEN_ATTACK ? SPAN("attack") : SPAN("clean"));
	if (fact->caching != CACHING_NONE)
		line_member_plain(&line, SPAN(",\"bouclier.cache\":"), span_of(caching_state_name(fact->caching)));
	if (fact->is_bypassed)
		line_raw(&line, SPAN(",\"bouclier.bypassed\":true"));
	add_kind(&line, fact->kind);
	line_member_text(&line, SPAN(",\"bouclier.partner\":"), fact->partner, NAME_MAX_BYTES);
	line_member_text(&line, SPAN(",\"bouclier.bot\":"), fact->bot, NAME_MAX_BYTES);
	line_member_text(&line, SPAN(",\"bouclier.impostor\":"), fact->impostor_of, NAME_MAX_BYTES);
	line_member_plain(&line, SPAN(",\"url.scheme\":"), fact->is_tls ? SPAN("https") : SPAN("http"));
	add_tls(&line, fact->tls_version, fact->sni, fact->ja4);
	if (fact->head)
		add_head(&line, fact->head);
	return finish(&line, out);
}

size_t format_connection(struct format *format, struct log_client_ip privacy, const struct connection_fact *fact, char *out)
{
	struct line line = start(format, SPAN("bouclier.connection"), fact->wall_ns, out);
	bool is_refused = decision_is_refusal(fact->decision);

	line_member_text(&line, SPAN(",\"bouclier.site\":"), fact->site_name, HOST_MAX);
	add_verdict(&line, fact->decision, fact->reason, fact->fault);
	add_client(&line, format, is_refused ? privacy.refused : privacy.allowed, &fact->peer, 0);
	line_member_number(&line, SPAN(",\"bouclier.worker\":"), fact->worker);
	add_tls(&line, SPAN_NONE, fact->sni, fact->ja4);
	line_member_text(&line, SPAN(",\"bouclier.detail\":"), fact->detail, DETAIL_MAX_BYTES);
	return finish(&line, out);
}

size_t format_notice(struct format *format, const struct notice *notice, char *out)
{
	struct line line = start(format, SPAN("bouclier.notice"), notice->wall_ns, out);

	line_member_text(&line, SPAN(",\"event.action\":"), notice->action, 64);
	line_member_text(&line, SPAN(",\"bouclier.site\":"), notice->site, HOST_MAX);
	line_member_text(&line, SPAN(",\"bouclier.origin\":"), notice->origin, HOST_MAX);
	line_member_text(&line, SPAN(",\"bouclier.detail\":"), notice->detail, DETAIL_MAX_BYTES);
	return finish(&line, out);
}
