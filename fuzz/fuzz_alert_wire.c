/* What the process that sends is told, and what it says: what is read is written and read again as the same; a frame lies within what came. */
#include <assert.h>

#include "hub/alert/outbox/outbox.h"
#include "hub/alert/send/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_frame(struct span frame, struct buffer *out)
{
	struct wire_job job, again;
	struct wire_report report;
	struct wire_fetched fetched;
	struct wire_fetch fetch;
	struct alert_plan plan;
	struct json *root;
	struct span written;
	size_t used;

	if (wire_job_read(frame, &job) == RESULT_OK) {
		assert(wire_job_put(out, job.number, span_of(job.path), span_of(job.id), buffer_span(&job.message)) == RESULT_OK);
		assert(wire_take(buffer_span(out), &written, &used) == RESULT_OK && wire_job_read(written, &again) == RESULT_OK);
		assert(again.number == job.number && span_equal(buffer_span(&again.message), buffer_span(&job.message)));
		wire_job_done(&job), wire_job_done(&again);
	}
	if (wire_report_read(frame, &report) == RESULT_OK)
		assert(report.outcome <= OUTCOME_REFUSED && wire_report_put(out, &report) == RESULT_OK);
	if (wire_fetched_read(frame, &root, &fetched) == RESULT_OK)
		json_drop(root);
	if (wire_fetch_read(frame, &root, &fetch) == RESULT_OK) {
		assert(span_starts(fetch.url, SPAN("https://")) || (fetch.is_clear && span_starts(fetch.url, SPAN("http://"))));
		json_drop(root);
	}
	if (alert_plan_read(frame, &plan) == RESULT_OK)
		alert_plan_done(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make((const char *)data, size), frame = input;
	struct buffer out;
	size_t used;

	buffer_init(&out, 2 * WIRE_FRAME_MAX);
	if (wire_take(input, &frame, &used) == RESULT_OK)
		assert(used <= size && frame.at + frame.len == input.at + used);
	read_frame(frame, &out), read_frame(input, &out);
	buffer_done(&out);
	return 0;
}
