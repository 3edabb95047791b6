#include "event/audit/screen.h"

#include "base/encode.h"
#include "event/mask.h"
#include "event/rules.h"
#include "waf/rule.h"

#include "base/banned.h"

#define FIELD_BYTES_MAX 256u
#define NAME_BYTES_MAX 64u
#define PATH_BYTES_MAX 1024u
#define FORM_BYTES_MAX (16u << 10)

static enum result put_length(struct buffer *out, size_t len)
{
	return buffer_print(out, "*%zu", len);
}

static enum result put_text(struct buffer *out, struct span text, size_t max)
{
	enum result result = buffer_append(out, span_take(text, max));

	return result == RESULT_OK && text.len > max ? buffer_append(out, SPAN("\xe2\x80\xa6")) : result;
}

static enum result put_match(struct buffer *out, struct span text)
{
	char masked[MASK_TEXT_MAX];

	return buffer_append(out, mask_match(text, masked));
}

/* -- what is cut into pairs -- */

static enum result put_pair(struct buffer *out, struct span pair)
{
	char masked[MASK_TEXT_MAX];

	return buffer_append(out, mask_pair(pair, masked));
}

/* Names without end leave room for what rules said of them. */
static enum result put_form(struct buffer *out, struct span form)
{
	size_t begin = buffer_len(out);
	enum result result = RESULT_OK;

	while (form.at && result == RESULT_OK) {
		if (buffer_len(out) - begin > FORM_BYTES_MAX)
			return buffer_append(out, SPAN("\xe2\x80\xa6"));
		result = put_pair(out, span_cut(&form, '&'));
		if (result == RESULT_OK && form.at)
			result = buffer_append_byte(out, '&');
	}
	return result;
}

/* Parameters of its segments (;jsessionid=...) are what cookies are elsewhere. */
static enum result put_path(struct buffer *out, struct span path)
{
	enum result result = RESULT_OK;

	path = span_take(path, PATH_BYTES_MAX);
	while (path.len && result == RESULT_OK) {
		size_t semicolon = span_find(path, ';');
		struct span parameters = span_skip(path, semicolon + 1);
		size_t slash = span_find(parameters, '/');

		result = buffer_append(out, span_take(path, semicolon));
		if (semicolon == path.len || result != RESULT_OK)
			return result;
		result = buffer_append_byte(out, ';');
		if (result == RESULT_OK)
			result = put_pair(out, span_take(parameters, slash));
		path = span_skip(parameters, slash);
	}
	return result;
}

/* METHOD TARGET VERSION; a line that is none has no spaces at the right places, and is masked as whatever stands there. */
static enum result put_request_line(struct buffer *out, struct span line)
{
	size_t space = span_find(line, ' ');
	struct span target = span_skip(line, space + 1), version = SPAN_NONE;
	size_t end = span_find_last(target, ' '), mark;
	enum result result = put_match(out, span_take(line, space));

	if (end < target.len) {
		version = span_skip(target, end + 1);
		target = span_take(target, end);
	}
	mark = span_find(target, '?');
	if (result == RESULT_OK && space < line.len)
		result = buffer_append_byte(out, ' ');
	if (result == RESULT_OK)
		result = put_path(out, span_take(target, mark));
	if (result == RESULT_OK && mark < target.len)
		result = buffer_append_byte(out, '?');
	if (result == RESULT_OK && mark < target.len)
		result = put_form(out, span_skip(target, mark + 1));
	if (result == RESULT_OK && version.at)
		result = buffer_append_byte(out, ' ');
	return result == RESULT_OK && version.at ? put_match(out, version) : result;
}

/* -- headers -- */

static bool is_among(enum field_id id, const enum field_id *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == id)
			return true;
	}
	return false;
}

/* Fails closed: a header that nobody put here is masked. */
static bool says_nothing(enum waf_audit_kind kind, struct span name)
{
	static const enum field_id requests[] = { FIELD_HOST, FIELD_USER_AGENT, FIELD_ACCEPT, FIELD_ACCEPT_ENCODING, FIELD_ACCEPT_LANGUAGE, FIELD_CONNECTION,
		                                  FIELD_CONTENT_TYPE, FIELD_CONTENT_LENGTH, FIELD_TRANSFER_ENCODING, FIELD_EXPECT, FIELD_UPGRADE };
	static const enum field_id responses[] = { FIELD_CONTENT_TYPE, FIELD_CONTENT_LENGTH, FIELD_CONTENT_ENCODING, FIELD_TRANSFER_ENCODING, FIELD_DATE,
		                                   FIELD_SERVER, FIELD_CACHE_CONTROL, FIELD_VARY, FIELD_RETRY_AFTER, FIELD_LAST_MODIFIED, FIELD_CONNECTION };
	enum field_id id = field_id_of(name);

	return kind == WAF_AUDIT_REQUEST_FIELD ? is_among(id, requests, sizeof(requests) / sizeof(*requests)) :
	                                         is_among(id, responses, sizeof(responses) / sizeof(*responses));
}

static enum result put_field(struct buffer *out, const struct waf_audit_text *text)
{
	return says_nothing(text->kind, text->name) ? put_text(out, text->text, FIELD_BYTES_MAX) : put_length(out, text->text.len);
}

/* A name that does not look like one may be what somebody wrote. */
static enum result put_name(struct buffer *out, struct span name)
{
	static const char front[] = "REQUEST_HEADERS:";
	char target[sizeof(front) + 2 * NAME_BYTES_MAX], masked[MASK_TEXT_MAX];
	struct span taken = span_take(name, 2 * NAME_BYTES_MAX);
	bool is_whole;

	memcpy(target, front, sizeof(front) - 1);
	if (taken.len)
		memcpy(target + sizeof(front) - 1, taken.at, taken.len);
	taken = mask_target(span_make(target, sizeof(front) - 1 + taken.len), 1, masked, &is_whole);
	return buffer_append(out, span_skip(taken, sizeof(front) - 1));
}

/* -- who, and what matched -- */

static enum result put_client(struct buffer *out, const struct audit_screen *screen, struct span whole)
{
	struct address truncated;
	char text[ADDRESS_TEXT_MAX], key[16];
	uint64_t hash;

	switch ((enum log_address)screen->kept) {
	case LOG_ADDRESS_FULL:
		return buffer_append(out, whole);
	case LOG_ADDRESS_KEYED:
		hash = hash_span(screen->key, span_make((const char *)screen->client->bytes, sizeof(screen->client->bytes)));
		hex_write(&hash, sizeof(hash), key);
		return buffer_append(out, span_make(key, sizeof(key)));
	case LOG_ADDRESS_TRUNCATED:
	default:  /* fails closed: what is not understood keeps less */
		truncated = address_truncate(*screen->client);
		address_write(&truncated, text);
		return buffer_append(out, span_of(text));
	}
}

static enum result put_target(struct buffer *out, const struct waf_audit_text *text)
{
	char masked[MASK_TEXT_MAX];
	bool is_whole;

	return buffer_append(out, mask_target(text->text, text->match->value.len, masked, &is_whole));
}

static enum result show(void *context, const struct waf_audit_text *text, struct buffer *out)
{
	const struct audit_screen *screen = context;

	switch (text->kind) {
	case WAF_AUDIT_CLIENT:
		return put_client(out, screen, text->text);
	case WAF_AUDIT_REQUEST_LINE:
		return put_request_line(out, text->text);
	case WAF_AUDIT_NAME:
		return put_name(out, text->text);
	case WAF_AUDIT_REQUEST_FIELD:
	case WAF_AUDIT_RESPONSE_FIELD:
		return put_field(out, text);
	case WAF_AUDIT_FORM:
		return put_form(out, text->text);
	case WAF_AUDIT_FILE:
		return put_match(out, text->text);
	case WAF_AUDIT_ARGUMENT:
	case WAF_AUDIT_BODY:
	case WAF_AUDIT_SECRET:
		return put_length(out, text->text.len);
	case WAF_AUDIT_MATCH_NAME:
		return put_target(out, text);
	case WAF_AUDIT_MATCH_MSG:
		return buffer_append(out, rule_text_of(&text->match->rule->msg, text->text));
	case WAF_AUDIT_MATCH_TAG:
		return buffer_append(out, rule_text_of(&text->match->rule->tags[text->number], text->text));
	case WAF_AUDIT_MATCH_DATA:
		return mask_keeps(text->match->name) ? put_match(out, text->match->captured) : RESULT_OK;
	}
	return RESULT_OK;
}

struct waf_audit_screen audit_screen_of(struct audit_screen *screen)
{
	return (struct waf_audit_screen){ screen, show };
}
