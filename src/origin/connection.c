#include "origin/connection.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

#define IN_MAX_BYTES (64 * 1024)
#define OUT_MAX_BYTES (128 * 1024)
#define APPETITE_BYTES (2 * FILL_MIN_BYTES)  /* most pages fit */

enum result origin_worker_init(struct origin_worker *worker, struct loop *loop, struct origins *origins, void (*advance)(void *owner))
{
	*worker = (struct origin_worker){ .loop = loop, .origins = origins, .advance = advance };
	return RESULT_OK;
}

void origin_worker_done(struct origin_worker *worker)
{
	worker->is_closing = true;
	for (unsigned slot = 0; slot < worker->slots; slot++) {
		list_each_safe(node, following, &worker->idle[slot])
			origin_connection_close(list_entry(node, struct origin_connection, node));
	}
	free(worker->idle);
	free(worker->idle_counts);
	worker->idle = NULL;
	worker->idle_counts = NULL;
	worker->slots = 0;
}

/* Lists cannot be moved by realloc: their ends point to each other. */
static bool grow_slots(struct origin_worker *worker, unsigned slots)
{
	struct list *idle = calloc(slots, sizeof(*idle));
	unsigned *counts = calloc(slots, sizeof(*counts));

	if (!idle || !counts) {
		free(idle);
		free(counts);
		return false;
	}
	for (unsigned i = 0; i < slots; i++) {
		list_init(&idle[i]);
		if (i >= worker->slots)
			continue;
		counts[i] = worker->idle_counts[i];
		if (!list_is_empty(&worker->idle[i])) {
			list_add_first(&worker->idle[i], &idle[i]);
			list_remove(&worker->idle[i]);
		}
	}
	free(worker->idle);
	free(worker->idle_counts);
	worker->idle = idle;
	worker->idle_counts = counts;
	worker->slots = slots;
	return true;
}

static void free_connection(struct job *job)
{
	struct origin_connection *connection = list_entry(job, struct origin_connection, last);

	origins_drop(connection->worker->origins, connection->origin);
	free(connection);
}

static void leave_idle(struct origin_connection *connection)
{
	struct origin_worker *worker = connection->worker;

	list_remove(&connection->node);
	timer_cancel(&worker->loop->timers, &connection->kept);
	worker->idle_counts[connection->origin->slot]--;
	worker->idle_count--;
}

void origin_connection_close(struct origin_connection *connection)
{
	struct origin_worker *worker = connection->worker;

	if (connection->stage == ORIGIN_CLOSED)
		return;
	if (connection->stage == ORIGIN_IDLE)
		leave_idle(connection);
	connection->stage = ORIGIN_CLOSED;
	connection->owner = NULL;
	connection->watch.fd = -1;
	transport_close(&connection->transport, false);
	buffer_done(&connection->in);
	buffer_done(&connection->out);
	worker->open_count--;
	loop_later(worker->loop, &connection->last);
}

static void kept_too_long(struct timer *timer)
{
	origin_connection_close(list_entry(timer, struct origin_connection, kept));
}

/* Nothing has come that nobody asked for. Asks the kernel only if the last read did not show it already. */
static bool is_silent(struct origin_connection *connection)
{
	bool is_empty = buffer_len(&connection->in) == 0 && origin_connection_fill(connection) == RESULT_MORE;

	buffer_release(&connection->in);
	return is_empty;
}

static void ready(struct watch *watch, uint32_t events)
{
	struct origin_connection *connection = list_entry(watch, struct origin_connection, watch);

	transport_ready(&connection->transport, events);
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		connection->has_hung_up = true;
	if (connection->stage == ORIGIN_IDLE) {
		/* Nothing is expected from it: data, an end or an error all mean that it cannot be used again. A late edge of what
		 * was read already means nothing, nor does what concerns TLS alone (session tickets). */
		if (connection->has_hung_up || ((events & EPOLLIN) && !is_silent(connection)))
			origin_connection_close(connection);
		return;
	}
	if (connection->owner)
		connection->worker->advance(connection->owner);
}

/* A name may lead elsewhere by now; with traffic enough, a kept connection would never see it. */
static bool is_where_it_should(struct origin_connection *connection)
{
	unsigned version = __atomic_load_n(&connection->origin->endpoints_version, __ATOMIC_RELAXED);

	if (connection->endpoints_version == version)
		return true;
	connection->endpoints_version = version;
	return origin_has_endpoint(connection->origin, &connection->endpoint);
}

/* Its end may be in the kernel already, and its edge behind that of the client who waits for it now. */
static bool is_alive(struct origin_connection *connection)
{
	connection->transport.is_drained = false;  /* not what the last read showed: what is true now */
	return is_silent(connection);
}

struct origin_connection *origin_connection_reuse(struct origin_worker *worker, struct origin *origin, bool is_once, void *owner)
{
	struct origin_connection *connection;

	for (;;) {
		if (origin->slot >= worker->slots || list_is_empty(&worker->idle[origin->slot]))
			return NULL;
		connection = list_entry(worker->idle[origin->slot].prev, struct origin_connection, node);
		if (is_where_it_should(connection) && (!is_once || is_alive(connection)))
			break;
		origin_connection_close(connection);
	}
	leave_idle(connection);
	connection->stage = ORIGIN_OPEN;
	connection->owner = owner;
	connection->is_reused = true;
	return connection;
}

/* What is missing is ours, not the origin's. */
static bool is_ours(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == EADDRNOTAVAIL || error == EAGAIN;
}

static enum result open_socket(struct origin_connection *connection, const struct endpoint *endpoint)
{
	struct sockaddr_storage to;
	socklen_t length = endpoint_to_socket(endpoint, &to);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	int on = 1;

	if (fd < 0)
		return is_ours(errno) ? RESULT_LIMIT : RESULT_IO;
	transport_init(&connection->transport, fd);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&to, length) < 0 && errno != EINPROGRESS)
		return is_ours(errno) ? RESULT_LIMIT : RESULT_IO;
	return loop_watch(connection->worker->loop, &connection->watch, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
}

enum result origin_connection_open(struct origin_worker *worker, struct origin *origin, void *owner, struct origin_connection **out)
{
	struct origin_connection *connection;
	struct endpoint endpoint;
	unsigned version = __atomic_load_n(&origin->endpoints_version, __ATOMIC_RELAXED);
	enum result result = origin_next_endpoint(origin, &endpoint);

	if (result != RESULT_OK)
		return result;
	connection = calloc(1, sizeof(*connection));
	if (!connection)
		return RESULT_NO_MEMORY;
	*connection = (struct origin_connection){ .watch = { -1, ready }, .worker = worker, .origin = origin, .owner = owner,
		                                  .stage = ORIGIN_CONNECTING, .appetite = APPETITE_BYTES };
	connection->endpoint = endpoint;
	connection->endpoints_version = version;
	transport_init(&connection->transport, -1);
	buffer_init(&connection->in, IN_MAX_BYTES);
	buffer_init(&connection->out, OUT_MAX_BYTES);
	timer_init(&connection->kept, kept_too_long);
	list_init(&connection->node);
	job_init(&connection->last, free_connection);
	origin_hold(origin);
	worker->open_count++;
	result = open_socket(connection, &endpoint);
	if (result != RESULT_OK) {
		int error = errno;

		origin_connection_close(connection);
		errno = error;
		return result;
	}
	*out = connection;
	return RESULT_OK;
}

static enum result finish_connect(struct origin_connection *connection)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	int error = 0;

	length = sizeof(error);
	if (getsockopt(connection->transport.fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 || error) {
		connection->transport.failed = error;
		return RESULT_IO;
	}
	length = sizeof(peer);
	if (getpeername(connection->transport.fd, (struct sockaddr *)&peer, &length) < 0)
		return errno == ENOTCONN ? RESULT_MORE : RESULT_IO;
	connection->stage = connection->origin->tls && !connection->is_raw ? ORIGIN_GREETING : ORIGIN_OPEN;
	return RESULT_OK;
}

/* A PROXY header is read by what stands in front of the origin's TLS: it goes first, and in clear. Security: the stage moves
 * only once there is TLS; a handshake without one would be over at once, and the request sent in the clear. */
static enum result greet(struct origin_connection *connection)
{
	enum result result = origin_connection_flush(connection);

	if (result == RESULT_OK)
		result = transport_connect_tls(&connection->transport, connection->origin->tls);
	if (result == RESULT_OK)
		connection->stage = ORIGIN_HANDSHAKING;
	return result;
}

enum result origin_connection_advance(struct origin_connection *connection)
{
	enum result result = RESULT_OK;

	if (connection->stage == ORIGIN_CONNECTING)
		result = finish_connect(connection);
	if (result == RESULT_OK && connection->stage == ORIGIN_GREETING)
		result = greet(connection);
	if (result == RESULT_OK && connection->stage == ORIGIN_HANDSHAKING) {
		result = transport_handshake(&connection->transport);
		if (result == RESULT_OK)
			connection->stage = ORIGIN_OPEN;
	}
	return result;
}

enum result origin_connection_fill(struct origin_connection *connection)
{
	return transport_fill(&connection->transport, &connection->in, &connection->appetite);
}

enum result origin_connection_flush(struct origin_connection *connection)
{
	while (buffer_len(&connection->out)) {
		size_t sent = 0;
		enum result result = transport_write(&connection->transport, buffer_span(&connection->out), &sent);

		if (result != RESULT_OK)
			return result;
		buffer_consume(&connection->out, sent);
	}
	return RESULT_OK;
}

void origin_connection_keep(struct origin_connection *connection, const struct origins_settings *settings)
{
	struct origin_worker *worker = connection->worker;
	unsigned slot = connection->origin->slot;

	/* Security, fails closed: bytes behind a response that is over would be the next visitor's response. */
	if (worker->is_closing || connection->has_hung_up || buffer_len(&connection->out) ||
	    settings->kept_connections == 0 || !is_silent(connection) || (slot >= worker->slots && !grow_slots(worker, slot + 16)) ||
	    worker->idle_counts[slot] >= (unsigned)settings->kept_connections) {
		origin_connection_close(connection);
		return;
	}
	connection->owner = NULL;
	connection->stage = ORIGIN_IDLE;
	connection->appetite = APPETITE_BYTES;
	buffer_release(&connection->out);
	list_add_last(&worker->idle[slot], &connection->node);
	worker->idle_counts[slot]++;
	worker->idle_count++;
	timer_set(&worker->loop->timers, &connection->kept, worker->loop->now_ms + (uint64_t)settings->kept_ms);
}
