#include "cli/probe/deliver.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/encode.h"
#include "event/json.h"

#include "base/banned.h"

#define NS_PER_S UINT64_C(1000000000)
#define FIELDS_MAX 512u

static void say(struct deliver *deliver, const struct ledger *ledger, const char *what)
{
	if (strcmp(deliver->said, what) == 0)
		return;
	if (what[0])
		fprintf(stderr, "bouclier: the hub at %s has no report: %s; minutes that wait: %zu\n", deliver->hub.authority, what, ledger->count);
	else
		fprintf(stderr, "bouclier: the hub at %s has all reports again\n", deliver->hub.authority);
	snprintf(deliver->said, sizeof(deliver->said), "%s", what);
}

/* More than every one before, of earlier processes too: as long as the clock does not go back, without a file. */
static uint64_t next_sequence(struct deliver *deliver)
{
	uint64_t now_ms = clock_wall_ns() / 1000000;

	deliver->sequence = now_ms > deliver->sequence ? now_ms : deliver->sequence + 1;
	return deliver->sequence;
}

static enum result write_report(struct deliver *deliver, const struct ledger *ledger, size_t count, struct buffer *out)
{
	struct probe_report *report = calloc(1, sizeof(*report));
	enum result result;

	if (!report)
		return RESULT_NO_MEMORY;
	memcpy(report->name, deliver->name, sizeof(report->name));
	report->sequence = next_sequence(deliver);
	report->sent_s = clock_wall_ns() / NS_PER_S;
	for (size_t i = 0; i < count; i++)
		report->minutes[report->minute_count++] = *ledger->waiting[i];
	result = probe_report_write(report, out);
	free(report);
	return result;
}

static enum result sign(struct deliver *deliver, struct span body, struct buffer *fields)
{
	uint8_t signature[SIGNATURE_LEN];
	struct buffer text;
	enum result result;

	buffer_init(&text, PROBE_REPORT_BYTES + sizeof(PROBE_REPORT_PREFIX));
	result = buffer_append(&text, SPAN(PROBE_REPORT_PREFIX));
	if (result == RESULT_OK)
		result = buffer_append(&text, body);
	if (result == RESULT_OK)
		result = signature_make(deliver->key, buffer_span(&text), signature);
	buffer_done(&text);
	if (result == RESULT_OK)
		result = buffer_print(fields, "Content-Type: application/json\r\n" PROBE_REPORT_NAME ": %s\r\n" PROBE_REPORT_SIGNATURE ": ", deliver->name);
	if (result == RESULT_OK)
		result = base64_write(span_make((const char *)signature, sizeof(signature)), fields);
	return result == RESULT_OK ? buffer_append(fields, SPAN("\r\n")) : result;
}

/* What the hub says of a report that it does not take. */
static void read_refusal(struct deliver *deliver, const struct exchange_answer *answer, char out[EXCHANGE_ERROR_MAX])
{
	struct json *root = NULL;
	const struct json *error;

	snprintf(out, EXCHANGE_ERROR_MAX, "it answered with status %u", answer->status);
	if (json_read(buffer_span(&answer->page), &root) != RESULT_OK)
		return;
	error = json_find(root, "error");
	if (json_has_text(json_find(error, "text")))
		snprintf(out, EXCHANGE_ERROR_MAX, "%.*s", SPAN_ARG(json_text_of(json_find(error, "text"))));
	/* Another process with our name, or a clock that went back: the next one is more than that. */
	if (json_number_of(json_find(error, "sequence")) > deliver->sequence)
		deliver->sequence = json_number_of(json_find(error, "sequence"));
	json_drop(root);
}

static enum result judge(struct deliver *deliver, struct ledger *ledger, const struct exchange_answer *answer, size_t count)
{
	char why[EXCHANGE_ERROR_MAX];

	if (answer->status == 200) {
		ledger_drop(ledger, count);
		say(deliver, ledger, "");
		return RESULT_OK;
	}
	read_refusal(deliver, answer, why);
	say(deliver, ledger, why);
	/* Malformed and too large stay so; all else may be put right at the hub. */
	if (answer->status != 400 && answer->status != 413)
		return RESULT_IO;
	ledger_drop(ledger, count);
	return RESULT_REFUSED;
}

static enum result send_report(struct deliver *deliver, struct ledger *ledger, struct span body, struct span fields, size_t count)
{
	struct exchange ask = { .url = &deliver->hub, .method = METHOD_POST, .fields = fields, .body = body, .ca = deliver->ca,
	                        .until_ms = clock_mono_ms() + deliver->wait_ms, .stop_fd = deliver->stop_fd };
	struct exchange_answer answer;
	enum result result = exchange(&ask, &answer);

	if (result == RESULT_OK) {
		result = judge(deliver, ledger, &answer, count);
	} else if (result != RESULT_END) {
		say(deliver, ledger, answer.error);
		result = RESULT_IO;   /* only what the hub itself says may cost a minute */
	}
	exchange_done(&answer);
	return result;
}

enum result deliver_one(struct deliver *deliver, struct ledger *ledger)
{
	size_t count = ledger->count < PROBE_REPORT_MINUTES ? ledger->count : PROBE_REPORT_MINUTES;
	struct buffer body, fields;
	enum result result;

	if (!count)
		return RESULT_NOT_FOUND;
	buffer_init(&body, PROBE_REPORT_BYTES);
	buffer_init(&fields, FIELDS_MAX);
	result = write_report(deliver, ledger, count, &body);
	if (result == RESULT_OK)
		result = sign(deliver, buffer_span(&body), &fields);
	if (result == RESULT_OK)
		result = send_report(deliver, ledger, buffer_span(&body), buffer_span(&fields), count);
	buffer_done(&body);
	buffer_done(&fields);
	return result;
}

void deliver_all(struct deliver *deliver, struct ledger *ledger)
{
	enum result result;

	do
		result = deliver_one(deliver, ledger);
	while (result == RESULT_OK || result == RESULT_REFUSED);
}

void deliver_done(struct deliver *deliver)
{
	if (deliver->key)
		signature_key_free(deliver->key);
}
