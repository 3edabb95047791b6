#include "http/h2_head.h"

#include "http/body_reader.h"
#include "message/scan.h"

#include "base/banned.h"

#define FIELD_OVERHEAD 32  /* RFC 9113, section 6.5.2 */
#define PSEUDO_ORDER_BITS 3
#define TRAILERS_MAX 32
#define TRAILERS_BYTES_MAX 8192

struct h2_crumb {
	struct h2_crumb *next;
	struct span text;
};

enum pseudo { PSEUDO_METHOD = 1, PSEUDO_SCHEME = 2, PSEUDO_AUTHORITY = 4, PSEUDO_PATH = 8, PSEUDO_PROTOCOL = 16 };

enum result h2_head_begin(struct h2_head *build, struct arena *arena, const struct http_limits *limits)
{
	struct request_head *head = arena_new(arena, struct request_head);

	if (!head)
		return RESULT_NO_MEMORY;
	head->version = HTTP_2;
	fields_init(&head->fields, arena, limits->fields);
	*build = (struct h2_head){ .head = head, .into = &head->fields };
	build->crumbs_end = &build->crumbs;
	return RESULT_OK;
}

enum result h2_trailers_begin(struct h2_head *build, struct arena *arena)
{
	struct fields *trailers = arena_new(arena, struct fields);

	if (!trailers)
		return RESULT_NO_MEMORY;
	fields_init(trailers, arena, TRAILERS_MAX);
	*build = (struct h2_head){ .head = build->head, .into = trailers, .is_trailers = true };
	build->crumbs_end = &build->crumbs;
	return RESULT_OK;
}

static void fault_set(struct h2_head *build, enum http_fault fault)
{
	if (build->fault == HTTP_FAULT_NONE)
		build->fault = fault;
}

static struct span keep(struct h2_head *build, struct span text)
{
	struct span kept = arena_copy(build->into->arena, text);

	if (!kept.at) {
		fault_set(build, HTTP_FAULT_NO_MEMORY);
		build->is_full = true;
	}
	return kept;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* RFC 9113, section 8.2.1: no NUL, CR, LF, and no white space at either end; the other controls go as in HTTP/1. */
static enum http_fault value_fault(struct span value)
{
	const char *end = value.at + value.len, *stop;

	if (value.len == 0)
		return HTTP_FAULT_NONE;
	if (is_blank(value.at[0]) || is_blank(end[-1]))
		return HTTP_FAULT_FIELD_VALUE;
	stop = scan_text(value.at, end);
	if (stop == end)
		return HTTP_FAULT_NONE;
	switch (*stop) {
	case 0:
		return HTTP_FAULT_NUL;
	case '\n':
		return HTTP_FAULT_BARE_LF;
	case '\r':
		return HTTP_FAULT_BARE_CR;
	default:
		return HTTP_FAULT_FIELD_VALUE;
	}
}

/* Only asked for names that are none of ours, which are all well formed. */
static enum http_fault name_fault(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.at[i] >= 'A' && name.at[i] <= 'Z')
			return HTTP_FAULT_H2_FIELD;
		if (name.at[i] == 0)
			return HTTP_FAULT_NUL;
		if (!byte_is(name.at[i], BYTE_TOKEN))
			return HTTP_FAULT_FIELD_NAME;
	}
	return name.len ? HTTP_FAULT_NONE : HTTP_FAULT_FIELD_NAME;
}

static void method_add(struct h2_head *build, struct span value)
{
	struct request_head *head = build->head;

	if (!span_is_token(value))
		fault_set(build, HTTP_FAULT_METHOD);
	head->method = method_of(value);
	head->method_name = head->method == METHOD_OTHER ? keep(build, value) : method_name(head->method);
}

static void path_add(struct h2_head *build, const struct http_limits *limits, struct span value)
{
	struct request_head *head = build->head;
	struct span rest;

	if (value.len == 0 || (value.at[0] != '/' && !span_equal(value, SPAN("*"))))
		fault_set(build, HTTP_FAULT_H2_PSEUDO);
	if (value.len > limits->target_bytes) {
		fault_set(build, HTTP_FAULT_TARGET_LONG);
		return;
	}
	if (scan_target(value.at, value.at + value.len) != value.at + value.len)
		fault_set(build, HTTP_FAULT_TARGET);
	rest = head->target = keep(build, value);
	head->path = span_cut(&rest, '?');
	head->has_query = rest.at != NULL;
	head->query = rest;
}

/* Only what a site can be reached by; another scheme is another protocol's request. */
static void scheme_add(struct h2_head *build, struct span value)
{
	if (span_equal_nocase(value, SPAN("https")))
		build->head->scheme = SPAN("https");
	else if (span_equal_nocase(value, SPAN("http")))
		build->head->scheme = SPAN("http");
	else
		fault_set(build, HTTP_FAULT_H2_PSEUDO);
}

static enum pseudo pseudo_of(struct span name)
{
	if (span_equal(name, SPAN(":path")))
		return PSEUDO_PATH;
	if (span_equal(name, SPAN(":method")))
		return PSEUDO_METHOD;
	if (span_equal(name, SPAN(":scheme")))
		return PSEUDO_SCHEME;
	if (span_equal(name, SPAN(":authority")))
		return PSEUDO_AUTHORITY;
	return span_equal(name, SPAN(":protocol")) ? PSEUDO_PROTOCOL : 0;
}

static void pseudo_add(struct h2_head *build, const struct http_limits *limits, struct span name, struct span value)
{
	enum pseudo pseudo = pseudo_of(name);

	if (build->is_trailers || build->has_regular || !pseudo || (build->seen & pseudo))
		fault_set(build, build->is_trailers ? HTTP_FAULT_TRAILER : HTTP_FAULT_H2_PSEUDO);
	if (build->is_trailers || !pseudo || (build->seen & pseudo))
		return;
	build->seen = (uint8_t)(build->seen | pseudo);
	build->head->pseudo_order = (uint16_t)((unsigned)build->head->pseudo_order << PSEUDO_ORDER_BITS | (unsigned)__builtin_ffs((int)pseudo));
	switch (pseudo) {
	case PSEUDO_METHOD:
		method_add(build, value);
		break;
	case PSEUDO_SCHEME:
		scheme_add(build, value);
		break;
	case PSEUDO_AUTHORITY:
		build->head->authority = keep(build, value);
		break;
	case PSEUDO_PATH:
		path_add(build, limits, value);
		break;
	case PSEUDO_PROTOCOL:
		if (span_is_token(value))
			build->head->protocol = keep(build, value);
		else
			fault_set(build, HTTP_FAULT_H2_PSEUDO);
		break;
	}
}

/* Cookies may come in crumbs, so that HPACK can index each (RFC 9113, section 8.2.3). */
static void crumb_add(struct h2_head *build, const struct http_limits *limits, struct span value)
{
	struct h2_crumb *crumb;

	if (++build->crumbs_count > limits->fields) {
		fault_set(build, HTTP_FAULT_FIELDS_MANY);
		return;
	}
	crumb = arena_new(build->into->arena, struct h2_crumb);
	if (!crumb) {
		fault_set(build, HTTP_FAULT_NO_MEMORY);
		return;
	}
	crumb->text = keep(build, value);
	*build->crumbs_end = crumb;
	build->crumbs_end = &crumb->next;
	build->crumbs_bytes += value.len + 2;
}

static bool is_connection_specific(enum field_id id, struct span value)
{
	switch ((int)id) {
	case FIELD_CONNECTION:
	case FIELD_KEEP_ALIVE:
	case FIELD_PROXY_CONNECTION:
	case FIELD_TRANSFER_ENCODING:
	case FIELD_UPGRADE:
		return true;
	case FIELD_TE:
		return !span_equal_nocase(value, SPAN("trailers"));
	default:
		return false;
	}
}

static void regular_add(struct h2_head *build, const struct http_limits *limits, struct span name, struct span value)
{
	enum field_id id = field_id_of(name);
	enum http_fault fault = name_fault(name);
	enum result result;

	build->has_regular = true;
	if (fault != HTTP_FAULT_NONE)
		id = FIELD_OTHER;
	if (fault == HTTP_FAULT_NONE)
		fault = value_fault(value);
	if (fault == HTTP_FAULT_NONE && is_connection_specific(id, value))
		fault = HTTP_FAULT_H2_FIELD;
	if (fault == HTTP_FAULT_NONE && build->is_trailers && !trailer_is_allowed(&(struct field){ name, value, id }))
		fault = HTTP_FAULT_TRAILER;
	if (fault != HTTP_FAULT_NONE)
		fault_set(build, fault);
	if (build->is_trailers && fault != HTTP_FAULT_NONE)
		return;
	if (id == FIELD_COOKIE) {
		crumb_add(build, limits, value);
		return;
	}
	result = fields_add(build->into, id, id == FIELD_OTHER ? keep(build, name) : field_name(id), keep(build, value));
	if (result != RESULT_OK)
		fault_set(build, result == RESULT_LIMIT ? HTTP_FAULT_FIELDS_MANY : HTTP_FAULT_NO_MEMORY);
}

void h2_head_add(struct h2_head *build, const struct http_limits *limits, struct span name, struct span value)
{
	build->list_bytes += name.len + value.len + FIELD_OVERHEAD;
	if (build->is_full || (build->is_trailers && build->fault != HTTP_FAULT_NONE))
		return;
	build->is_full = build->list_bytes > (build->is_trailers ? TRAILERS_BYTES_MAX : limits->head_bytes);
	if (build->is_full)
		fault_set(build, build->is_trailers ? HTTP_FAULT_TRAILER : HTTP_FAULT_HEAD_LONG);
	else if (name.len && name.at[0] == ':')
		pseudo_add(build, limits, name, value);
	else
		regular_add(build, limits, name, value);
}

static void cookie_join(struct h2_head *build)
{
	struct span whole = { NULL, 0 };
	enum result result;
	char *to;

	if (!build->crumbs)
		return;
	if (build->crumbs->next) {
		to = arena_take(build->into->arena, build->crumbs_bytes);
		if (!to) {
			fault_set(build, HTTP_FAULT_NO_MEMORY);
			return;
		}
		whole.at = to;
		for (const struct h2_crumb *crumb = build->crumbs; crumb; crumb = crumb->next) {
			to = mempcpy(to, crumb->text.at, crumb->text.len);
			to = crumb->next ? mempcpy(to, "; ", 2) : to;
		}
		whole.len = (size_t)(to - whole.at);
	} else {
		whole = build->crumbs->text;
	}
	result = fields_add(build->into, FIELD_COOKIE, field_name(FIELD_COOKIE), whole);
	if (result != RESULT_OK)
		fault_set(build, result == RESULT_LIMIT ? HTTP_FAULT_FIELDS_MANY : HTTP_FAULT_NO_MEMORY);
}

/* RFC 9113, section 8.3.1; RFC 8441, section 4. */
static enum http_fault pseudo_fault(const struct h2_head *build)
{
	const struct request_head *head = build->head;
	unsigned wanted = PSEUDO_METHOD | PSEUDO_SCHEME | PSEUDO_PATH;

	if (head->method == METHOD_CONNECT && !(build->seen & PSEUDO_PROTOCOL))
		return build->seen == (PSEUDO_METHOD | PSEUDO_AUTHORITY) ? HTTP_FAULT_CONNECT : HTTP_FAULT_H2_PSEUDO;
	if ((build->seen & PSEUDO_PROTOCOL) && (head->method != METHOD_CONNECT || !(build->seen & PSEUDO_AUTHORITY)))
		return HTTP_FAULT_H2_PSEUDO;
	if ((build->seen & wanted) != wanted)
		return HTTP_FAULT_H2_PSEUDO;
	if (head->path.at[0] == '*' && head->method != METHOD_OPTIONS)
		return HTTP_FAULT_TARGET_FORM;
	return HTTP_FAULT_NONE;
}

/* :authority is whose request it is; a Host beside it must say the same, or someone behind us may believe the other one. */
static enum http_fault host_fault(struct h2_head *build)
{
	struct request_head *head = build->head;
	const struct field *host = fields_find(&head->fields, FIELD_HOST);

	if (host && fields_count(&head->fields, FIELD_HOST) > 1)
		return HTTP_FAULT_HOST_REPEATED;
	if (!host && !(build->seen & PSEUDO_AUTHORITY))
		return HTTP_FAULT_HOST_MISSING;
	if (host && (build->seen & PSEUDO_AUTHORITY) && !span_equal_nocase(host->value, head->authority))
		return HTTP_FAULT_HOST_MISMATCH;
	if (!(build->seen & PSEUDO_AUTHORITY))
		head->authority = host->value;
	return authority_read(head->authority, &head->host, &head->port) == RESULT_OK ? HTTP_FAULT_NONE : HTTP_FAULT_HOST_INVALID;
}

static enum http_fault body_fault(struct h2_head *build, const struct http_limits *limits, bool is_whole_message)
{
	struct request_head *head = build->head;
	const struct field *expect = fields_find(&head->fields, FIELD_EXPECT);
	enum http_fault fault = HTTP_FAULT_NONE;

	if (content_length_read(&head->fields, &head->body, &fault) != RESULT_OK)
		return fault;
	if (is_whole_message && head->body.is_known && head->body.bytes > 0)
		return HTTP_FAULT_BODY_SHORT;
	head->body.framing = is_whole_message ? BODY_NONE : head->protocol.len ? BODY_TUNNEL : BODY_STREAM;
	if (head->body.is_known && head->body.bytes > limits->body_bytes)
		return HTTP_FAULT_BODY_LONG;
	if (expect && !span_equal_nocase(expect->value, SPAN("100-continue")))
		return HTTP_FAULT_EXPECT;
	head->expects_continue = expect != NULL;
	return HTTP_FAULT_NONE;
}

enum http_fault h2_head_end(struct h2_head *build, const struct http_limits *limits, bool is_whole_message)
{
	if (build->is_trailers) {
		/* Trailers end the message (RFC 9113, section 8.1). */
		if (!is_whole_message)
			fault_set(build, HTTP_FAULT_TRAILER);
		return build->fault;
	}
	/* Each of these is quiet when there is a fault already; the host is set even then, so that an event can name it. */
	if (build->fault == HTTP_FAULT_NONE)
		fault_set(build, pseudo_fault(build));
	fault_set(build, host_fault(build));
	if (build->fault == HTTP_FAULT_NONE)
		fault_set(build, body_fault(build, limits, is_whole_message));
	if (build->fault != HTTP_FAULT_NO_MEMORY)
		cookie_join(build);
	return build->fault;
}
