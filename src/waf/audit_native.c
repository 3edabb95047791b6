/* ModSecurity's native audit log: parts between boundaries that nobody can foretell. */
#include "base/clock.h"
#include "base/encode.h"
#include "base/hash.h"
#include "waf/audit.h"

#include "base/banned.h"

#define BOUNDARY_LEN 8

struct writing {
	struct waf_transaction *transaction;
	unsigned status;
	struct buffer *out;
	char boundary[BOUNDARY_LEN];
};

static enum result begin_part(struct writing *writing, char letter)
{
	return buffer_print(writing->out, "--%.*s-%c--\n", BOUNDARY_LEN, writing->boundary, letter);
}

static enum result write_span(struct writing *writing, struct span text)
{
	enum result result = buffer_append(writing->out, text);

	return result == RESULT_OK ? buffer_append_byte(writing->out, '\n') : result;
}

static enum result write_addresses(struct writing *writing)
{
	const struct endpoint *here = &writing->transaction->destination;
	char text[ADDRESS_TEXT_MAX];
	struct span client;
	unsigned port;

	if (audit_client(writing->transaction, &client, &port) != RESULT_OK)
		return RESULT_NO_MEMORY;
	address_write(&here->address, text);
	return buffer_print(writing->out, " %.*s %u %s %u\n", SPAN_ARG(client), port, text, here->port);
}

static enum result write_a(struct writing *writing)
{
	struct waf_transaction *transaction = writing->transaction;
	enum result result = buffer_append_byte(writing->out, '[');

	if (result == RESULT_OK)
		result = audit_time(transaction, writing->out);
	if (result == RESULT_OK)
		result = buffer_print(writing->out, "] %.*s", SPAN_ARG(transaction->unique_id));
	return result == RESULT_OK ? write_addresses(writing) : result;
}

static enum result write_fields(struct writing *writing, const struct fields *fields, enum waf_audit_kind kind)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < fields->count && result == RESULT_OK; i++) {
		struct span name, value;

		result = audit_field(writing->transaction, kind, &fields->list[i], &name, &value);
		if (result == RESULT_OK)
			result = buffer_print(writing->out, "%.*s: %.*s\n", SPAN_ARG(name), SPAN_ARG(value));
	}
	return result == RESULT_OK ? buffer_append_byte(writing->out, '\n') : result;
}

static enum result write_b(struct writing *writing)
{
	struct span line;
	enum result result = audit_request_line(writing->transaction, &line);

	if (result == RESULT_OK)
		result = write_span(writing, line);
	return result == RESULT_OK ? write_fields(writing, &writing->transaction->head->fields, WAF_AUDIT_REQUEST_FIELD) : result;
}

static enum result write_c(struct writing *writing)
{
	struct span body;
	enum result result = audit_body(writing->transaction, &body);

	return result == RESULT_OK ? write_span(writing, body) : result;
}

static enum result write_i(struct writing *writing)
{
	enum result result;

	if (!span_equal_nocase(writing->transaction->processor, SPAN("MULTIPART")))
		return write_c(writing);
	result = audit_fields(writing->transaction, writing->out);
	return result == RESULT_OK ? buffer_append_byte(writing->out, '\n') : result;
}

static enum result write_e(struct writing *writing)
{
	struct span body;
	enum result result = audit_response_body(writing->transaction, &body);

	return result == RESULT_OK ? write_span(writing, body) : result;
}

static enum result write_f(struct writing *writing)
{
	const struct response_head *head = writing->transaction->response;
	struct span reason = status_reason(writing->status);
	enum result result = buffer_print(writing->out, "HTTP/1.1 %u %.*s\n", writing->status, SPAN_ARG(reason));

	if (result != RESULT_OK || !head)
		return result == RESULT_OK ? buffer_append_byte(writing->out, '\n') : result;
	return write_fields(writing, &head->fields, WAF_AUDIT_RESPONSE_FIELD);
}

static enum result write_action(struct writing *writing)
{
	const struct waf_verdict *verdict = &writing->transaction->verdict;

	if (verdict->kind == WAF_PASS || verdict->kind == WAF_ALLOW)
		return RESULT_OK;
	return buffer_print(writing->out, "Action: Intercepted (phase %u)\n", verdict->phase);
}

static enum result write_application(struct writing *writing)
{
	struct waf_transaction *transaction = writing->transaction;
	struct span session, user;

	if (!transaction->session_id.len && !transaction->user_id.len && !transaction->settings->web_app_id.len)
		return RESULT_OK;
	if (audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_SECRET, .text = transaction->session_id }, &session) != RESULT_OK ||
	    audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_SECRET, .text = transaction->user_id }, &user) != RESULT_OK)
		return RESULT_NO_MEMORY;
	return buffer_print(writing->out, "WebApp-Info: \"%.*s\" \"%.*s\" \"%.*s\"\n", SPAN_ARG(web_app_id(transaction->settings)),
	                    SPAN_ARG(session), SPAN_ARG(user));
}

static enum result write_sensor(struct writing *writing)
{
	struct span sensor = writing->transaction->settings->sensor_id;

	return sensor.len ? buffer_print(writing->out, "Sensor-Id: \"%.*s\"\n", SPAN_ARG(sensor)) : RESULT_OK;
}

static enum result write_messages(struct writing *writing)
{
	struct waf_transaction *transaction = writing->transaction;
	enum result result = RESULT_OK;

	for (const struct waf_match *match = transaction->first; match && result == RESULT_OK; match = match->next) {
		if (buffer_room(writing->out) < AUDIT_MESSAGES_ROOM)
			return buffer_print(writing->out, "Message: %u more, for which there is no room.\n", audit_count(match));
		result = buffer_print(writing->out, "Message: ");
		if (result == RESULT_OK)
			result = audit_message(transaction, match, writing->out);
		if (result == RESULT_OK)
			result = buffer_append_byte(writing->out, '\n');
	}
	return result;
}

static enum result write_h(struct writing *writing)
{
	struct waf_transaction *transaction = writing->transaction;
	uint64_t took_us = (clock_mono_ns() - transaction->start_ns) / 1000;
	enum result result = write_messages(writing);

	if (result == RESULT_OK)
		result = write_action(writing);
	if (result == RESULT_OK)
		result = buffer_print(writing->out, "Stopwatch: %llu %llu (- - -)\nProducer: ", (unsigned long long)(transaction->wall_ns / 1000),
		                      (unsigned long long)took_us);
	if (result == RESULT_OK)
		result = audit_producer(transaction, writing->out);
	if (result == RESULT_OK)
		result = buffer_print(writing->out, ".\n");
	if (result == RESULT_OK)
		result = write_application(writing);
	if (result == RESULT_OK)
		result = write_sensor(writing);
	return result == RESULT_OK ? buffer_print(writing->out, "Engine-Mode: \"%s\"\n\n", audit_engine_mode(transaction)) : result;
}

static enum result write_j(struct writing *writing)
{
	struct waf_transaction *transaction = writing->transaction;
	const struct pair *file = transaction->files.first, *size = transaction->file_sizes.first;
	const struct body_report *report = body_report_of(transaction);
	unsigned number = 0;
	enum result result = RESULT_OK;

	for (; file && size && result == RESULT_OK && buffer_room(writing->out) >= AUDIT_FILES_ROOM; file = file->next, size = size->next) {
		struct span name;

		if (audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_FILE, .text = file->value->bytes }, &name) != RESULT_OK)
			return RESULT_NO_MEMORY;
		result = buffer_print(writing->out, "%u,%.*s,\"%.*s\",\"<Unknown ContentType>\"\n", ++number, SPAN_ARG(size->value->bytes),
		                      SPAN_ARG(name));
	}
	if (result == RESULT_OK && file && size)
		result = buffer_print(writing->out, "...\n");
	return result == RESULT_OK ? buffer_print(writing->out, "Total,%llu\n\n", report ? (unsigned long long)report->file_bytes : 0) : result;
}

/* The text of a rule is in its file: here is where. */
static enum result write_k(struct writing *writing)
{
	enum result result = RESULT_OK;

	for (const struct waf_match *match = writing->transaction->first; match && result == RESULT_OK; match = match->next) {
		if (buffer_room(writing->out) < AUDIT_RULES_ROOM)
			return buffer_print(writing->out, "%u more, for which there is no room\n\n", audit_count(match));
		result = buffer_print(writing->out, "%.*s:%u: %u\n", SPAN_ARG(match->rule->place.file), match->rule->place.line, match->rule->id);
	}
	return result == RESULT_OK ? buffer_append_byte(writing->out, '\n') : result;
}

static enum result write_z(struct writing *writing)
{
	return buffer_append_byte(writing->out, '\n');
}

static const struct part_row {
	char letter;
	enum result (*write)(struct writing *writing);
} rows[] = {
	/* In the order of 2.9.7; D and G are reserved, and empty there too. */
	{ 'A', write_a }, { 'B', write_b }, { 'C', write_c }, { 'I', write_i }, { 'F', write_f }, { 'E', write_e }, { 'H', write_h },
	{ 'J', write_j }, { 'K', write_k }, { 'Z', write_z },
};

static bool has_something(const struct writing *writing, char letter)
{
	const struct waf_transaction *transaction = writing->transaction;

	switch (letter) {
	case 'A':
	case 'Z':
		return true;  /* always, whatever the settings say */
	case 'B':
		return transaction->head != NULL;
	case 'C':
		return audit_has_body(transaction);
	case 'I':
		return transaction->body_bytes && (!audit_has(transaction, 'C') || span_equal_nocase(transaction->processor, SPAN("MULTIPART")));
	case 'E':
		return buffer_len(&transaction->response_body) != 0;
	case 'F':
		return writing->status != 0;
	case 'J':
		return transaction->files.count != 0;
	default:
		return true;
	}
}

enum result audit_write_native(struct waf_transaction *transaction, unsigned status, struct buffer *out)
{
	struct writing writing = { .transaction = transaction, .status = status, .out = out };
	uint8_t random[BOUNDARY_LEN / 2];
	enum result result = RESULT_OK;

	random_fill(random, sizeof(random));
	hex_write(random, sizeof(random), writing.boundary);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && result == RESULT_OK; i++) {
		char letter = rows[i].letter;

		if (!has_something(&writing, letter) || (letter != 'A' && letter != 'Z' && !audit_has(transaction, letter)))
			continue;
		result = begin_part(&writing, letter);
		if (result == RESULT_OK)
			result = rows[i].write(&writing);
	}
	return result;
}
