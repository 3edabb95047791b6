/* The line of an index of audit logs, as ModSecurity's Concurrent writes it: Apache's combined line of the request, and its id. */
#include "waf/audit.h"

#include "base/banned.h"

/* `"text"`, or "-" where there is none; what would end it is masked. */
static enum result append_quoted(struct buffer *out, struct span text)
{
	enum result result = buffer_append_byte(out, '"');

	for (size_t i = 0; i < text.len && result == RESULT_OK; i++) {
		unsigned char byte = (unsigned char)text.at[i];
		bool is_plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';

		result = is_plain ? buffer_append_byte(out, (char)byte) : buffer_print(out, "\\x%02x", byte);
	}
	if (result == RESULT_OK && !text.len)
		result = buffer_append_byte(out, '-');
	return result == RESULT_OK ? buffer_print(out, "\" ") : result;
}

static enum result append_field(struct waf_transaction *transaction, enum field_id id, struct buffer *out)
{
	const struct field *field = transaction->head ? fields_find(&transaction->head->fields, id) : NULL;
	struct span name, value = SPAN_NONE;

	if (field && audit_field(transaction, WAF_AUDIT_REQUEST_FIELD, field, &name, &value) != RESULT_OK)
		return RESULT_NO_MEMORY;
	return append_quoted(out, value);
}

static enum result append_front(struct waf_transaction *transaction, struct buffer *out)
{
	const struct field *host = transaction->head ? fields_find(&transaction->head->fields, FIELD_HOST) : NULL;
	struct span client, name, shown = SPAN("-");
	unsigned port;

	if ((host && audit_field(transaction, WAF_AUDIT_REQUEST_FIELD, host, &name, &shown) != RESULT_OK) ||
	    audit_client(transaction, &client, &port) != RESULT_OK)
		return RESULT_NO_MEMORY;
	return buffer_print(out, "%.*s %.*s - - [", SPAN_ARG(shown), SPAN_ARG(client));
}

enum result waf_audit_index(struct waf_transaction *transaction, unsigned status, uint64_t response_bytes, const struct waf_audit_screen *screen,
                            struct buffer *out)
{
	struct span line = SPAN_NONE;
	enum result result;

	transaction->screen = screen;
	result = append_front(transaction, out);
	if (result == RESULT_OK)
		result = audit_time(transaction, out);
	if (result == RESULT_OK)
		result = buffer_print(out, "] ");
	if (result == RESULT_OK && transaction->head)
		result = audit_request_line(transaction, &line);
	if (result == RESULT_OK)
		result = append_quoted(out, line);
	if (result == RESULT_OK)
		result = buffer_print(out, "%u %llu ", status, (unsigned long long)response_bytes);
	if (result == RESULT_OK)
		result = append_field(transaction, FIELD_REFERER, out);
	if (result == RESULT_OK)
		result = append_field(transaction, FIELD_USER_AGENT, out);
	/* A session's name is never told. */
	return result == RESULT_OK ? buffer_print(out, "%.*s \"-\"", SPAN_ARG(transaction->unique_id)) : result;
}
