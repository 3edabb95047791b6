#include "waf/audit.h"

#include <assert.h>
#include <time.h>

#include "waf/mask.h"
#include "waf/operator/regex.h"

#include "base/banned.h"

#define SHOWN_BYTES_MAX (1u << 20)  /* of one text */

uint32_t audit_parts_of(struct span letters)
{
	uint32_t parts = 0;

	for (size_t i = 0; i < letters.len; i++) {
		if (letters.at[i] >= 'A' && letters.at[i] <= 'Z')
			parts |= 1u << (letters.at[i] - 'A');
	}
	return parts;
}

/* Part I has a multipart form's fields, which are kept anyway. */
bool audit_wants_body(const struct waf_transaction *transaction)
{
	bool is_multipart = span_equal_nocase(transaction->processor, SPAN("MULTIPART"));

	if (transaction->is_screened && !span_equal_nocase(transaction->processor, SPAN("URLENCODED")))
		return false;
	return transaction->is_audited && transaction->audit_engine != AUDIT_OFF &&
	       (audit_has(transaction, 'C') || (audit_has(transaction, 'I') && !is_multipart));
}

static bool is_status_relevant(const struct waf_transaction *transaction, unsigned status)
{
	const struct regex *regex = transaction->settings->relevant_status;
	char digits[DECIMAL_MAX];

	return regex && status && regex_match(regex, transaction->scratch, span_make(digits, decimal_write(status, digits)), 0, 0, NULL) == MATCH_YES;
}

bool waf_audit_is_wanted(const struct waf_transaction *transaction, unsigned status)
{
	if (!transaction->is_audited || transaction->audit_engine == AUDIT_OFF || transaction->engine == ENGINE_OFF)
		return false;
	return transaction->audit_engine == AUDIT_ON || transaction->is_relevant || is_status_relevant(transaction, status);
}

bool waf_audit_is_concurrent(const struct waf_transaction *transaction)
{
	return transaction->settings->audit_log_type == AUDIT_CONCURRENT;
}

enum result waf_audit_write(struct waf_transaction *transaction, unsigned status, const struct waf_audit_screen *screen, struct buffer *out)
{
	assert(screen || !transaction->is_screened);
	transaction->screen = screen;
	if (transaction->settings->audit_log_format == AUDIT_JSON)
		return audit_write_json(transaction, status, out);
	return audit_write_native(transaction, status, out);
}

enum result audit_show(struct waf_transaction *transaction, struct waf_audit_text text, struct span *out)
{
	struct buffer shown;
	enum result result;

	*out = text.text;
	if (!transaction->screen)
		return RESULT_OK;
	buffer_init(&shown, SHOWN_BYTES_MAX);
	result = transaction->screen->show(transaction->screen->context, &text, &shown);
	if (result == RESULT_OK) {
		*out = arena_copy(&transaction->arena, buffer_span(&shown));
		result = out->at || !buffer_len(&shown) ? RESULT_OK : RESULT_NO_MEMORY;
	}
	buffer_done(&shown);
	return result;
}

enum result audit_field(struct waf_transaction *transaction, enum waf_audit_kind kind, const struct field *field, struct span *name,
                        struct span *value)
{
	enum mask_kind mask = kind == WAF_AUDIT_REQUEST_FIELD ? MASK_REQUEST_HEADER : MASK_RESPONSE_HEADER;
	enum result result = mask_apply(transaction, mask, field->name, field->value, value);

	if (result == RESULT_OK)
		result = audit_show(transaction, (struct waf_audit_text){ .kind = kind, .name = field->name, .text = *value }, value);
	return result == RESULT_OK ? audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_NAME, .text = field->name }, name) : result;
}

enum result audit_client(struct waf_transaction *transaction, struct span *address, unsigned *port)
{
	char text[ADDRESS_TEXT_MAX];
	struct span whole;
	enum result result;

	address_write(&transaction->source.address, text);
	whole = arena_copy(&transaction->arena, span_of(text));
	result = whole.at ? audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_CLIENT, .text = whole }, address) : RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		*port = span_equal(*address, whole) ? transaction->source.port : 0;
	return result;
}

static enum result masked_request_line(struct waf_transaction *transaction, struct span *out)
{
	struct span line, rest, query, version, masked;
	enum result result = variable_get(transaction, VARIABLE_REQUEST_LINE, &line);
	char *copy;

	*out = line;
	if (result != RESULT_OK || !mask_has_arguments(transaction) || !transaction->head->has_query)
		return result;
	rest = span_skip(line, span_find(line, '?') + 1);
	query = span_take(rest, span_find_last(rest, ' '));
	version = span_skip(rest, query.len);
	result = mask_form(transaction, query, &masked);
	copy = result == RESULT_OK ? arena_take(&transaction->arena, line.len) : NULL;
	if (!copy)
		return RESULT_NO_MEMORY;
	memcpy(copy, line.at, line.len);
	memcpy(copy + line.len - version.len - query.len, masked.at, masked.len);
	*out = span_make(copy, line.len);
	return RESULT_OK;
}

enum result audit_request_line(struct waf_transaction *transaction, struct span *out)
{
	enum result result = masked_request_line(transaction, out);

	return result == RESULT_OK ? audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_REQUEST_LINE, .text = *out }, out) : result;
}

/* What cannot be cut into arguments might hold a masked one: then none of it is shown. */
static enum result masked_body(struct waf_transaction *transaction, struct span *out)
{
	struct span body = buffer_span(&transaction->body);
	char *copy;

	*out = body;
	if (!mask_has_arguments(transaction) || !body.len)
		return RESULT_OK;
	if (span_equal_nocase(transaction->processor, SPAN("URLENCODED")))
		return mask_form(transaction, body, out);
	if (span_equal_nocase(transaction->processor, SPAN("MULTIPART")))
		return mask_text(transaction, body, out);
	copy = arena_take(&transaction->arena, body.len);
	if (!copy)
		return RESULT_NO_MEMORY;
	memset(copy, '*', body.len);
	*out = span_make(copy, body.len);
	return RESULT_OK;
}

bool audit_has_body(const struct waf_transaction *transaction)
{
	return buffer_len(&transaction->body) || (transaction->is_screened && transaction->body_bytes);
}

/* "*LEN", of what was not kept. */
static enum result body_length(struct waf_transaction *transaction, struct span *out)
{
	char *text = arena_take(&transaction->arena, DECIMAL_MAX + 1);

	if (!text)
		return RESULT_NO_MEMORY;
	text[0] = '*';
	*out = span_make(text, 1 + decimal_write(transaction->body_bytes, text + 1));
	return RESULT_OK;
}

enum result audit_body(struct waf_transaction *transaction, struct span *out)
{
	enum result result;

	if (transaction->screen && !span_equal_nocase(transaction->processor, SPAN("URLENCODED")))
		return body_length(transaction, out);
	result = masked_body(transaction, out);
	return result == RESULT_OK ? audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_FORM, .text = *out }, out) : result;
}

enum result audit_response_body(struct waf_transaction *transaction, struct span *out)
{
	enum result result = mask_text(transaction, buffer_span(&transaction->response_body), out);

	return result == RESULT_OK ? audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_BODY, .text = *out }, out) : result;
}

static enum result append_encoded(struct buffer *out, struct span text)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < text.len && result == RESULT_OK; i++) {
		unsigned char byte = (unsigned char)text.at[i];
		bool is_plain = byte >= 0x21 && byte < 0x7f && !memchr("%&=+#\"", byte, 6);

		result = is_plain ? buffer_append_byte(out, (char)byte) : buffer_print(out, "%%%02x", byte);
	}
	return result;
}

enum result audit_fields(struct waf_transaction *transaction, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (const struct pair *pair = transaction->args_post.first; pair && result == RESULT_OK; pair = pair->next) {
		struct span name, value;

		if (buffer_room(out) < AUDIT_FIELDS_ROOM)
			return buffer_append(out, SPAN("..."));
		if (mask_apply(transaction, MASK_ARGUMENT, pair->name->bytes, pair->value->bytes, &value) != RESULT_OK)
			return RESULT_NO_MEMORY;
		result = audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_ARGUMENT, .name = pair->name->bytes, .text = value }, &value);
		if (result == RESULT_OK)
			result = audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_NAME, .text = pair->name->bytes }, &name);
		if (result == RESULT_OK)
			result = append_encoded(out, name);
		if (result == RESULT_OK)
			result = buffer_append_byte(out, '=');
		if (result == RESULT_OK)
			result = append_encoded(out, value);
		if (result == RESULT_OK && pair->next)
			result = buffer_append_byte(out, '&');
	}
	return result;
}

unsigned audit_count(const struct waf_match *match)
{
	unsigned count = 0;

	for (; match; match = match->next)
		count++;
	return count;
}

enum result audit_time(const struct waf_transaction *transaction, struct buffer *out)
{
	time_t seconds = (time_t)(transaction->wall_ns / 1000000000);
	char text[40];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%d/%b/%Y:%H:%M:%S", &tm))
		return RESULT_MALFORMED;
	return buffer_print(out, "%s.%06u +0000", text, (unsigned)(transaction->wall_ns / 1000 % 1000000));
}

const char *audit_engine_mode(const struct waf_transaction *transaction)
{
	return transaction->engine == ENGINE_ON ? "ENABLED" : transaction->engine == ENGINE_OFF ? "DISABLED" : "DETECTION_ONLY";
}

enum result audit_producer(const struct waf_transaction *transaction, struct buffer *out)
{
	const struct span_list *list = &transaction->settings->component_signatures;
	enum result result = buffer_print(out, "Bouclier");

	for (size_t i = 0; i < list->count && result == RESULT_OK; i++)
		result = buffer_print(out, "; %.*s", SPAN_ARG(list->list[i]));
	return result;
}
