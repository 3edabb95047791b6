#include "hub/alert/send/wire.h"

#include "event/json.h"
#include "incident/reading.h"

#include "base/banned.h"

#define LENGTH_BYTES 4u
#define MESSAGE_MAX ((size_t)256 << 10)

enum result wire_put(struct buffer *out, struct span text)
{
	unsigned char length[LENGTH_BYTES] = { (unsigned char)(text.len >> 24), (unsigned char)(text.len >> 16), (unsigned char)(text.len >> 8), (unsigned char)text.len };
	enum result result;

	if (text.len > WIRE_FRAME_MAX || buffer_room(out) < text.len + LENGTH_BYTES)
		return RESULT_LIMIT;
	result = buffer_append(out, span_make((const char *)length, LENGTH_BYTES));
	return result == RESULT_OK ? buffer_append(out, text) : result;
}

enum result wire_take(struct span input, struct span *frame, size_t *used)
{
	size_t length = 0;

	if (input.len < LENGTH_BYTES)
		return RESULT_MORE;
	for (size_t i = 0; i < LENGTH_BYTES; i++)
		length = length << 8 | (unsigned char)input.at[i];
	if (length > WIRE_FRAME_MAX)
		return RESULT_LIMIT;
	if (input.len - LENGTH_BYTES < length)
		return RESULT_MORE;
	*frame = span_make(input.at + LENGTH_BYTES, length);
	*used = LENGTH_BYTES + length;
	return RESULT_OK;
}

static enum result put_json(struct buffer *out, struct buffer *text, const struct json_writer *json)
{
	enum result result = json->result == RESULT_OK ? wire_put(out, buffer_span(text)) : json->result;

	buffer_done(text);
	return result;
}

enum result wire_job_put(struct buffer *out, uint64_t number, struct span path, struct span id, struct span message)
{
	struct json_writer json;
	struct buffer text;

	buffer_init(&text, WIRE_FRAME_MAX);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("do"), SPAN("send"));
	json_put_number(&json, SPAN("number"), number);
	json_put_text(&json, SPAN("path"), path);
	json_put_text(&json, SPAN("id"), id);
	json_put_text(&json, SPAN("message"), message);
	json_close(&json, '}');
	return put_json(out, &text, &json);
}

static enum result read_job(const struct json *root, struct wire_job *job)
{
	struct reading reading;
	struct span message;

	reading_begin(&reading, root);
	reading_check(&reading, span_equal(json_text_of(reading_member(&reading, "do")), SPAN("send")));
	job->number = reading_number(&reading, "number", INT64_MAX);
	reading_text(&reading, "path", job->path, sizeof(job->path));
	reading_text(&reading, "id", job->id, sizeof(job->id));
	message = json_text_of(reading_member(&reading, "message"));
	/* The id goes into a header: it is nothing but what the hub makes ids of. */
	for (const char *at = job->id; *at; at++)
		reading_check(&reading, is_digit(*at) || (ascii_lower(*at) >= 'a' && ascii_lower(*at) <= 'z') || *at == '-' || *at == '.');
	if (!reading_end(&reading) || !message.len || !job->id[0] || !alert_name_is_good(span_of(job->path)))
		return RESULT_MALFORMED;
	return buffer_append(&job->message, message);
}

enum result wire_job_read(struct span frame, struct wire_job *out)
{
	struct wire_job job = { .number = 0 };
	struct json *root = NULL;
	enum result result = json_read(frame, &root);

	buffer_init(&job.message, MESSAGE_MAX);
	if (result == RESULT_OK)
		result = read_job(root, &job);
	json_drop(root);
	if (result == RESULT_OK)
		*out = job;
	else
		buffer_done(&job.message);
	return result;
}

void wire_job_done(struct wire_job *job)
{
	buffer_done(&job->message);
}

static const char *outcome_at(unsigned index)
{
	static const char *const names[] = { "arrived", "later", "refused" };

	return names[index];
}

enum result wire_report_put(struct buffer *out, const struct wire_report *report)
{
	struct json_writer json;
	struct buffer text;

	buffer_init(&text, WIRE_FRAME_MAX);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_put_number(&json, SPAN("number"), report->number);
	json_put_text(&json, SPAN("outcome"), span_of(outcome_at(report->outcome)));
	json_put_text(&json, SPAN("why"), span_of(report->why));
	json_close(&json, '}');
	return put_json(out, &text, &json);
}

enum result wire_report_read(struct span frame, struct wire_report *out)
{
	struct wire_report report = { .number = 0 };
	struct reading reading;
	struct json *root = NULL;
	enum result result = json_read(frame, &root);

	if (result != RESULT_OK)
		return result;
	reading_begin(&reading, root);
	report.number = reading_number(&reading, "number", INT64_MAX);
	report.outcome = (enum path_outcome)reading_name(&reading, "outcome", OUTCOME_REFUSED + 1, outcome_at);
	reading_text(&reading, "why", report.why, sizeof(report.why));
	result = reading_end(&reading) ? RESULT_OK : RESULT_MALFORMED;
	json_drop(root);
	if (result == RESULT_OK)
		*out = report;
	return result;
}
