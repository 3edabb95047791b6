#include "hub/alert/outbox/outbox_job.h"

#include <stdlib.h>

#include "hub/alert/decide/facts_json.h"
#include "incident/reading.h"

#include "base/banned.h"

struct outbox_job *outbox_job_new(struct span message)
{
	struct outbox_job *job = calloc(1, sizeof(*job) + message.len + 1);

	if (!job)
		return NULL;
	if (message.len)
		memcpy(job + 1, message.at, message.len);
	job->message = span_make((char *)(job + 1), message.len);
	list_init(&job->node);
	return job;
}

enum result outbox_job_write(const struct outbox_job *job, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("path"), span_of(job->path));
	json_put_text(&json, SPAN("id"), span_of(job->id));
	json_put_text(&json, SPAN("severity"), span_of(severity_name(job->severity)));
	json_put_number(&json, SPAN("made"), job->made_s);
	json_put_text(&json, SPAN("message"), job->message);
	json_close(&json, '}');
	return json.result;
}

bool outbox_job_read(const struct json *root, struct outbox_job *job)
{
	struct reading reading;

	reading_begin(&reading, root);
	reading_text(&reading, "path", job->path, sizeof(job->path));
	reading_text(&reading, "id", job->id, sizeof(job->id));
	job->severity = (enum severity)reading_name(&reading, "severity", SEVERITY_COUNT, facts_severity_at);
	job->made_s = reading_number(&reading, "made", INT64_MAX / 1000);
	reading_check(&reading, json_has_text(reading_member(&reading, "message")));
	return reading_end(&reading) && alert_name_is_good(span_of(job->path)) && job->id[0];
}
