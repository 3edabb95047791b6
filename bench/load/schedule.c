#define _GNU_SOURCE
#include "schedule.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "clock.h"

#define EVENTS_MAX          512
#define PREPARE_IN_FLIGHT   64   /* kind to listen queues */
#define PREPARE_SECONDS     60.0
#define TURN_NS             50000000ull
#define LAST_ANSWERS_NS     10000000000ull

static volatile sig_atomic_t is_told_to_stop;

static void stop(int number)
{
	(void)number;
	is_told_to_stop = 1;
}

bool schedule_init(struct schedule *schedule, const struct options *options)
{
	unsigned count = options->connections;

	*schedule = (struct schedule){.options = options, .plan.h2 = options->h2};
	signal(SIGTERM, stop);
	if (!wire_plan_init(&schedule->plan.wire, options) || !request_init(&schedule->plan.request, options))
		return false;
	schedule->connections = calloc(count, sizeof *schedule->connections);
	schedule->ring = calloc(count, sizeof *schedule->ring);
	schedule->fallen = calloc(count, sizeof *schedule->fallen);
	if (!schedule->connections || !schedule->ring || !schedule->fallen)
		return false;
	for (unsigned i = 0; i < count; i++)
		schedule->ring[i] = &schedule->connections[i];
	schedule->ring_count = count;
	return true;
}

void schedule_done(struct schedule *schedule)
{
	if (schedule->connections)
		for (unsigned i = 0; i < schedule->options->connections; i++)
			connection_close(&schedule->connections[i]);
	free(schedule->fallen);
	free(schedule->ring);
	free(schedule->connections);
	request_done(&schedule->plan.request);
	wire_plan_done(&schedule->plan.wire);
}

static void ring_put(struct schedule *schedule, struct connection *c)
{
	unsigned size = schedule->options->connections;

	schedule->ring[(schedule->ring_first + schedule->ring_count++) % size] = c;
}

static struct connection *ring_take(struct schedule *schedule)
{
	struct connection *c = schedule->ring[schedule->ring_first];

	schedule->ring_first = (schedule->ring_first + 1) % schedule->options->connections;
	schedule->ring_count--;
	return c;
}

static uint64_t schedule_due_ns(const struct schedule *schedule, uint64_t request)
{
	return schedule->start_ns + (uint64_t)((double)request * 1e9 / schedule->rate);
}

static bool schedule_may_start(const struct schedule *schedule, uint64_t now_ns)
{
	if (schedule->stop_ns || !schedule->ring_count || (schedule->to_start && schedule->started >= schedule->to_start))
		return false;
	if (schedule->rate > 0)
		return schedule_due_ns(schedule, schedule->started) <= now_ns;
	return schedule->in_flight < schedule->in_flight_max;
}

static void schedule_fell(struct schedule *schedule, struct connection *c)
{
	schedule->tally.broken++;
	schedule->fallen[schedule->fallen_count++] = c;
}

static void schedule_finished(struct schedule *schedule, struct connection *c)
{
	schedule->in_flight--;
	ring_put(schedule, c);
}

/* Handshakes are counted, not requests; but the first of a resuming run asks once, because tickets come with or
 * after the first answer. */
static bool schedule_is_over_at_opening(const struct schedule *schedule)
{
	const struct options *options = schedule->options;

	return options->handshake_only && !(options->resume && !schedule->plan.wire.session);
}

/* True: the connection has more to do at once. */
static bool schedule_opened(struct schedule *schedule, struct connection *c)
{
	if (schedule->options->tls)
		schedule->tally.handshakes++;
	if (connection_is_resumed(c))
		schedule->tally.resumed++;
	if (!schedule_is_over_at_opening(schedule)) {
		connection_request(c, &schedule->plan, c->since_ns);
		return true;
	}
	schedule->tally.answered++;
	latency_add(&schedule->tally.latency, clock_ns() - c->since_ns);
	connection_close(c);
	schedule_finished(schedule, c);
	return false;
}

static void schedule_answered(struct schedule *schedule, struct connection *c)
{
	const struct options *options = schedule->options;

	schedule->tally.answered++;
	schedule->tally.status[connection_status(c, &schedule->plan)]++;
	latency_add(&schedule->tally.latency, clock_ns() - c->since_ns);
	if (c->reply.closes || options->new_connection || options->handshake_only)
		connection_close(c);
	else
		connection_rest(c, &schedule->plan);
	schedule_finished(schedule, c);
}

static void schedule_advance(struct schedule *schedule, struct connection *c)
{
	bool more = true;

	while (more) {
		more = false;
		switch (connection_advance(c, &schedule->plan)) {
		case CONNECTION_WAITS:
			break;
		case CONNECTION_OPENED:
			more = schedule_opened(schedule, c);
			break;
		case CONNECTION_ANSWERED:
			schedule_answered(schedule, c);
			break;
		case CONNECTION_BROKEN:
			schedule->in_flight--;
			schedule_fell(schedule, c);
			break;
		case CONNECTION_LOST:
			schedule->tally.lost++; /* it is in the ring already, and will be opened anew */
			break;
		}
	}
}

static void schedule_start(struct schedule *schedule, uint64_t now_ns)
{
	struct connection *c = ring_take(schedule);
	uint64_t since_ns = schedule->rate > 0 ? schedule_due_ns(schedule, schedule->started) : now_ns;

	schedule->started++;
	if (c->state == CONNECTION_RESTING) {
		schedule->in_flight++;
		connection_request(c, &schedule->plan, since_ns);
		schedule_advance(schedule, c);
		return;
	}
	schedule->tally.opened++;
	if (connection_open(c, &schedule->plan, since_ns))
		schedule->in_flight++;
	else
		schedule_fell(schedule, c);
}

static void schedule_fill(struct schedule *schedule)
{
	uint64_t now_ns = clock_ns();

	while (schedule_may_start(schedule, now_ns))
		schedule_start(schedule, now_ns);
}

static void schedule_fallen_rise(struct schedule *schedule)
{
	while (schedule->fallen_count)
		ring_put(schedule, schedule->fallen[--schedule->fallen_count]);
}

/* Until the next request is due, or one turn. */
static uint64_t schedule_patience_ns(const struct schedule *schedule)
{
	uint64_t now_ns = clock_ns(), due_ns;

	if (!(schedule->rate > 0) || !schedule->ring_count)
		return TURN_NS;
	due_ns = schedule_due_ns(schedule, schedule->started);
	if (due_ns <= now_ns)
		return 0;
	return due_ns - now_ns < TURN_NS ? due_ns - now_ns : TURN_NS;
}

/* The number of events: 0 when patience ended first. */
static int schedule_poll(struct schedule *schedule, uint64_t patience_ns)
{
	struct epoll_event events[EVENTS_MAX];
	struct timespec patience = {0, (long)patience_ns};
	int count = epoll_pwait2(schedule->plan.wire.poller, events, EVENTS_MAX, &patience, NULL);

	for (int i = 0; i < count; i++) {
		schedule_advance(schedule, events[i].data.ptr);
		/* At once, not after the whole batch: a browser does not wait for its neighbours. */
		schedule_fill(schedule);
	}
	return count;
}

static bool schedule_is_over(struct schedule *schedule, uint64_t end_ns)
{
	uint64_t now_ns = clock_ns();

	if (is_told_to_stop && !schedule->stop_ns)
		schedule->stop_ns = now_ns;
	if (schedule->stop_ns && (!schedule->in_flight || now_ns - schedule->stop_ns >= LAST_ANSWERS_NS))
		return true;
	if (schedule->to_start && schedule->tally.answered + schedule->tally.broken >= schedule->to_start)
		return true;
	return now_ns >= end_ns;
}

static void schedule_loop(struct schedule *schedule, double seconds)
{
	uint64_t end_ns;

	schedule->started = 0;
	schedule->start_ns = clock_ns();
	end_ns = schedule->start_ns + (uint64_t)(seconds * 1e9);
	while (!schedule_is_over(schedule, end_ns)) {
		schedule_fallen_rise(schedule);
		schedule_fill(schedule);
		schedule_poll(schedule, schedule_patience_ns(schedule));
	}
	schedule_fallen_rise(schedule);
}

static void schedule_wait_for_word(void)
{
	char line[16];

	if (!fgets(line, sizeof line, stdin))
		return; /* the driver closed our input: that is a word too */
}

static uint64_t schedule_count_open(const struct schedule *schedule)
{
	uint64_t open = 0;

	for (unsigned i = 0; i < schedule->options->connections; i++)
		open += schedule->connections[i].state == CONNECTION_RESTING;
	return open;
}

/* Each connection is taken from the ring once, because every one put back goes behind those still waiting. */
static void schedule_prepare(struct schedule *schedule)
{
	schedule->in_flight_max = PREPARE_IN_FLIGHT;
	schedule->to_start = schedule->options->connections;
	schedule_loop(schedule, PREPARE_SECONDS);
	fprintf(stderr, "ready %" PRIu64 " broken %" PRIu64 "\n", schedule_count_open(schedule), schedule->tally.broken);
	schedule_wait_for_word();
	while (schedule_poll(schedule, 0) > 0)
		continue; /* what the servers said meanwhile: tickets, or that they closed */
}

/* What was counted to get here stays in the count only if it went wrong. */
static void schedule_forget_preparation(struct schedule *schedule)
{
	uint64_t broken = schedule->tally.broken;

	schedule->tally = (struct tally){.broken = broken};
}

static void schedule_measure(struct schedule *schedule)
{
	const struct options *options = schedule->options;

	schedule->in_flight_max = options->in_flight ? options->in_flight : options->connections;
	schedule->to_start = options->requests;
	schedule->rate = options->rate;
	schedule_loop(schedule, options->seconds);
}

static void schedule_settle(struct schedule *schedule, uint64_t begin_ns, uint64_t end_ns)
{
	if (schedule->stop_ns)
		end_ns = schedule->stop_ns;
	if (schedule->rate > 0) {
		uint64_t due = (uint64_t)((double)(end_ns - begin_ns) / 1e9 * schedule->rate);

		schedule->tally.backlog = due > schedule->started ? due - schedule->started : 0;
	}
	schedule->tally.held = schedule_count_open(schedule);
	schedule->tally.unanswered = schedule->in_flight;
}

void schedule_run(struct schedule *schedule)
{
	uint64_t begin_ns = clock_ns(), end_ns;

	if (schedule->options->hold || schedule->options->in_flight)
		schedule_prepare(schedule);
	if (!schedule->options->hold) {
		if (schedule->options->in_flight)
			schedule_forget_preparation(schedule);
		begin_ns = clock_ns();
		schedule_measure(schedule);
	}
	end_ns = clock_ns();
	schedule_settle(schedule, begin_ns, end_ns);
	tally_write(&schedule->tally, (double)(end_ns - begin_ns) / 1e9);
}
