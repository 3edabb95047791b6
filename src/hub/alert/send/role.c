#include "hub/alert/send/role.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/local_socket.h"
#include "hub/alert/hours.h"
#include "hub/alert/send/curl.h"
#include "hub/alert/send/deliver.h"

#include "base/banned.h"

#define INPUT_MAX (WIRE_FRAME_MAX + 65536)
#define READ_STEP ((size_t)65536)         /* more than a packet has, where the socket has packets */
#define REPORT_MS 10000u
#define REPORT_PIECE ((size_t)4096)       /* what the hub reads at once: the socket may be one of packets */
#define STACK_BYTES ((size_t)512 << 10)

/* A plan is in use as long as an attempt goes on that began with it. */
struct held_plan {
	struct alert_plan plan;
	unsigned holders;
};

/* One conversation with a hub. Attempts may outlive it. */
struct role {
	int fd;                            /* ours: a copy */
	struct buffer input;
	struct held_plan *plan;            /* NULL: none yet */
	pthread_mutex_t lock;              /* over PLAN, holders, and what is written to FD */
	unsigned holders;                  /* attempts that go on, and who reads */
};

struct attempt {
	struct role *role;
	struct held_plan *plan;
	struct wire_job job;
	struct json *root;                 /* not NULL: FETCH, which lies in it, is what is to be done */
	struct wire_fetch fetch;
};

enum result send_prepare(void)
{
	(void)signal(SIGPIPE, SIG_IGN);  /* of TLS that libraries write */
	hours_begin();
	return curl_begin();
}

/* -- plans -- */

/* With the lock. */
static void drop_plan(struct held_plan *plan)
{
	if (!plan || --plan->holders)
		return;
	alert_plan_done(&plan->plan);
	free(plan);
}

static enum result take_plan(struct role *role, struct span frame)
{
	struct held_plan *plan = calloc(1, sizeof(*plan));
	enum result result = plan ? alert_plan_read(frame, &plan->plan) : RESULT_NO_MEMORY;

	if (result != RESULT_OK) {
		free(plan);
		return result;
	}
	plan->holders = 1;
	pthread_mutex_lock(&role->lock);
	drop_plan(role->plan);
	role->plan = plan;
	pthread_mutex_unlock(&role->lock);
	return RESULT_OK;
}

/* -- attempts -- */

/* With the lock, which is given back. */
static void role_drop(struct role *role)
{
	bool is_last = --role->holders == 0;

	if (is_last)
		drop_plan(role->plan);
	pthread_mutex_unlock(&role->lock);
	if (!is_last)
		return;
	buffer_done(&role->input);
	close(role->fd);
	pthread_mutex_destroy(&role->lock);
	free(role);
}

/* With the lock. The hub reads at once; when it does not for a long time, it is as good as gone. */
static void report(struct role *role, const struct buffer *out)
{
	struct span rest = buffer_span(out);
	enum result result = rest.len ? RESULT_OK : RESULT_NO_MEMORY;

	while (rest.len && result == RESULT_OK) {
		struct span piece = span_take(rest, REPORT_PIECE);

		result = local_socket_send(role->fd, piece, clock_mono_ms() + REPORT_MS);
		rest = span_skip(rest, piece.len);
	}
	if (result != RESULT_OK)
		(void)shutdown(role->fd, SHUT_RDWR);
}

static void run_job(struct attempt *attempt, struct buffer *out)
{
	struct wire_report ended;

	deliver(&attempt->plan->plan, &attempt->job, clock_wall_ns() / 1000000000, &ended);
	wire_job_done(&attempt->job);
	if (wire_report_put(out, &ended) != RESULT_OK)
		buffer_reset(out);
}

static void run_fetch(struct attempt *attempt, struct buffer *out)
{
	struct wire_fetched fetched;
	struct buffer answer;

	buffer_init(&answer, WIRE_FETCH_MAX);
	curl_fetch(&attempt->fetch, &answer, &fetched);
	if (wire_fetched_put(out, &fetched) != RESULT_OK)
		buffer_reset(out);
	buffer_done(&answer);
	json_drop(attempt->root);
}

static void *attempt_run(void *context)
{
	struct attempt *attempt = context;
	struct role *role = attempt->role;
	struct buffer out;

	buffer_init(&out, WIRE_FRAME_MAX);
	if (attempt->root)
		run_fetch(attempt, &out);
	else
		run_job(attempt, &out);
	pthread_mutex_lock(&role->lock);
	report(role, &out);
	buffer_done(&out);
	drop_plan(attempt->plan);
	free(attempt);
	role_drop(role);
	return NULL;
}

static enum result start_thread(struct attempt *attempt)
{
	pthread_attr_t how;
	pthread_t thread;
	enum result result = RESULT_NO_MEMORY;

	if (pthread_attr_init(&how) != 0)
		return result;
	if (pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED) == 0 && pthread_attr_setstacksize(&how, STACK_BYTES) == 0 &&
	    pthread_create(&thread, &how, attempt_run, attempt) == 0)
		result = RESULT_OK;
	pthread_attr_destroy(&how);
	return result;
}

/* The hub has one attempt a path go on at a time, and few fetches. More than there can be is none of its. */
static enum result start(struct role *role, struct attempt *attempt)
{
	enum result result = RESULT_REFUSED;

	attempt->role = role;
	pthread_mutex_lock(&role->lock);
	if (role->plan && role->holders <= 2 * ALERT_PATHS_MAX) {
		attempt->plan = role->plan;
		attempt->plan->holders++;
		role->holders++;
		result = start_thread(attempt);
		if (result != RESULT_OK) {
			drop_plan(attempt->plan);
			role->holders--;
		}
	}
	pthread_mutex_unlock(&role->lock);
	return result;
}

static enum result take_job(struct role *role, struct span frame)
{
	struct attempt *attempt = calloc(1, sizeof(*attempt));
	enum result result = attempt ? wire_job_read(frame, &attempt->job) : RESULT_NO_MEMORY;

	if (result == RESULT_OK) {
		result = start(role, attempt);
		if (result != RESULT_OK)
			wire_job_done(&attempt->job);
	}
	if (result != RESULT_OK)
		free(attempt);
	return result;
}

static enum result take_fetch(struct role *role, struct span frame)
{
	struct attempt *attempt = calloc(1, sizeof(*attempt));
	enum result result = attempt ? wire_fetch_read(frame, &attempt->root, &attempt->fetch) : RESULT_NO_MEMORY;

	if (result == RESULT_OK) {
		result = start(role, attempt);
		if (result != RESULT_OK)
			json_drop(attempt->root);
	}
	if (result != RESULT_OK)
		free(attempt);
	return result;
}

static enum result take(struct role *role, struct span frame)
{
	enum result result = take_plan(role, frame);

	if (result == RESULT_MALFORMED)
		result = take_job(role, frame);
	return result == RESULT_MALFORMED ? take_fetch(role, frame) : result;
}

/* -- reading -- */

static enum result take_all(struct role *role)
{
	enum result result;
	struct span frame;
	size_t used;

	while ((result = wire_take(buffer_span(&role->input), &frame, &used)) == RESULT_OK) {
		result = take(role, frame);
		if (result != RESULT_OK)
			return result;
		buffer_consume(&role->input, used);
	}
	buffer_release(&role->input);
	return result == RESULT_MORE ? RESULT_OK : result;
}

/* RESULT_END: the hub has gone. */
static enum result read_some(struct role *role)
{
	char *to = buffer_reserve(&role->input, READ_STEP);
	ssize_t got;

	if (!to)
		return RESULT_LIMIT;
	got = recv(role->fd, to, READ_STEP, MSG_DONTWAIT);
	if (got > 0)
		buffer_commit(&role->input, (size_t)got);
	if (got == 0 || (got < 0 && errno == ECONNRESET))
		return RESULT_END;
	return got > 0 || errno == EAGAIN || errno == EINTR ? RESULT_OK : RESULT_IO;
}

static enum result read_until_end(struct role *role)
{
	enum result result = RESULT_OK;

	while (result == RESULT_OK) {
		struct pollfd ready = { .fd = role->fd, .events = POLLIN };

		if (poll(&ready, 1, -1) < 0 && errno != EINTR)
			return RESULT_IO;
		result = read_some(role);
		if (result == RESULT_OK)
			result = take_all(role);
	}
	return result == RESULT_END ? RESULT_OK : result;
}

enum result send_role(int hub_fd)
{
	struct role *role = calloc(1, sizeof(*role));
	enum result result;

	if (!role)
		return RESULT_NO_MEMORY;
	*role = (struct role){ .fd = fcntl(hub_fd, F_DUPFD_CLOEXEC, 3), .holders = 1 };
	pthread_mutex_init(&role->lock, NULL);
	buffer_init(&role->input, INPUT_MAX);
	result = role->fd < 0 ? RESULT_IO : read_until_end(role);
	pthread_mutex_lock(&role->lock);
	role_drop(role);
	return result;
}
