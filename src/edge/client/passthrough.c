/* TLS that is not ours to open: the site says `tls: { mode: passthrough }`, the ClientHello named it, and from here on bytes
 * go to one of its origins and back as they came. Nothing in them is inspected; the fact of it says so (REASON_PASSTHROUGH).
 * What still holds: bans, the budgets of connections and handshakes, allow_from, maintenance, the health and limits of origins.
 *
 * A struct request stands for the tunnel, so that origins, clocks and facts are those of any other request; its only step
 * is the last one. */
#include "edge/observing/observing.h"
#include "source/source.h"

#include "base/banned.h"

#define TRIES_MAX 3
#define MOVED_A_ROUND_BYTES (256u * 1024)

/* A fatal alert in clear, which is what a handshake that did not begin may be answered with (RFC 8446, 6.2). */
#define ALERT(code) SPAN("\x15\x03\x01\x00\x02\x02" code)
#define ALERT_ACCESS_DENIED ALERT("\x31")
#define ALERT_INTERNAL_ERROR ALERT("\x50")

static const struct edge_timeouts *timeouts_of(const struct request *request)
{
	return &request->route->settings->timeouts;
}

static uint64_t now_ms(const struct request *request)
{
	return request->connection->worker->loop.now_ms;
}

/* -- the end -- */

static void refuse(struct request *request, enum decision decision, enum reason reason, struct span alert)
{
	struct connection *connection = request->connection;
	size_t sent;

	request->decision = decision;
	request->reason = reason;
	if (transport_write(&connection->transport, alert, &sent) != RESULT_OK)
		request->is_cut = true;  /* nothing could be said; it is over all the same */
	connection_close(connection, false);
}

/* -- an origin -- */

static void leave_origin(struct request *request, enum origin_outcome outcome)
{
	origin_learn(request->member->origin, outcome, now_ms(request));
	request->tried |= (uint64_t)1 << (request->member - request->route->pool->members);
	request_release_origin(request, false);
}

/* RESULT_OK: on its way. RESULT_NOT_FOUND: nobody is left to try. RESULT_LIMIT, RESULT_NO_MEMORY: something of ours is. */
static enum result open_origin(struct request *request)
{
	struct worker *worker = request->connection->worker;

	while (request->tries < TRIES_MAX) {
		enum result result;

		request->member = request_take_member(request);
		if (!request->member)
			return RESULT_NOT_FOUND;
		request->last_member = request->member;
		request->tries++;
		request->connect_ns = worker->loop.now_ns;
		result = origin_connection_open(&worker->origins, request->member->origin, request, &request->origin);
		if (result == RESULT_OK) {
			request->origin->is_raw = true;
			result = request_greet_origin(request);
		}
		if (result == RESULT_OK) {
			connection_set_deadline(request->connection, timeouts_of(request)->connect_ms);
			return RESULT_OK;
		}
		if (result == RESULT_LIMIT || result == RESULT_NO_MEMORY) {
			request_release_origin(request, false);
			return result;
		}
		leave_origin(request, ORIGIN_UNREACHABLE);
	}
	return RESULT_NOT_FOUND;
}

/* True once bytes can go; false: later, or it is over. */
static bool connect_origin(struct request *request)
{
	while (!request->connected_ns) {
		enum result result = request->origin ? RESULT_OK : open_origin(request);

		if (result != RESULT_OK) {
			bool was_tried = request->tries && result == RESULT_NOT_FOUND;

			refuse(request, was_tried ? DECISION_DROP : DECISION_LIMIT, was_tried ? REASON_ORIGIN_CONNECT :
			       result == RESULT_NOT_FOUND ? REASON_NO_ORIGIN : REASON_NO_MEMORY, ALERT_INTERNAL_ERROR);
			return false;
		}
		result = origin_connection_advance(request->origin);
		if (result == RESULT_MORE)
			return false;
		if (result == RESULT_OK)
			request->connected_ns = request->connection->worker->loop.now_ns;
		else
			leave_origin(request, ORIGIN_UNREACHABLE);
	}
	return true;
}

/* -- bytes -- */

/* RESULT_END: this way is closed, and the other side knows. RESULT_LIMIT: enough for this round. IS_GONE: the client is, both
 * ways; false when it is the origin that hears no more. */
static enum result move_up(struct request *request, bool *is_gone)
{
	struct connection *connection = request->connection;
	struct origin_connection *origin = request->origin;
	uint64_t until = request->up_bytes + MOVED_A_ROUND_BYTES;
	enum result result = origin_connection_flush(origin);  /* the PROXY header */

	while (result == RESULT_OK) {
		size_t sent = 0;

		if (buffer_len(&connection->in)) {
			result = transport_write(&origin->transport, buffer_span(&connection->in), &sent);
			if (result == RESULT_OK)
				buffer_consume(&connection->in, sent);
			request->up_bytes += sent;
		} else if (request->up_has_ended) {
			transport_finish(&origin->transport);
			return RESULT_END;
		} else if (request->up_bytes >= until) {
			return RESULT_LIMIT;
		} else {
			result = connection_fill(connection);
			request->up_has_ended = result == RESULT_END;
			if (result == RESULT_END)
				result = RESULT_OK;
			*is_gone = result != RESULT_OK && result != RESULT_MORE;
		}
	}
	return result;
}

static void note_first_byte(struct request *request)
{
	if (request->first_byte_ns)
		return;
	request->first_byte_ns = request->connection->worker->loop.now_ns;
	origin_learn(request->member->origin, ORIGIN_ANSWERED, now_ms(request));
}

static enum result move_down(struct request *request)
{
	struct connection *connection = request->connection;
	struct origin_connection *origin = request->origin;
	uint64_t until = request->down_bytes + MOVED_A_ROUND_BYTES;
	enum result result = RESULT_OK;

	while (result == RESULT_OK) {
		size_t sent = 0;

		if (buffer_len(&origin->in)) {
			note_first_byte(request);
			result = transport_write(&connection->transport, buffer_span(&origin->in), &sent);
			if (result == RESULT_OK)
				buffer_consume(&origin->in, sent);
			else if (result == RESULT_MORE)
				connection_watch_writes(connection);
			request->down_bytes += sent;
		} else if (request->is_delivered) {
			transport_finish(&connection->transport);
			return RESULT_END;
		} else if (request->down_bytes >= until) {
			return RESULT_LIMIT;
		} else {
			result = origin_connection_fill(origin);
			request->is_delivered = result == RESULT_END;
			if (result == RESULT_END)
				result = RESULT_OK;
		}
	}
	return result;
}

/* Both ways, as far as they go now. One way may end long before the other. */
static void tunnel(struct request *request)
{
	struct connection *connection = request->connection;
	bool is_gone = false;
	enum result up = request->up_is_done ? RESULT_END : move_up(request, &is_gone);
	enum result down = is_gone ? RESULT_IO : request->down_is_done ? RESULT_END : move_down(request);

	/* An origin that hears no more may still have something to say. A client that is gone takes its tunnel along: were it
	 * only one way, a silent origin would hold the place of somebody who left until a clock runs out. */
	request->up_is_done = up != RESULT_OK && up != RESULT_MORE && up != RESULT_LIMIT;
	request->down_is_done = down == RESULT_END;
	if ((request->up_is_done && request->down_is_done) || (down != RESULT_END && down != RESULT_MORE && down != RESULT_LIMIT)) {
		connection_close(connection, !request->down_is_done);
		return;
	}
	if (up == RESULT_LIMIT || down == RESULT_LIMIT)
		connection_later(connection);
	buffer_release(&connection->in);
	buffer_release(&request->origin->in);
	connection_set_deadline(connection, request->up_is_done || request->down_is_done ? timeouts_of(request)->idle_ms :
	                        timeouts_of(request)->tunnel_ms);
}

void passthrough_advance(struct connection *connection)
{
	if (connect_origin(connection->request))
		tunnel(connection->request);
}

void passthrough_expired(struct connection *connection)
{
	struct request *request = connection->request;

	if (request->connected_ns) {  /* silent for too long: the way tunnels end */
		connection_close(connection, false);
		return;
	}
	leave_origin(request, ORIGIN_TIMED_OUT);
	passthrough_advance(connection);
}

/* -- the beginning -- */

/* By name; by the address that was reached for a client that named none. */
static const struct edge_site *find_site(const struct connection *connection)
{
	const struct plan *plan = connection->binding->plan;
	uint64_t key = (uint64_t)(uintptr_t)transport_site(&connection->transport);
	struct span sni = transport_sni(&connection->transport);
	const struct site *site = sni.len ? config_find_site(connection->binding->snapshot, sni) : NULL;

	if (site && plan->sites[site->index].key == key)
		return &plan->sites[site->index];
	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].key == key)
			return &plan->sites[i];
	}
	return NULL;
}

static void begin(struct request *request, struct connection *connection, const struct edge_site *site)
{
	connection->stage = CONNECTION_PASSTHROUGH;
	connection->request = request;
	request_attach(request, connection);
	request->site = site;
	request->route = &site->routes[site->site->route_count - 1];
	request->decision = DECISION_ALLOW;
	request->reason = REASON_PASSTHROUGH;
	request->is_passthrough = true;
	request->step = STEP_RECORD;
}

static bool is_banned(struct request *request)
{
	enum source_ban ban = source_ban_of(request->connection->worker, &request->source);
	bool is_doubted = ban == SOURCE_DOUBTED || ban == SOURCE_DOUBTED_CUT;

	return ban != SOURCE_FREE && !(is_doubted && observe(request, DECISION_BLOCK, REASON_BANNED));
}

enum result passthrough_start(struct connection *connection)
{
	const struct edge_site *site = find_site(connection);
	struct request *request = site ? request_new(connection->worker) : NULL;
	const struct edge_settings *settings;

	if (!request)
		return RESULT_NO_MEMORY;
	begin(request, connection, site);
	settings = request->route->settings;
	/* Most who are banned were cut at accept; who shares an address with others is owed a page, and here there is none. */
	if (!request_is_bypassed(request) && is_banned(request))
		refuse(request, DECISION_BLOCK, REASON_BANNED, ALERT_ACCESS_DENIED);
	/* Security, fails closed: an address that no rule names is not let in. */
	else if (settings->allow_from.count && !source_is_trusted(&settings->allow_from, &request->source))
		refuse(request, DECISION_BLOCK, REASON_ALLOW_FROM, ALERT_ACCESS_DENIED);
	else if (maintenance_meets(request))
		refuse(request, DECISION_LIMIT, REASON_MAINTENANCE, ALERT_INTERNAL_ERROR);
	return RESULT_OK;
}
