/* Between alerts and the process that sends. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hub/alert/alerts_parts.h"
#include "hub/alert/send/wire.h"

#include "base/banned.h"

#define OUTPUT_MAX ((size_t)16 << 20)
#define INPUT_MAX ((size_t)512 << 10)     /* of reports, each below a KiB, and of what was fetched: six bytes for one at worst */
#define READ_STEP ((size_t)4096)
#define PIECE_MAX ((size_t)8192)          /* the socket may be one of packets */

void alerts_let_go(struct alerts *alerts)
{
	int fd = alerts->watch.fd;

	if (fd < 0)
		return;
	loop_forget(alerts->birth.loop, &alerts->watch);
	alerts->watch.fd = -1;
	close(fd);
	buffer_done(&alerts->input);
	buffer_done(&alerts->output);
	outbox_called_off(alerts->outbox);
	alerts_drop_fetches(alerts);
}

void alerts_write(struct alerts *alerts)
{
	while (alerts->watch.fd >= 0 && buffer_len(&alerts->output)) {
		struct span bytes = span_take(buffer_span(&alerts->output), PIECE_MAX);
		ssize_t sent = send(alerts->watch.fd, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN)
			alerts_let_go(alerts);
		if (sent < 0)
			return;
		buffer_consume(&alerts->output, (size_t)sent);
	}
	buffer_release(&alerts->output);
}

/* -- reports -- */

static void take_report(struct alerts *alerts, const struct wire_report *report, uint64_t now_s)
{
	char path[ALERT_NAME_MAX + 1];
	enum path_outcome outcome = report->outcome;
	unsigned index;

	if (outbox_ended(alerts->outbox, report->number, &outcome, now_s, path) != RESULT_OK)
		return;
	index = alert_plan_find(&alerts->plan, span_of(path));
	if (index < ALERT_PATHS_MAX)
		decide_outcome(alerts->decide, index, outcome, span_of(report->why), now_s);
}

/* False: it said something that it never says. */
static bool take_reports(struct alerts *alerts, uint64_t now_s)
{
	struct wire_report report;
	struct span frame;
	size_t used;
	enum result result;

	while ((result = wire_take(buffer_span(&alerts->input), &frame, &used)) == RESULT_OK) {
		if (wire_report_read(frame, &report) == RESULT_OK) {
			buffer_consume(&alerts->input, used);
			take_report(alerts, &report, now_s);
		} else if (!alerts_take_fetched(alerts, frame, used)) {
			return false;
		}
	}
	return result == RESULT_MORE;
}

/* RESULT_MORE: that was all for now. */
static enum result read_some(struct alerts *alerts)
{
	char *to = buffer_reserve(&alerts->input, READ_STEP);
	ssize_t got = to ? recv(alerts->watch.fd, to, READ_STEP, MSG_DONTWAIT) : -1;

	if (!to)
		return RESULT_LIMIT;
	if (got > 0)
		buffer_commit(&alerts->input, (size_t)got);
	if (got == 0)
		return RESULT_END;
	return got > 0 || errno == EINTR ? RESULT_OK : errno == EAGAIN ? RESULT_MORE : RESULT_IO;
}

static void ready(struct watch *watch, uint32_t events)
{
	struct alerts *alerts = list_entry(watch, struct alerts, watch);
	uint64_t now_s = alerts->birth.loop->wall_ns / 1000000000;
	enum result result;

	(void)events;
	while ((result = read_some(alerts)) == RESULT_OK) {
		if (!take_reports(alerts, now_s))
			break;
	}
	if (result != RESULT_MORE)
		alerts_let_go(alerts);  /* it has ended, or is to end: the keeper starts another */
	alerts_settle(alerts, now_s);
}

/* -- jobs -- */

static void tell_plan(struct alerts *alerts)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, WIRE_FRAME_MAX);
	result = alert_plan_write(&alerts->plan, &text);
	if (result == RESULT_OK)
		result = wire_put(&alerts->output, buffer_span(&text));
	buffer_done(&text);
	if (result != RESULT_OK)
		alerts_let_go(alerts);
	alerts_write(alerts);
}

enum result alerts_attach(struct alerts *alerts, int fd)
{
	enum result result;

	alerts_let_go(alerts);
	buffer_init(&alerts->input, INPUT_MAX);
	buffer_init(&alerts->output, OUTPUT_MAX);
	alerts->watch = (struct watch){ .fd = -1, .ready = ready };
	result = loop_watch(alerts->birth.loop, &alerts->watch, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
	if (result != RESULT_OK) {
		close(fd);
		alerts->watch.fd = -1;
		return result;
	}
	tell_plan(alerts);
	alerts_pump(alerts, alerts->birth.loop->wall_ns / 1000000000);
	return RESULT_OK;
}

/* What does not fit now is put back and comes again. */
void alerts_pump(struct alerts *alerts, uint64_t now_s)
{
	for (unsigned i = 0; i < alerts->plan.path_count && alerts->watch.fd >= 0; i++) {
		struct outbox_job *job = outbox_next(alerts->outbox, alerts->plan.paths[i].name, now_s);

		if (job && wire_job_put(&alerts->output, job->number, span_of(job->path), span_of(job->id), job->message) != RESULT_OK)
			job->out_s = 0;
	}
	alerts_write(alerts);
}
