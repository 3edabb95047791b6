#include "http/framing.h"

#include "message/scan.h"

#include "base/banned.h"

#define LENGTH_DIGITS_MAX 19  /* of 2^63-1; more digits would be zeros that some reader stops at */

/* The fields that decide, found in one pass. */
struct deciding {
	const struct field *host, *length, *transfer, *expect;
	unsigned hosts, lengths, transfers;
	bool closes, keeps, upgrades;         /* options of Connection */
	bool has_upgrade, is_upgrade_broken, is_expect_unknown;
};

static enum result malformed(enum http_fault *fault, enum http_fault reason)
{
	*fault = reason;
	return RESULT_MALFORMED;
}

static void options_read(struct deciding *found, struct span list)
{
	while (list.len) {
		struct span option = span_trim(span_cut(&list, ','));

		if (span_equal_nocase(option, SPAN("keep-alive")))
			found->keeps = true;
		else if (span_equal_nocase(option, SPAN("close")))
			found->closes = true;
		else if (span_equal_nocase(option, SPAN("upgrade")))
			found->upgrades = true;
	}
}

/* 1#( token [ "/" token ] ), without the empty members that RFC 9110, section 5.6.1.2 lets a recipient accept. */
static bool is_upgrade_list(struct span list)
{
	do {
		struct span version = span_trim(span_cut(&list, ',')), name = span_cut(&version, '/');

		if (!span_is_token(name) || (version.at && !span_is_token(version)))
			return false;
	} while (list.at);
	return true;
}

static void deciding_find(const struct fields *fields, struct deciding *found)
{
	*found = (struct deciding){ 0 };
	for (unsigned i = 0; i < fields->count; i++) {
		const struct field *field = &fields->list[i];

		if (field->id == FIELD_HOST) {
			found->host = field;
			found->hosts++;
		} else if (field->id == FIELD_CONNECTION) {
			options_read(found, field->value);
		} else if (field->id == FIELD_CONTENT_LENGTH) {
			found->length = field;
			found->lengths++;
		} else if (field->id == FIELD_TRANSFER_ENCODING) {
			found->transfer = field;
			found->transfers++;
		} else if (field->id == FIELD_EXPECT) {
			found->expect = field;
			found->is_expect_unknown |= !span_equal_nocase(field->value, SPAN("100-continue"));
		} else if (field->id == FIELD_UPGRADE) {
			found->has_upgrade = true;
			found->is_upgrade_broken |= !is_upgrade_list(field->value);
		}
	}
}

static enum result length_read(struct span value, uint64_t *bytes, enum http_fault *fault)
{
	if (span_find(value, ',') < value.len)
		return malformed(fault, HTTP_FAULT_LENGTH_REPEATED);
	if (value.len > LENGTH_DIGITS_MAX || span_to_u64(value, INT64_MAX, bytes) != RESULT_OK)
		return malformed(fault, HTTP_FAULT_LENGTH_INVALID);
	return RESULT_OK;
}

enum result content_length_read(const struct fields *fields, struct body_size *size, enum http_fault *fault)
{
	const struct field *field = fields_find(fields, FIELD_CONTENT_LENGTH);
	uint64_t bytes;

	if (!field) {
		size->is_known = false;
		size->bytes = 0;
		return RESULT_OK;
	}
	if (fields_count(fields, FIELD_CONTENT_LENGTH) > 1)
		return malformed(fault, HTTP_FAULT_LENGTH_REPEATED);
	if (length_read(field->value, &bytes, fault) != RESULT_OK)
		return RESULT_MALFORMED;
	size->is_known = true;
	size->bytes = bytes;
	return RESULT_OK;
}

/* The body that Transfer-Encoding and Content-Length announce; neither leaves BODY as it was. The codings other than
 * chunked (RFC 9112, section 7.2) are never asked for (we send no TE) and never read. */
static enum result body_read(const struct deciding *found, enum http_version version, uint64_t max_bytes,
                             struct body_size *body, enum http_fault *fault)
{
	uint64_t bytes;

	if (found->transfers) {
		if (version == HTTP_1_0)
			return malformed(fault, HTTP_FAULT_TRANSFER_ENCODING_1_0);
		if (found->lengths)
			return malformed(fault, HTTP_FAULT_LENGTH_AND_CHUNKED);
		if (found->transfers > 1 || !span_equal_nocase(found->transfer->value, SPAN("chunked")))
			return malformed(fault, HTTP_FAULT_TRANSFER_ENCODING);
		*body = (struct body_size){ .framing = BODY_CHUNKED };
	} else if (found->lengths) {
		if (length_read(found->length->value, &bytes, fault) != RESULT_OK)
			return RESULT_MALFORMED;
		if (bytes > max_bytes)
			return malformed(fault, HTTP_FAULT_BODY_LONG);
		*body = (struct body_size){ BODY_LENGTH, true, bytes };
	}
	return RESULT_OK;
}

/* The same place, with the default port of SCHEME written or not. */
static bool is_same_place(const struct request_head *head, struct span host, uint16_t port)
{
	uint16_t usual = span_equal_nocase(head->scheme, SPAN("https")) ? 443 : 80;

	return span_equal_nocase(head->host, host) && (head->port ? head->port : usual) == (port ? port : usual);
}

/* With an absolute form the target's authority counts (RFC 9112, section 3.2.2); a Host that differs is refused rather than
 * ignored, because the origin might not ignore it. */
static enum result host_read(struct request_head *head, const struct deciding *found, enum http_fault *fault)
{
	struct span host;
	uint16_t port;

	if (found->hosts > 1)
		return malformed(fault, HTTP_FAULT_HOST_REPEATED);
	if (found->hosts == 0)
		return head->version == HTTP_1_0 ? RESULT_OK : malformed(fault, HTTP_FAULT_HOST_MISSING);
	if (authority_read(found->host->value, &host, &port) != RESULT_OK)
		return malformed(fault, HTTP_FAULT_HOST_INVALID);
	if (head->scheme.len)
		return is_same_place(head, host, port) ? RESULT_OK : malformed(fault, HTTP_FAULT_HOST_MISMATCH);
	head->authority = found->host->value;
	head->host = host;
	head->port = port;
	return RESULT_OK;
}

/* In HTTP/1.0 a server ignores 100-continue and Upgrade (RFC 9110, sections 10.1.1 and 7.8). */
static enum result wishes_read(struct request_head *head, const struct deciding *found, enum http_fault *fault)
{
	if (found->is_expect_unknown)
		return malformed(fault, HTTP_FAULT_EXPECT);
	if (head->version == HTTP_1_0)
		return RESULT_OK;
	if (found->has_upgrade && (!found->upgrades || found->is_upgrade_broken))
		return malformed(fault, HTTP_FAULT_UPGRADE);
	head->expects_continue = found->expect && (head->body.framing == BODY_CHUNKED || head->body.bytes);
	return RESULT_OK;
}

enum result request_framing_read(struct request_head *head, const struct http_limits *limits, enum http_fault *fault)
{
	struct deciding found;

	deciding_find(&head->fields, &found);
	head->wants_close = found.closes || (head->version == HTTP_1_0 && !found.keeps);
	if (host_read(head, &found, fault) != RESULT_OK)
		return RESULT_MALFORMED;
	if (found.lengths > 1)
		return malformed(fault, found.transfers ? HTTP_FAULT_LENGTH_AND_CHUNKED : HTTP_FAULT_LENGTH_REPEATED);
	if (body_read(&found, head->version, limits->body_bytes, &head->body, fault) != RESULT_OK)
		return RESULT_MALFORMED;
	return wishes_read(head, &found, fault);
}

/* Several Content-Length fields of one value become the first (RFC 9112, section 6.3, item 5); differing ones are a fault. */
static enum result lengths_unite(struct fields *fields, const struct deciding *found, enum http_fault *fault)
{
	const struct field *first = fields_find(fields, FIELD_CONTENT_LENGTH);
	unsigned kept = 0;

	if (found->lengths < 2 || !first)
		return RESULT_OK;
	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->list[i].id == FIELD_CONTENT_LENGTH && !span_equal(fields->list[i].value, first->value))
			return malformed(fault, HTTP_FAULT_LENGTH_REPEATED);
	}
	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->list[i].id != FIELD_CONTENT_LENGTH || &fields->list[i] == first)
			fields->list[kept++] = fields->list[i];
	}
	fields->count = kept;
	return RESULT_OK;
}

enum result response_framing_read(struct response_head *head, const struct http_limits *limits, enum method method,
                                  enum http_fault *fault)
{
	bool is_bare = head->status < 200 || head->status == 204 || head->status == 304;
	bool has_body = !is_bare && method != METHOD_HEAD;
	struct deciding found;

	deciding_find(&head->fields, &found);
	head->body = (struct body_size){ .framing = BODY_UNTIL_CLOSE };
	if (lengths_unite(&head->fields, &found, fault) != RESULT_OK)
		return RESULT_MALFORMED;
	deciding_find(&head->fields, &found);
	/* A length that announces no body here (HEAD, 304) is no reason to refuse. */
	if (body_read(&found, head->version, has_body ? limits->body_bytes : UINT64_MAX, &head->body, fault) != RESULT_OK)
		return RESULT_MALFORMED;
	head->wants_close = found.closes || (head->version == HTTP_1_0 && !found.keeps);
	if (head->status == 101 || (method == METHOD_CONNECT && head->status / 100 == 2))
		head->body = (struct body_size){ .framing = BODY_TUNNEL };
	else if (!has_body)
		head->body.framing = BODY_NONE;
	else if (head->body.framing == BODY_UNTIL_CLOSE)
		head->wants_close = true;
	return RESULT_OK;
}

void request_host_represent(struct request_head *head)
{
	const struct field *field = fields_find(&head->fields, FIELD_HOST);

	if (head->host.len || !field || fields_count(&head->fields, FIELD_HOST) > 1)
		return;
	if (authority_read(field->value, &head->host, &head->port) == RESULT_OK)
		head->authority = field->value;
}
