/* ModSecurity's audit log as one object of JSON, ended by a line feed. */
#include <stdio.h>

#include "base/clock.h"
#include "base/encode.h"
#include "waf/audit.h"

#include "base/banned.h"

/* Writes on until something fails; a comma stands before all but the first member. */
struct writing {
	struct waf_transaction *transaction;
	struct buffer *out;
	enum result result;
	bool is_first;
};

static void put(struct writing *writing, const char *text)
{
	if (writing->result == RESULT_OK)
		writing->result = buffer_append(writing->out, span_of(text));
}

static void put_string(struct writing *writing, struct span text)
{
	if (writing->result == RESULT_OK)
		writing->result = json_write_string(text, writing->out);
}

static void separate(struct writing *writing)
{
	if (!writing->is_first)
		put(writing, ",");
	writing->is_first = false;
}

static void name(struct writing *writing, const char *text)
{
	separate(writing);
	put_string(writing, span_of(text));
	put(writing, ":");
}

static void open_with(struct writing *writing, const char *text, const char *bracket)
{
	name(writing, text);
	put(writing, bracket);
	writing->is_first = true;
}

static void close_with(struct writing *writing, const char *bracket)
{
	put(writing, bracket);
	writing->is_first = false;
}

static void member(struct writing *writing, const char *text, struct span value)
{
	name(writing, text);
	put_string(writing, value);
}

static void number(struct writing *writing, const char *text, uint64_t value)
{
	name(writing, text);
	if (writing->result == RESULT_OK)
		writing->result = buffer_append_u64(writing->out, value);
}

static void put_addresses(struct writing *writing)
{
	const struct endpoint *here = &writing->transaction->destination;
	char text[ADDRESS_TEXT_MAX];
	struct span client = SPAN_NONE;
	unsigned port = 0;

	if (writing->result == RESULT_OK)
		writing->result = audit_client(writing->transaction, &client, &port);
	address_write(&here->address, text);
	member(writing, "remote_address", client);
	number(writing, "remote_port", port);
	member(writing, "local_address", span_of(text));
	number(writing, "local_port", here->port);
}

/* Fields of one name become one member, their values joined: an object has each name once. */
static void put_field(struct writing *writing, const struct fields *fields, unsigned first, enum waf_audit_kind kind)
{
	struct span shown = SPAN_NONE;
	struct buffer joined;

	buffer_init(&joined, 1 << 20);
	for (unsigned i = first; i < fields->count && writing->result == RESULT_OK; i++) {
		struct span value, called = SPAN_NONE;

		if (!span_equal_nocase(fields->list[i].name, fields->list[first].name))
			continue;
		writing->result = audit_field(writing->transaction, kind, &fields->list[i], &called, &value);
		if (i == first)
			shown = called;
		if (writing->result == RESULT_OK)
			writing->result = buffer_print(&joined, "%s%.*s", i == first ? "" : ", ", SPAN_ARG(value));
	}
	separate(writing);
	put_string(writing, shown);
	put(writing, ":");
	put_string(writing, buffer_span(&joined));
	buffer_done(&joined);
}

static bool is_first_of_name(const struct fields *fields, unsigned index)
{
	unsigned i = 0;

	while (!span_equal_nocase(fields->list[i].name, fields->list[index].name))
		i++;
	return i == index;
}

static void put_fields(struct writing *writing, const struct fields *fields, enum waf_audit_kind kind)
{
	open_with(writing, "headers", "{");
	for (unsigned i = 0; i < fields->count; i++) {
		if (is_first_of_name(fields, i))
			put_field(writing, fields, i, kind);
	}
	close_with(writing, "}");
}

static void put_transaction(struct writing *writing)
{
	struct waf_transaction *transaction = writing->transaction;
	struct buffer time;

	buffer_init(&time, 64);
	if (writing->result == RESULT_OK)
		writing->result = audit_time(transaction, &time);
	open_with(writing, "transaction", "{");
	member(writing, "time", buffer_span(&time));
	member(writing, "transaction_id", transaction->unique_id);
	put_addresses(writing);
	close_with(writing, "}");
	buffer_done(&time);
}

static void put_body(struct writing *writing)
{
	struct waf_transaction *transaction = writing->transaction;
	struct span body = SPAN_NONE;

	if (writing->result == RESULT_OK)
		writing->result = audit_body(transaction, &body);
	open_with(writing, "body", "[");
	put_string(writing, body);
	close_with(writing, "]");
}

static void put_form(struct writing *writing)
{
	struct buffer form;

	buffer_init(&form, buffer_room(writing->out));
	if (writing->result == RESULT_OK)
		writing->result = audit_fields(writing->transaction, &form);
	member(writing, "fake_body", buffer_span(&form));
	buffer_done(&form);
}

static void put_request(struct writing *writing)
{
	struct waf_transaction *transaction = writing->transaction;
	bool is_multipart = span_equal_nocase(transaction->processor, SPAN("MULTIPART"));
	struct span line = SPAN_NONE;

	open_with(writing, "request", "{");
	if (audit_has(transaction, 'B') && transaction->head) {
		if (writing->result == RESULT_OK)
			writing->result = audit_request_line(transaction, &line);
		member(writing, "request_line", line);
		put_fields(writing, &transaction->head->fields, WAF_AUDIT_REQUEST_FIELD);
	}
	if (audit_has_body(transaction) && (audit_has(transaction, 'C') || (audit_has(transaction, 'I') && !is_multipart)))
		put_body(writing);
	if (audit_has(transaction, 'I') && is_multipart)
		put_form(writing);
	close_with(writing, "}");
}

static void put_response(struct writing *writing, unsigned status)
{
	struct waf_transaction *transaction = writing->transaction;
	struct span body = SPAN_NONE;

	open_with(writing, "response", "{");
	if (audit_has(transaction, 'F')) {
		member(writing, "protocol", SPAN("HTTP/1.1"));
		number(writing, "status", status);
		if (transaction->response)
			put_fields(writing, &transaction->response->fields, WAF_AUDIT_RESPONSE_FIELD);
	}
	if (audit_has(transaction, 'E') && buffer_len(&transaction->response_body)) {
		if (writing->result == RESULT_OK)
			writing->result = audit_response_body(transaction, &body);
		member(writing, "body", body);
	}
	close_with(writing, "}");
}

/* In the list's place for what there is no room for. */
static void put_more(struct writing *writing, unsigned count)
{
	char text[64];

	snprintf(text, sizeof(text), "%u more, for which there is no room", count);
	separate(writing);
	put_string(writing, span_of(text));
}

static void put_messages(struct writing *writing)
{
	struct waf_transaction *transaction = writing->transaction;

	open_with(writing, "messages", "[");
	for (const struct waf_match *match = transaction->first; match; match = match->next) {
		struct buffer text;

		if (buffer_room(writing->out) < AUDIT_MESSAGES_ROOM) {
			put_more(writing, audit_count(match));
			break;
		}
		buffer_init(&text, 1 << 20);
		if (writing->result == RESULT_OK)
			writing->result = audit_message(transaction, match, &text);
		separate(writing);
		put_string(writing, buffer_span(&text));
		buffer_done(&text);
	}
	close_with(writing, "]");
}

static void put_action(struct writing *writing)
{
	const struct waf_verdict *verdict = &writing->transaction->verdict;

	if (verdict->kind == WAF_PASS || verdict->kind == WAF_ALLOW)
		return;
	open_with(writing, "action", "{");
	name(writing, "intercepted");
	put(writing, "true");
	number(writing, "phase", verdict->phase);
	number(writing, "status", verdict->status);
	close_with(writing, "}");
}

static void put_audit_data(struct writing *writing)
{
	struct waf_transaction *transaction = writing->transaction;
	struct buffer producer;

	buffer_init(&producer, 4096);
	if (writing->result == RESULT_OK)
		writing->result = audit_producer(transaction, &producer);
	open_with(writing, "audit_data", "{");
	put_messages(writing);
	put_action(writing);
	open_with(writing, "stopwatch", "{");
	number(writing, "p0", (clock_mono_ns() - transaction->start_ns) / 1000);
	close_with(writing, "}");
	member(writing, "producer", buffer_span(&producer));
	member(writing, "engine_mode", span_of(audit_engine_mode(transaction)));
	if (transaction->settings->sensor_id.len)
		member(writing, "sensor_id", transaction->settings->sensor_id);
	close_with(writing, "}");
	buffer_done(&producer);
}

static void put_uploads(struct writing *writing)
{
	struct waf_transaction *transaction = writing->transaction;
	const struct pair *file = transaction->files.first, *size = transaction->file_sizes.first;
	const struct body_report *report = body_report_of(transaction);

	open_with(writing, "uploads", "{");
	open_with(writing, "info", "[");
	for (; file && size && buffer_room(writing->out) >= AUDIT_FILES_ROOM; file = file->next, size = size->next) {
		struct span shown = SPAN_NONE;

		if (writing->result == RESULT_OK)
			writing->result = audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_FILE, .text = file->value->bytes }, &shown);
		separate(writing);
		put(writing, "{");
		writing->is_first = true;
		member(writing, "file_size", size->value->bytes);
		member(writing, "file_name", shown);
		close_with(writing, "}");
	}
	close_with(writing, "]");
	if (file && size) {
		name(writing, "is_cut");
		put(writing, "true");
	}
	number(writing, "total", report ? report->file_bytes : 0);
	close_with(writing, "}");
}

enum result audit_write_json(struct waf_transaction *transaction, unsigned status, struct buffer *out)
{
	struct writing writing = { .transaction = transaction, .out = out, .is_first = true };

	put(&writing, "{");
	put_transaction(&writing);
	put_request(&writing);
	if (status && (audit_has(transaction, 'F') || audit_has(transaction, 'E')))
		put_response(&writing, status);
	if (audit_has(transaction, 'H'))
		put_audit_data(&writing);
	if (audit_has(transaction, 'J') && transaction->files.count)
		put_uploads(&writing);
	put(&writing, "}\n");
	return writing.result;
}
