#include "edge/client/connection.h"

#include <stdlib.h>
#include <unistd.h>

#include "edge/observing/observing.h"
#include "edge/sites/shares.h"
#include "net/listener.h"
#include "net/proxy_protocol.h"
#include "source/source.h"

#include "base/banned.h"

#define READS ((uint32_t)EPOLLIN | EPOLLRDHUP)
#define IN_MIN_BYTES (64u * 1024)
#define OUT_MAX_BYTES (128u * 1024)
#define LINGER_READS 64
#define BANNED "a banned source"
#define TOO_MANY "more connections, or TLS handshakes, than source_budgets give to one source"

/* For a node that serves no site yet. */
static const struct edge_timeouts no_site_timeouts = { .head_ms = 10000, .keep_alive_ms = 10000, .body_rate = 128 };

const struct edge_timeouts *connection_timeouts(const struct connection *connection)
{
	const struct plan *plan = connection->binding->plan;

	if (connection->request && connection->request->route)
		return &connection->request->route->settings->timeouts;
	if (!plan->site_count)
		return &no_site_timeouts;
	return &plan->sites[0].routes[plan->sites[0].site->route_count - 1].settings->timeouts;
}

void connection_set_deadline(struct connection *connection, int64_t in_ms)
{
	timer_set(&connection->worker->loop.timers, &connection->timer, connection->worker->loop.now_ms + (uint64_t)in_ms);
}

void connection_say(struct connection *connection, enum decision decision, enum reason reason, enum http_fault fault, const char *detail)
{
	struct worker *worker = connection->worker;
	struct connection_fact fact = {
		.wall_ns = worker->loop.wall_ns, .worker = worker->index, .decision = decision, .reason = reason, .fault = fault,
		.peer = connection->peer.address, .sni = transport_sni(&connection->transport),
		.ja4 = transport_ja4(&connection->transport), .detail = span_of(detail),
	};

	worker->sink.connection(worker->sink.context, &fact);
}

static void say_refused(struct worker *worker, const struct address *peer, enum decision decision, enum reason reason, const char *detail)
{
	struct connection_fact fact = { .wall_ns = worker->loop.wall_ns, .worker = worker->index, .decision = decision, .reason = reason,
		                        .peer = *peer, .detail = span_of(detail) };

	worker->sink.connection(worker->sink.context, &fact);
}

void connection_say_refused(struct worker *worker, const struct address *peer, const char *detail)
{
	say_refused(worker, peer, DECISION_LIMIT, REASON_CONNECTIONS, detail);
}

/* A handshake costs a hundred times what a request does: only so many at once. What is over the limit is refused before the
 * first asymmetric operation (security: closed), so that those under way end (availability). Counted from the ClientHello on:
 * connections that say nothing cost nothing, and would take every place for the price of a SYN. */
static bool take_handshake(struct connection *connection)
{
	struct edge_common *common = connection->worker->common;
	unsigned under_way = __atomic_fetch_add(&common->handshakes, 1u, __ATOMIC_RELAXED);
	bool may = connection_may_shake_hands(connection, under_way, (unsigned)connection->binding->plan->top->handshakes);

	connection->is_shaking_hands = true;
	share_take(&connection->worker->shares, connection->share, SHARE_HANDSHAKES);
	if (may)
		return true;
	connection_say(connection, DECISION_LIMIT, REASON_HANDSHAKE, HTTP_FAULT_NONE, "too many TLS handshakes at once");
	return false;
}

static void give_handshake_back(struct connection *connection)
{
	if (!connection->is_shaking_hands)
		return;
	__atomic_sub_fetch(&connection->worker->common->handshakes, 1u, __ATOMIC_RELAXED);
	share_give(&connection->worker->shares, connection->share, SHARE_HANDSHAKES);
	connection->is_shaking_hands = false;
}

static void free_connection(struct connection *connection)
{
	if (connection->h2)
		h2_session_free(connection->h2);
	buffer_done(&connection->in);
	buffer_done(&connection->out);
	binding_drop(connection->binding);
	free(connection);
}

static void give_place_back(struct worker *worker)
{
	__atomic_sub_fetch(&worker->common->connections, 1u, __ATOMIC_RELAXED);
}

static void run_job(struct job *job)
{
	struct connection *connection = list_entry(job, struct connection, job);

	if (connection->stage == CONNECTION_CLOSED && connection->requests)
		return;  /* one has outlasted its stream, and points here: rules see it after its answer. With the last of them this comes again */
	if (connection->stage == CONNECTION_CLOSED)
		free_connection(connection);
	else if (!connection_awaits_turn(connection, &connection->turn))
		connection_advance(connection);
}

static void turn_has_come(struct job *job)
{
	connection_advance(list_entry(job, struct connection, turn));
}

void connection_later(struct connection *connection)
{
	loop_later(&connection->worker->loop, &connection->job);
}

void connection_close(struct connection *connection, bool reset)
{
	struct worker *worker = connection->worker;

	if (connection->stage == CONNECTION_CLOSED)
		return;
	if (connection->stage == CONNECTION_HTTP_2)
		worker->gauges.h2_connections--;
	give_handshake_back(connection);
	connection->stage = CONNECTION_CLOSED;
	connection->watch.fd = -1;
	if (connection->request)
		request_abort(connection->request, REASON_CLIENT_GONE);
	if (connection->h2)
		http2_finish(connection);
	if (connection->probe)
		probe_log_end(&worker->common->probes, connection->probe);
	transport_close(&connection->transport, reset);  /* after the requests: their facts tell of its TLS */
	timer_cancel(&worker->loop.timers, &connection->timer);
	list_remove(&connection->node);
	connection_shares_end(connection);
	worker->gauges.connections--;
	worker->gauges.tls_connections -= connection->is_tls;
	give_place_back(worker);
	connection_later(connection);
	if (worker->is_draining && list_is_empty(&worker->connections))
		worker->drained(worker);
}

void connection_rebind(struct connection *connection)
{
	struct worker *worker = connection->worker;
	const struct edge_port *port;

	if (connection->binding == worker->binding)
		return;
	port = plan_find_port(worker->binding->plan, &connection->local);
	if (!port)
		return;  /* the address is listened on no more: this connection lives out its life as it began */
	binding_hold(worker->binding);
	binding_drop(connection->binding);
	connection->binding = worker->binding;
	connection->port = port;
}

enum result connection_fill(struct connection *connection)
{
	return transport_fill(&connection->transport, &connection->in, &connection->appetite);
}

void connection_watch_writes(struct connection *connection)
{
	if (connection->watches_writes)
		return;
	connection->watches_writes = true;
	if (connection->watch.fd >= 0)
		loop_watch_again(&connection->worker->loop, &connection->watch, READS | EPOLLOUT);
}

enum result connection_flush(struct connection *connection)
{
	while (buffer_len(&connection->out)) {
		size_t sent = 0;
		enum result result = transport_write(&connection->transport, buffer_span(&connection->out), &sent);

		if (result == RESULT_MORE)
			connection_watch_writes(connection);
		if (result != RESULT_OK)
			return result;
		buffer_consume(&connection->out, sent);
		if (connection->stage != CONNECTION_HTTP_2)  /* there an answer to a PING is no progress */
			connection->pace.bytes += sent;
	}
	return RESULT_OK;
}

const struct endpoint *connection_reached(struct connection *connection)
{
	if (connection->reached.port)
		return &connection->reached;
	/* A system call for each TLS connection, where the listener does not say it already. */
	if (!address_is_any(&connection->local.address) || listener_local(connection->transport.fd, &connection->reached) != RESULT_OK)
		connection->reached = connection->local;
	return &connection->reached;
}

/* Of a source that takes far more of them than its budgets: it may come back in a moment. WOULD: what it would be cut for, if its site acts. */
static bool is_cut(struct worker *worker, const struct address *peer, bool is_tls, enum reason *would)
{
	enum source_ban ban = source_ban_of(worker, peer);

	if (ban == SOURCE_CUT) {
		say_refused(worker, peer, DECISION_DROP, REASON_BANNED, BANNED);
		return true;
	}
	if (ban == SOURCE_DOUBTED_CUT)
		*would = REASON_BANNED;
	if (source_may_connect(worker, peer, is_tls))
		return false;
	if (*would == REASON_NONE)
		*would = REASON_BUDGET;
	if (worker->binding->plan->observes)
		return false;  /* until it has said for which site it comes */
	say_refused(worker, peer, DECISION_LIMIT, REASON_BUDGET, TOO_MANY);
	return true;
}

/* PROXY protocol: fails closed. Whoever connects without the header that this port demands, or is not trusted to say whom it
 * speaks for, is cut. */
static enum result read_proxy_header(struct connection *connection)
{
	struct proxy_header header;
	size_t used = 0;
	enum result result;

	if (connection->port->trusted_proxies.count && !source_is_trusted(&connection->port->trusted_proxies, &connection->peer.address)) {
		connection_say(connection, DECISION_DROP, REASON_ALLOW_FROM, HTTP_FAULT_NONE, "a PROXY header from an address that is not trusted");
		return RESULT_REFUSED;
	}
	result = proxy_header_read(buffer_span(&connection->in), &header, &used);

	if (result == RESULT_MORE) {
		result = connection_fill(connection);
		return result == RESULT_OK ? read_proxy_header(connection) : result;
	}
	if (result != RESULT_OK) {
		connection_say(connection, DECISION_DROP, REASON_FAULT, HTTP_FAULT_NONE, "the PROXY protocol header is malformed");
		return RESULT_MALFORMED;
	}
	buffer_consume(&connection->in, used);
	if (header.is_local)
		return RESULT_OK;
	connection->peer = header.source;
	connection->reached = header.destination;
	return is_cut(connection->worker, &header.source.address, connection->port->is_tls, &connection->would) ? RESULT_REFUSED : RESULT_OK;
}

static enum result begin_tls(struct connection *connection)
{
	enum result result;

	if (!connection->port->is_tls || connection->transport.tls)
		return RESULT_OK;
	result = transport_accept_tls(&connection->transport, connection->binding->plan->tls, buffer_span(&connection->in),
	                              connection->port->has_h2, &connection_reached(connection)->address);
	buffer_reset(&connection->in);
	connection->is_tls = true;
	connection->worker->gauges.tls_connections++;
	return result;
}

static enum result start_http(struct connection *connection)
{
	bool is_h2 = transport_protocol(&connection->transport) == TRANSPORT_H2;

	connection->tls_site = (uint64_t)(uintptr_t)transport_site(&connection->transport);
	connection->stage = CONNECTION_HTTP_1;
	return is_h2 ? http2_start(connection) : RESULT_OK;
}

/* The ClientHello has come, and nothing was computed yet. RESULT_OK; RESULT_MORE: when it is the site's turn; RESULT_LIMIT. */
static enum result begin_handshake(struct connection *connection)
{
	uint64_t site = (uint64_t)(uintptr_t)transport_site(&connection->transport);

	if (connection->would != REASON_NONE && !observing_counts(connection->binding->plan, site)) {
		bool is_banned = connection->would == REASON_BANNED;

		connection_say(connection, is_banned ? DECISION_DROP : DECISION_LIMIT, connection->would, HTTP_FAULT_NONE, is_banned ? BANNED : TOO_MANY);
		return RESULT_LIMIT;
	}
	if (!connection_join_early(connection, site)) {
		source_is_turned_away(connection->worker, &connection->peer.address);
		connection_say(connection, DECISION_LIMIT, REASON_CONNECTIONS, HTTP_FAULT_NONE, "no place for another connection of this site");
		return RESULT_LIMIT;
	}
	source_shakes_hands(connection->worker, &connection->peer.address);
	if (!take_handshake(connection))
		return RESULT_LIMIT;
	return connection_awaits_turn(connection, &connection->turn) ? RESULT_MORE : RESULT_OK;
}

static enum result handshake(struct connection *connection)
{
	enum result result = begin_tls(connection);

	if (result == RESULT_OK && connection->is_tls)
		result = transport_hello(&connection->transport);
	if (result == RESULT_OK && connection->is_tls && !connection->is_shaking_hands)
		result = begin_handshake(connection);
	if (result == RESULT_OK && connection->is_tls)
		result = transport_handshake(&connection->transport);
	if (result == RESULT_REFUSED || result == RESULT_MALFORMED)
		connection_say(connection, DECISION_DROP, REASON_HANDSHAKE, HTTP_FAULT_NONE, transport_error(&connection->transport));
	if (result != RESULT_OK)
		return result;
	give_handshake_back(connection);
	if (transport_is_passthrough(&connection->transport))
		return passthrough_start(connection);
	return start_http(connection);
}

/* Reads and forgets, so that the kernel does not answer late bytes with RST and take our answer away with it. */
static void linger(struct connection *connection)
{
	char nothing[2048];
	enum result result = RESULT_OK;
	size_t got;

	if (connection_flush(connection) == RESULT_OK && !connection->is_closing) {
		connection->is_closing = true;
		transport_finish(&connection->transport);
	}
	for (int i = 0; i < LINGER_READS && result == RESULT_OK; i++)
		result = transport_read(&connection->transport, nothing, sizeof(nothing), &got);
	if (result == RESULT_END || result == RESULT_IO)
		connection_close(connection, false);
	else if (result == RESULT_OK)
		connection_later(connection);  /* there is more, and nothing will say so again */
}

/* RESULT_OK: on to HTTP. */
static enum result advance_opening(struct connection *connection)
{
	enum result result = RESULT_OK;

	if (connection->stage == CONNECTION_PROXY_HEADER) {
		result = read_proxy_header(connection);
		if (result == RESULT_OK)
			connection->stage = CONNECTION_HANDSHAKE;
	}
	if (result == RESULT_OK && connection->stage == CONNECTION_HANDSHAKE) {
		result = handshake(connection);
	}
	return result;
}

void connection_advance(struct connection *connection)
{
	if (connection->stage <= CONNECTION_HANDSHAKE) {
		enum result result = advance_opening(connection);

		if (result == RESULT_MORE)
			return;
		if (result != RESULT_OK) {
			connection_close(connection, result == RESULT_NO_MEMORY);
			return;
		}
	}
	if (connection->stage == CONNECTION_HTTP_1)
		http1_advance(connection);
	else if (connection->stage == CONNECTION_HTTP_2)
		http2_advance(connection);
	else if (connection->stage == CONNECTION_PASSTHROUGH)
		passthrough_advance(connection);
	else if (connection->stage == CONNECTION_LINGER && !connection->is_held)
		linger(connection);
}

static void ready(struct watch *watch, uint32_t events)
{
	struct connection *connection = list_entry(watch, struct connection, watch);

	transport_ready(&connection->transport, events);
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		connection->has_hung_up = true;
	/* Both directions are gone: nobody can be answered. What was sent before that is an origin's to read, if it passes through. */
	if (events & (EPOLLHUP | EPOLLERR) && connection->stage != CONNECTION_PASSTHROUGH) {
		connection_close(connection, false);
		return;
	}
	if (connection->is_held && connection->has_hung_up)
		connection_close(connection, false);
	if (connection->is_held || connection_awaits_turn(connection, &connection->turn))
		return;
	if (connection->stage == CONNECTION_HTTP_2)
		http2_ready(connection);
	else
		connection_advance(connection);
}

/* On a slow line nothing more fits into the kernel's buffer for a long time, while what lies in it moves: a citizen who takes
 * 40 KB/s would be cut. The kernel is asked, of those who made us wait for a second. */
static void count_confirmed(struct connection *connection)
{
	struct pace *pace = &connection->pace;
	uint64_t confirmed;

	if (!buffer_len(&connection->out) && !connection->waits_to_send)
		return;
	confirmed = transport_confirmed(&connection->transport);
	if (!pace->confirmed)
		pace->confirmed = confirmed;
	else if (confirmed - pace->confirmed > pace->bytes)
		pace->bytes = confirmed - pace->confirmed;
}

bool connection_is_too_slow(struct connection *connection)
{
	count_confirmed(connection);
	return pace_is_too_slow(&connection->pace, connection->worker->loop.now_ms, connection_timeouts(connection)->body_rate);
}

static void expired(struct timer *timer)
{
	struct connection *connection = list_entry(timer, struct connection, timer);

	if (connection->stage == CONNECTION_HTTP_2) {
		http2_expired(connection);
		return;
	}
	if (connection->stage == CONNECTION_PASSTHROUGH) {
		passthrough_expired(connection);
		return;
	}
	if (connection->is_held) {
		http2_let_go(connection);
		return;
	}
	if (connection->stage == CONNECTION_HTTP_1 && connection->request && connection->pace.since_ms) {
		if (!connection_is_too_slow(connection)) {
			connection_set_deadline(connection, 1000);
			return;
		}
		request_abort(connection->request, REASON_CLIENT_SLOW);
		connection_close(connection, true);
		return;
	}
	if (connection->stage == CONNECTION_HTTP_1 && connection->wait == WAIT_REFUSED && !connection->request) {
		http1_refuse(connection);
		return;
	}
	if (connection->stage <= CONNECTION_HANDSHAKE)
		connection_say(connection, DECISION_DROP, REASON_CLIENT_SLOW, HTTP_FAULT_NONE, "no handshake in time");
	else if (connection->stage == CONNECTION_HTTP_1 && buffer_len(&connection->in))
		connection_say(connection, DECISION_DROP, REASON_CLIENT_SLOW, HTTP_FAULT_NONE, "no whole request head in time");
	connection_close(connection, false);
}

static bool take_place(struct worker *worker, const struct endpoint *peer)
{
	struct edge_common *common = worker->common;
	unsigned limit = (unsigned)worker->binding->plan->top->connections;

	if (__atomic_add_fetch(&common->connections, 1u, __ATOMIC_RELAXED) <= limit)
		return true;
	if (worker_make_room(worker))
		return true;
	give_place_back(worker);
	__atomic_add_fetch(&common->refused, (uint64_t)1, __ATOMIC_RELAXED);
	connection_say_refused(worker, &peer->address, "no place for another connection (connections)");
	return false;
}

static void init_connection(struct connection *connection, struct worker *worker, const struct endpoint *local,
                            const struct endpoint *peer, const struct edge_port *port)
{
	size_t in_bytes = worker->binding->plan->limits.head_bytes + FILL_MIN_BYTES;

	*connection = (struct connection){ .watch = { -1, ready }, .worker = worker, .binding = worker->binding, .port = port,
		                           .local = *local, .peer = *peer, .stage = CONNECTION_HANDSHAKE };
	if (port->has_proxy_protocol)
		connection->stage = CONNECTION_PROXY_HEADER;
	connection->appetite = FILL_MIN_BYTES;
	binding_hold(worker->binding);
	timer_init(&connection->timer, expired);
	job_init(&connection->job, run_job);
	job_init(&connection->turn, turn_has_come);
	buffer_init(&connection->in, in_bytes > IN_MIN_BYTES ? in_bytes : IN_MIN_BYTES);
	buffer_init(&connection->out, OUT_MAX_BYTES);
	list_add_last(&worker->connections, &connection->node);
	connection_shares_begin(connection);
	worker->gauges.connections++;
}

void connection_accept(struct worker *worker, int fd, const struct endpoint *local, const struct endpoint *peer)
{
	const struct edge_port *port = plan_find_port(worker->binding->plan, local);
	enum reason would = REASON_NONE;
	bool has_place = port && (port->has_proxy_protocol || !is_cut(worker, &peer->address, port->is_tls, &would)) && take_place(worker, peer);
	struct connection *connection = has_place ? malloc(sizeof(*connection)) : NULL;

	if (!connection) {
		if (has_place)
			give_place_back(worker);
		close(fd);
		return;
	}
	init_connection(connection, worker, local, peer, port);
	connection->would = would;
	transport_init(&connection->transport, fd);
	connection->watches_writes = port->is_tls;  /* a handshake may wait to write, and does not say so */
	connection_set_deadline(connection, connection_timeouts(connection)->head_ms);
	if (!port->is_tls && !port->has_proxy_protocol)
		connection->stage = CONNECTION_HTTP_1;
	/* Most clients have already spoken: what is read before the socket is watched causes no edge, and no round of its own. */
	connection_advance(connection);
	if (connection->stage == CONNECTION_CLOSED)
		return;
	if (loop_watch(&worker->loop, &connection->watch, fd, READS | (connection->watches_writes ? EPOLLOUT : 0u)) != RESULT_OK)
		connection_close(connection, true);
}
