#include "origin/health.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "http/body_reader.h"
#include "http/head_reader.h"
#include "http/head_writer.h"
#include "net/proxy_protocol.h"

#include "base/banned.h"

#define LOOK_MS 1000u            /* how late a change that requests noticed is told */
#define FIRST_WITHIN_MS 200u     /* checks of a new configuration do not all start in one moment */
#define REQUEST_MAX 8192u
#define FIELDS_MAX 256u
#define ARENA_MAX (256u * 1024)

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

struct health {
	struct loop *loop;
	struct origins *origins;
	struct origin_worker worker;
	struct health_sink sink;
	struct list checks;
	struct timer look;
	struct arena arena;       /* of one look at an answer's head */
	uint64_t draw;            /* state of the jitter */
};

enum phase { PHASE_REST, PHASE_CONNECT, PHASE_HEAD, PHASE_BODY };

/* The checks of one origin, one after the other. */
struct check {
	struct list node;
	struct health *health;
	struct origin *origin;
	struct span request;          /* as sent */
	struct status_range *ranges;
	size_t range_count;
	uint64_t interval_ms, timeout_ms;
	bool is_wanted;

	struct timer due, deadline;
	uint64_t started_ms;
	enum phase phase;
	struct origin_connection *connection;
	struct head_reader head;
	struct body_reader body;
	size_t read_bytes;
	unsigned status;
};

static uint64_t draw(struct health *health, uint64_t below)
{
	return below ? hash_u64(++health->draw) % below : 0;
}

/* -- what was found -- */

static void tell(struct health *health, struct origin *origin, bool is_checked, struct span why)
{
	bool is_down = LOAD(origin->is_down);

	if (is_down == origin->is_told_down)
		return;
	origin->is_told_down = is_down;
	health->sink.changed(health->sink.context, &(struct health_change){ origin->text, is_down, is_checked, why });
}

static void tell_of_requests(struct health *health, struct origin *origin)
{
	tell(health, origin, false, LOAD(origin->is_down) ? SPAN("requests to it failed") : SPAN("it answers requests again"));
}

static bool is_well(const struct check *check)
{
	for (size_t i = 0; i < check->range_count; i++) {
		if (check->status >= check->ranges[i].first && check->status <= check->ranges[i].last)
			return true;
	}
	return false;
}

static void note(struct check *check, bool was_well, const char *why)
{
	struct origin *origin = check->origin;

	snprintf(origin->check_says, sizeof(origin->check_says), "%s", why);
	tell_of_requests(check->health, origin);  /* before this check undoes it */
	origin_learn_check(origin, was_well, check->health->loop->now_ms);
	tell(check->health, origin, true, span_of(origin->check_says));
}

/* Ends this check, whose outcome WHY says in words, and sets the clock for the next: a tenth earlier or later each time, so
 * that nodes that started together do not go on together. */
static void finish(struct check *check, bool was_well, const char *why)
{
	struct health *health = check->health;
	uint64_t interval_ms = check->interval_ms - check->interval_ms / 10 + draw(health, check->interval_ms / 5 + 1);
	uint64_t due_ms = check->started_ms + interval_ms;

	origin_connection_close(check->connection);
	check->connection = NULL;
	check->phase = PHASE_REST;
	timer_cancel(&health->loop->timers, &check->deadline);
	timer_set(&health->loop->timers, &check->due, due_ms > health->loop->now_ms ? due_ms : health->loop->now_ms + 1);
	note(check, was_well, why);
}

static void finish_answered(struct check *check)
{
	char why[32];

	snprintf(why, sizeof(why), "answered %u", check->status);
	finish(check, is_well(check), why);
}

static void fail(struct check *check)
{
	char why[ORIGIN_SAYS_MAX];

	snprintf(why, sizeof(why), "%s: %s", check->phase == PHASE_CONNECT ? "no connection" : "no answer",
	         transport_error(&check->connection->transport));
	finish(check, false, why);
}

static void took_too_long(struct timer *timer)
{
	struct check *check = list_entry(timer, struct check, deadline);
	char why[ORIGIN_SAYS_MAX];

	if (check->phase == PHASE_BODY) {  /* its answer is known; how long its page is does not matter */
		finish_answered(check);
		return;
	}
	snprintf(why, sizeof(why), "no %s within %llu ms", check->phase == PHASE_CONNECT ? "connection" : "answer",
	         (unsigned long long)check->timeout_ms);
	finish(check, false, why);
}

/* -- one check -- */

/* RESULT_OK: the final head is in, and out of the buffer. */
static enum result read_head(struct check *check)
{
	const struct http_limits limits = { .head_bytes = HEALTH_READ_MAX - 1024, .fields = FIELDS_MAX, .body_bytes = INT64_MAX };
	struct buffer *in = &check->connection->in;

	for (;;) {
		struct response_head head = { 0 };
		enum http_fault fault = HTTP_FAULT_NONE;
		size_t used = 0;
		enum result result;

		arena_reset(&check->health->arena);
		fields_init(&head.fields, &check->health->arena, FIELDS_MAX);
		result = response_head_read(&check->head, buffer_span(in), &limits, METHOD_GET, &head, &used, &fault);
		if (result != RESULT_OK)
			return result;
		buffer_consume(in, used);
		check->read_bytes += used;
		head_reader_init(&check->head);
		if (head.status >= 200) {
			check->status = head.status;
			body_reader_init(&check->body, head.body, INT64_MAX, NULL);
			check->body.drops_trailers = true;
			return RESULT_OK;
		}
		if (check->read_bytes > HEALTH_READ_MAX)
			return RESULT_LIMIT;
	}
}

/* Reads and forgets the page, so that a well-behaved origin is not cut in the middle of it. RESULT_OK: enough. */
static enum result read_body(struct check *check)
{
	struct buffer *in = &check->connection->in;

	while (check->read_bytes < HEALTH_READ_MAX) {
		enum http_fault fault = HTTP_FAULT_NONE;
		struct span data;
		size_t used = 0;
		enum result result = body_reader_next(&check->body, buffer_span(in), &data, &used, &fault);

		buffer_consume(in, used);
		check->read_bytes += used;
		if (result == RESULT_MORE)
			return RESULT_MORE;
		if (result != RESULT_OK || body_reader_has_ended(&check->body))
			return RESULT_OK;
	}
	return RESULT_OK;
}

/* RESULT_OK: the check is over. */
static enum result read_answer(struct check *check)
{
	enum result result = RESULT_MORE;

	if (check->phase == PHASE_HEAD && buffer_len(&check->connection->in)) {
		result = read_head(check);
		if (result == RESULT_OK)
			check->phase = PHASE_BODY;
	}
	return check->phase == PHASE_BODY ? read_body(check) : result;
}

static void read_on(struct check *check)
{
	for (;;) {
		enum result result = read_answer(check);

		if (result == RESULT_OK) {
			finish_answered(check);
			return;
		}
		if (result != RESULT_MORE) {
			finish(check, false, "its answer is not HTTP");
			return;
		}
		result = origin_connection_fill(check->connection);
		if (result == RESULT_MORE)
			return;
		if (result != RESULT_OK) {
			if (check->phase == PHASE_BODY)
				finish_answered(check);
			else if (result == RESULT_END)
				finish(check, false, "closed without an answer");
			else
				fail(check);
			return;
		}
	}
}

static void advance(void *owner)
{
	struct check *check = owner;
	enum result result = origin_connection_advance(check->connection);

	if (result == RESULT_OK && check->phase == PHASE_CONNECT) {
		check->phase = PHASE_HEAD;
		result = buffer_append(&check->connection->out, check->request);
	}
	if (result == RESULT_OK)
		result = origin_connection_flush(check->connection);
	if (result != RESULT_OK && result != RESULT_MORE && check->phase == PHASE_CONNECT)
		fail(check);
	else if (check->phase != PHASE_CONNECT)
		read_on(check);  /* even after a failed write: an origin may answer and close before it read all */
}

/* The header of a connection that speaks for nobody. */
static enum result greet(struct check *check)
{
	const struct proxy_header header = { .is_local = true };
	int protocol = check->origin->proxy_protocol;

	if (protocol == ORIGIN_PROXY_NONE)
		return RESULT_OK;
	return proxy_header_write(protocol == ORIGIN_PROXY_V1 ? 1 : 2, &header, &check->connection->out);
}

static void start(struct timer *timer)
{
	struct check *check = list_entry(timer, struct check, due);
	struct health *health = check->health;
	enum result result;

	check->started_ms = health->loop->now_ms;
	check->phase = PHASE_CONNECT;
	check->read_bytes = 0;
	check->status = 0;
	head_reader_init(&check->head);
	result = origin_connection_open(&health->worker, check->origin, check, &check->connection);
	if (result == RESULT_OK && greet(check) == RESULT_OK) {
		timer_set(&health->loop->timers, &check->deadline, check->started_ms + check->timeout_ms);
		return;
	}
	/* No memory or no descriptor of ours says nothing about the origin (availability: fails open). */
	if (result == RESULT_NOT_FOUND)
		note(check, false, "its name has no address");
	else if (result == RESULT_IO)
		note(check, false, strerrordesc_np(errno));
	if (check->connection)
		origin_connection_close(check->connection);
	check->connection = NULL;
	check->phase = PHASE_REST;
	timer_set(&health->loop->timers, timer, health->loop->now_ms + check->interval_ms);
}

/* -- which checks there are -- */

static enum result write_request(const struct origin_settings *origin, const struct origin_health_settings *health, struct buffer *out)
{
	const struct origin_auth_settings *auth = origin->auth;
	struct span host = span_skip(origin->url.text, span_find(origin->url.text, ':') + 3);  /* behind "://", with its port */
	enum result result = request_line_write(SPAN("GET"), health->path, false, SPAN_NONE, out);

	if (result == RESULT_OK)
		result = field_write(SPAN("Host"), origin->host.len ? origin->host : host, out);
	if (result == RESULT_OK)
		result = field_write(SPAN("User-Agent"), SPAN("bouclier-health"), out);
	if (result == RESULT_OK)
		result = field_write(SPAN("Accept"), SPAN("*/*"), out);
	if (result == RESULT_OK && auth && auth->header_secret.len)
		result = field_write(auth->header, auth->header_secret, out);
	if (result == RESULT_OK)
		result = field_write(SPAN("Connection"), SPAN("close"), out);
	return result == RESULT_OK ? head_end_write(out) : result;
}

static void free_check(struct check *check)
{
	struct health *health = check->health;

	timer_cancel(&health->loop->timers, &check->due);
	timer_cancel(&health->loop->timers, &check->deadline);
	if (check->connection)
		origin_connection_close(check->connection);
	list_remove(&check->node);
	check->origin->check = NULL;
	origins_drop(health->origins, check->origin);
	free((void *)(uintptr_t)check->request.at);
	free(check->ranges);
	free(check);
}

static struct check *new_check(struct health *health, struct origin *origin)
{
	struct check *check = calloc(1, sizeof(*check));

	if (!check)
		return NULL;
	check->health = health;
	check->origin = origin;
	origin->check = check;
	origin_hold(origin);
	timer_init(&check->due, start);
	timer_init(&check->deadline, took_too_long);
	list_add_last(&health->checks, &check->node);
	return check;
}

/* Takes the settings, for this check's next turn. */
static enum result set_up(struct check *check, const struct origin_settings *origin, const struct origin_health_settings *health)
{
	struct status_range *ranges = calloc(health->status.count + 1, sizeof(*ranges));
	struct buffer text;
	enum result result;
	char *copy = NULL;

	buffer_init(&text, REQUEST_MAX);
	result = ranges ? write_request(origin, health, &text) : RESULT_NO_MEMORY;
	if (result == RESULT_OK) {
		copy = malloc(buffer_len(&text));
		result = copy ? RESULT_OK : RESULT_NO_MEMORY;
	}
	if (result == RESULT_OK) {
		memcpy(copy, buffer_span(&text).at, buffer_len(&text));
		if (health->status.count)
			memcpy(ranges, health->status.items, health->status.count * sizeof(*ranges));
		free((void *)(uintptr_t)check->request.at);
		free(check->ranges);
		check->request = span_make(copy, buffer_len(&text));
		check->ranges = ranges;
		check->range_count = health->status.count;
		check->interval_ms = (uint64_t)health->interval_ms;
		check->timeout_ms = (uint64_t)health->timeout_ms;
	} else {
		free(ranges);
	}
	buffer_done(&text);
	return result;
}

void health_begin(struct health *health)
{
	list_each(node, &health->checks)
		list_entry(node, struct check, node)->is_wanted = false;
}

static enum result watch(struct health *health, const struct pool_member *member, const struct origin_health_settings *settings)
{
	struct check *check = member->origin->check;
	enum result result;

	if (check && check->is_wanted)
		return RESULT_OK;  /* another pool of this snapshot has named it: checked alike, they are one origin */
	if (!check)
		check = new_check(health, member->origin);
	if (!check)
		return RESULT_NO_MEMORY;
	result = set_up(check, member->settings, settings);
	if (result != RESULT_OK && !check->request.len) {
		free_check(check);
		return result;
	}
	check->is_wanted = true;
	if (!timer_is_armed(&check->due) && check->phase == PHASE_REST)
		timer_set(&health->loop->timers, &check->due, health->loop->now_ms + 1 + draw(health, FIRST_WITHIN_MS));
	return result;
}

enum result health_watch(struct health *health, const struct pool *pool)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < pool->count && pool->settings->health.path.len; i++) {
		enum result one = watch(health, &pool->members[i], &pool->settings->health);

		result = result == RESULT_OK ? one : result;
	}
	return result;
}

void health_end(struct health *health)
{
	list_each_safe(node, following, &health->checks) {
		struct check *check = list_entry(node, struct check, node);

		if (!check->is_wanted)
			free_check(check);
	}
}

/* -- changes that requests noticed -- */

static void look(struct timer *timer)
{
	struct health *health = list_entry(timer, struct health, look);

	pthread_mutex_lock(&health->origins->lock);
	list_each(node, &health->origins->all)
		tell_of_requests(health, list_entry(node, struct origin, node));
	pthread_mutex_unlock(&health->origins->lock);
	timer_set(&health->loop->timers, timer, health->loop->now_ms + LOOK_MS);
}

/* -- birth and death -- */

struct health *health_new(struct loop *loop, struct origins *origins, struct health_sink sink)
{
	struct health *health = calloc(1, sizeof(*health));

	if (!health)
		return NULL;
	health->loop = loop;
	health->origins = origins;
	health->sink = sink;
	list_init(&health->checks);
	arena_init(&health->arena, ARENA_MAX, 16384);
	random_fill(&health->draw, sizeof(health->draw));
	timer_init(&health->look, look);
	if (origin_worker_init(&health->worker, loop, origins, advance) != RESULT_OK) {
		free(health);
		return NULL;
	}
	timer_set(&loop->timers, &health->look, loop->now_ms + LOOK_MS);
	return health;
}

void health_stop(struct health *health)
{
	health_begin(health);
	health_end(health);
	timer_cancel(&health->loop->timers, &health->look);
}

void health_free(struct health *health)
{
	if (!health)
		return;
	health_stop(health);
	origin_worker_done(&health->worker);
	loop_turn(health->loop, 0);  /* frees what was closed */
	loop_turn(health->loop, 0);
	arena_done(&health->arena);
	free(health);
}
