#include "edge/worker.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/block.h"
#include "base/hash.h"
#include "edge/queue/calls.h"
#include "edge/request.h"
#include "edge/sites/shares.h"
#include "net/listener.h"
#include "waf/operator/operator.h"

#include "base/banned.h"

#define ACCEPTS_A_ROUND 64u
#define BUSY_ROUNDS 8u
#define LATE_NS 1000000u
#define QUEUE_TAKEN 1024u
#define PAUSE_MS 50
#define FIRST_REQUEST_MS 2000

/* One accept queue of this worker. */
struct worker_listener {
	struct watch watch;
	struct list node;
	struct worker *worker;
	struct endpoint endpoint;
	uint64_t id;
	unsigned batch, busy_rounds;
	struct timer pause;  /* no descriptors left: try again soon, instead of spinning on a queue that stays readable */
	struct job job;
};

/* -- small things -- */

void binding_hold(struct binding *binding)
{
	binding->users++;
}

void binding_drop(struct binding *binding)
{
	if (--binding->users)
		return;
	snapshot_drop(binding->snapshot);
	free(binding);
}

static struct binding *binding_new(struct snapshot *snapshot)
{
	struct binding *binding = malloc(sizeof(*binding));

	if (!binding)
		return NULL;
	snapshot_hold(snapshot);
	*binding = (struct binding){ snapshot, plan_of(snapshot), 1 };
	return binding;
}

void worker_pages_reset(struct worker_pages *pages)
{
	for (unsigned i = 0; i < WORKER_PAGES; i++)
		free(pages->list[i].text);
	*pages = (struct worker_pages){ 0 };
}

struct span worker_date(struct worker *worker)
{
	uint64_t second = worker->loop.wall_ns / 1000000000u;

	if (second != worker->date_second) {
		worker->date_second = second;
		clock_write_http(worker->loop.wall_ns, worker->date);
	}
	return span_make(worker->date, CLOCK_HTTP_LEN);
}

void worker_next_id(struct worker *worker, uint64_t out[2])
{
	worker->id_count++;
	for (unsigned i = 0; i < 2; i++)
		out[i] = hash_span(worker->id_seeds[i], span_make((const char *)&worker->id_count, sizeof(worker->id_count)));
}

/* -- accepting -- */

static void resume_listener(struct timer *timer)
{
	struct worker_listener *listener = list_entry(timer, struct worker_listener, pause);
	int fd = listener->watch.fd;

	if (fd >= 0 && loop_watch_level(&listener->worker->loop, &listener->watch, fd, EPOLLIN) != RESULT_OK)
		timer_set(&listener->worker->loop.timers, timer, listener->worker->loop.now_ms + PAUSE_MS);
}

/* No descriptor or no memory: those who wait in the queue wait a little longer; those who are served go on. */
static void pause_listener(struct worker_listener *listener)
{
	int fd = listener->watch.fd;

	loop_forget(&listener->worker->loop, &listener->watch);
	listener->watch.fd = fd;
	timer_set(&listener->worker->loop.timers, &listener->pause, listener->worker->loop.now_ms + PAUSE_MS);
}

static void take_connection(struct worker_listener *listener, int fd, const struct endpoint *peer)
{
	__atomic_add_fetch(&listener->worker->common->accepted, (uint64_t)1, __ATOMIC_RELAXED);
	connection_accept(listener->worker, fd, &listener->endpoint, peer);
}

/* At most MOST + 1 of those who wait, until END_NS; one in any case. */
static void accept_for(struct worker_listener *listener, unsigned most, uint64_t end_ns)
{
	for (unsigned i = 0; i <= most; i++) {
		struct endpoint peer;
		int fd;
		enum result result = listener_accept(listener->watch.fd, &fd, &peer);

		if (result == RESULT_MORE) {
			listener->batch = listener->busy_rounds = 0;
			return;
		}
		if (result != RESULT_OK) {
			connection_say_refused(listener->worker, &(struct address){ 0 }, "no descriptor or memory for another connection");
			pause_listener(listener);
			return;
		}
		take_connection(listener, fd, &peer);
		if (i < most && clock_mono_ns() > end_ns)
			return;
	}
	if (++listener->busy_rounds >= BUSY_ROUNDS && listener->batch < ACCEPTS_A_ROUND)
		listener->batch = listener->batch * 2 + 1;
}

/* One a round while the queue is short: asking for a second one that is not there is a system call for each connection.
 * A queue that is never empty is taken in larger and larger steps; and where rounds are long, as many as a moment allows: who waits there is of
 * no site yet, and what has to wait waits for its site's turn. */
static void accept_some(struct watch *watch, uint32_t events)
{
	struct worker_listener *listener = list_entry(watch, struct worker_listener, watch);
	struct worker *worker = listener->worker;
	bool is_late = worker->loop.lag_ns > LATE_NS;
	uint64_t part_ns = accepting_part_ns(&worker->accepting, worker->loop.now_ns), began_ns = clock_mono_ns();

	(void)events;
	accept_for(listener, is_late ? ACCEPTS_A_ROUND : listener->batch, began_ns + part_ns);
	accepting_spend(&worker->accepting, clock_mono_ns() - began_ns);
}

static void start_listener(struct job *job)
{
	struct worker_listener *listener = list_entry(job, struct worker_listener, job);
	struct worker *worker = listener->worker;
	int fd = listener->watch.fd;

	list_add_last(&worker->listeners, &listener->node);
	if (!worker->is_draining && loop_watch_level(&worker->loop, &listener->watch, fd, EPOLLIN) != RESULT_OK) {
		listener->watch.fd = fd;
		timer_set(&worker->loop.timers, &listener->pause, worker->loop.now_ms + PAUSE_MS);
	}
}

static void stop_listener(struct worker_listener *listener)
{
	int fd = listener->watch.fd;

	loop_forget(&listener->worker->loop, &listener->watch);
	timer_cancel(&listener->worker->loop.timers, &listener->pause);
	list_remove(&listener->node);
	if (fd >= 0)
		close(fd);
	free(listener);
}

/* Who is in the queue already is served here: of a socket that nobody else holds, the system would reset them. */
static void retire_listener(struct worker_listener *listener)
{
	struct endpoint peer;
	int fd;

	for (unsigned i = 0; i < QUEUE_TAKEN && listener->watch.fd >= 0 && listener_accept(listener->watch.fd, &fd, &peer) == RESULT_OK; i++)
		take_connection(listener, fd, &peer);
	stop_listener(listener);
}

enum result worker_post_listener(struct worker *worker, int fd, uint64_t id, const struct endpoint *endpoint)
{
	struct worker_listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		return RESULT_NO_MEMORY;
	listener->watch = (struct watch){ fd, accept_some };
	listener->worker = worker;
	listener->endpoint = *endpoint;
	listener->id = id;
	list_init(&listener->node);
	timer_init(&listener->pause, resume_listener);
	job_init(&listener->job, start_listener);
	loop_post(&worker->loop, &listener->job);
	return RESULT_OK;
}

/* -- posts -- */

struct kept_post {
	struct job job;
	struct worker *worker;
	size_t count;
	uint64_t ids[];
};

static void keep_listeners(struct job *job)
{
	struct kept_post *post = list_entry(job, struct kept_post, job);

	list_each_safe(node, following, &post->worker->listeners) {
		struct worker_listener *listener = list_entry(node, struct worker_listener, node);
		bool is_kept = false;

		for (size_t i = 0; i < post->count; i++)
			is_kept |= post->ids[i] == listener->id;
		if (!is_kept)
			retire_listener(listener);
	}
	free(post);
}

enum result worker_post_listeners_kept(struct worker *worker, const uint64_t *kept, size_t count)
{
	struct kept_post *post = malloc(sizeof(*post) + count * sizeof(*kept));

	if (!post)
		return RESULT_NO_MEMORY;
	job_init(&post->job, keep_listeners);
	post->worker = worker;
	post->count = count;
	memcpy(post->ids, kept, count * sizeof(*kept));
	loop_post(&worker->loop, &post->job);
	return RESULT_OK;
}

struct snapshot_post {
	struct job job;
	struct worker *worker;
	struct binding *binding;
};

static void take_snapshot(struct job *job)
{
	struct snapshot_post *post = list_entry(job, struct snapshot_post, job);
	struct worker *worker = post->worker;

	binding_drop(worker->binding);
	worker->binding = post->binding;
	/* Idle HTTP/1 connections keep no snapshot alive: they take the new one with their next request, or now. */
	list_each(node, &worker->connections) {
		struct connection *connection = list_entry(node, struct connection, node);

		if (!connection->request && !connection->requests && connection->stage >= CONNECTION_HTTP_1)
			connection_rebind(connection);
	}
	free(post);
}

enum result worker_post_snapshot(struct worker *worker, struct snapshot *snapshot)
{
	struct snapshot_post *post = malloc(sizeof(*post));

	if (!post)
		return RESULT_NO_MEMORY;
	job_init(&post->job, take_snapshot);
	post->worker = worker;
	post->binding = binding_new(snapshot);
	if (!post->binding) {
		free(post);
		return RESULT_NO_MEMORY;
	}
	loop_post(&worker->loop, &post->job);
	return RESULT_OK;
}

struct generation_post {
	struct job job;
	struct worker *worker;
	uint64_t generation;
};

static void reach_generation(struct job *job)
{
	struct generation_post *post = list_entry(job, struct generation_post, job);

	__atomic_store_n(&post->worker->reached, post->generation, __ATOMIC_RELEASE);
	free(post);
}

enum result worker_post_generation(struct worker *worker, uint64_t generation)
{
	struct generation_post *post = malloc(sizeof(*post));

	if (!post)
		return RESULT_NO_MEMORY;
	job_init(&post->job, reach_generation);
	post->worker = worker;
	post->generation = generation;
	loop_post(&worker->loop, &post->job);
	return RESULT_OK;
}

bool worker_has_reached(const struct worker *worker, uint64_t generation)
{
	return __atomic_load_n(&worker->reached, __ATOMIC_ACQUIRE) >= generation;
}

struct drain_post {
	struct job job;
	struct worker *worker;
};

/* Others may still be at work: what is not given back now, nobody gives back. */
static void drained(struct worker *worker)
{
	abandoned_give_back(worker);
	loop_stop(&worker->loop);
}

/* Requests at work end, and say that they are the last. An idle connection is closed once what it may have sent meanwhile
 * is read; one that was never served gets a moment: its first request is on the way. */
static void drain_http1(struct connection *connection)
{
	if (connection->request) {
		connection->is_closing = true;
		return;
	}
	connection_advance(connection);
	if (connection->stage != CONNECTION_HTTP_1 || connection->request || buffer_len(&connection->in))
		return;
	if (connection->has_served)
		connection_close(connection, false);
	else
		connection_set_deadline(connection, FIRST_REQUEST_MS);
}

static void drain(struct job *job)
{
	struct drain_post *post = list_entry(job, struct drain_post, job);
	struct worker *worker = post->worker;

	free(post);
	if (worker->is_draining)
		return;
	list_each_safe(node, following, &worker->listeners)
		retire_listener(list_entry(node, struct worker_listener, node));
	worker->is_draining = true;
	worker->drained = drained;
	list_each_safe(other, after, &worker->connections) {
		struct connection *connection = list_entry(other, struct connection, node);

		if (connection->stage == CONNECTION_HTTP_1)
			drain_http1(connection);
		else if (connection->stage == CONNECTION_HTTP_2)
			connection_later(connection);  /* says GOAWAY */
		else if (connection->is_held)
			http2_let_go(connection);
	}
	if (list_is_empty(&worker->connections))
		drained(worker);
}

enum result worker_post_drain(struct worker *worker)
{
	struct drain_post *post = malloc(sizeof(*post));

	if (!post)
		return RESULT_NO_MEMORY;
	job_init(&post->job, drain);
	post->worker = worker;
	loop_post(&worker->loop, &post->job);
	return RESULT_OK;
}

/* -- birth and death -- */

static void wake_owner(void *owner)
{
	request_wake(owner);
}

struct worker *worker_new(const struct worker_needs *needs)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->index = needs->index;
	worker->common = needs->common;
	worker->sink = needs->sink;
	list_init(&worker->connections);
	list_init(&worker->listeners);
	list_init(&worker->free_requests);
	outside_worker_init(worker);
	known_init(worker);
	shares_worker_init(worker);
	turns_init(worker);
	caching_worker_init(worker);
	random_fill(worker->id_seeds, sizeof(worker->id_seeds));
	worker->binding = binding_new(needs->snapshot);
	if (!worker->binding)
		goto fail;
	if (loop_init(&worker->loop) != RESULT_OK)
		goto fail_binding;
	if (origin_worker_init(&worker->origins, &worker->loop, &needs->common->origins, wake_owner) != RESULT_OK)
		goto fail_loop;
	return worker;
fail_loop:
	loop_done(&worker->loop);
fail_binding:
	binding_drop(worker->binding);
fail:
	turns_done(worker);
	free(worker);
	return NULL;
}

static void *run(void *argument)
{
	struct worker *worker = argument;

	quarantine_watch(worker);
	loop_run(&worker->loop);
	block_thread_done();
	return NULL;
}

enum result worker_start(struct worker *worker)
{
	return pthread_create(&worker->thread, NULL, run, worker) == 0 ? RESULT_OK : RESULT_NO_MEMORY;
}

void worker_join(struct worker *worker)
{
	if (worker->thread)
		pthread_join(worker->thread, NULL);
	worker->thread = 0;
}

void worker_free(struct worker *worker)
{
	worker_join(worker);
	worker->is_draining = false;
	list_each_safe(node, following, &worker->listeners)
		stop_listener(list_entry(node, struct worker_listener, node));
	list_each_safe(other, after, &worker->connections)
		connection_close(list_entry(other, struct connection, node), true);
	origin_worker_done(&worker->origins);
	timer_cancel(&worker->loop.timers, &worker->lists_timer);
	known_done(worker);
	shares_done(&worker->shares);
	loop_turn(&worker->loop, 0);  /* frees what was closed */
	loop_turn(&worker->loop, 0);
	if (worker->spare)
		request_free(worker->spare, worker);
	list_each_safe(free_node, next, &worker->free_requests) {
		struct request *request = list_entry(free_node, struct request, node);

		arena_done(&request->arena);
		free(request);
	}
	worker_pages_reset(&worker->pages);
	operator_scratch_free(worker->scratch);
	if (worker->spares)
		waf_spares_free(worker->spares);
	binding_drop(worker->binding);
	turns_done(worker);
	loop_done(&worker->loop);
	free(worker);
}
