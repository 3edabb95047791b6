#include "edge/sites/shares.h"

#include "base/clock.h"
#include "edge/observing/observing.h"
#include "source/source.h"

#include "base/banned.h"

#define TURNS_NS 1000000u
#define LAG_NS 1000000u          /* a round that took longer made somebody wait */
#define BATCH 32u                /* so many that have something to do at once are worth an order */

static bool is_stranger(const struct connection *connection)
{
	return connection->share == &connection->worker->shares.strangers;
}

static bool has_work(const struct connection *connection)
{
	return connection->request || connection->requests;
}

/* Connection's share is SHARE from now on. Strangers of all workers are counted together: they make room, whatever site needs it. */
static void take_place_in(struct connection *connection, struct share *share)
{
	struct shares *shares = &connection->worker->shares;

	share_take(shares, share, SHARE_CONNECTIONS);
	connection->share = share;
	if (!is_stranger(connection))
		return;
	__atomic_add_fetch(&connection->worker->common->strangers, 1u, __ATOMIC_RELAXED);
	list_add_last(&share->yielding, &connection->yielding);
}

static void leave_place(struct connection *connection)
{
	struct shares *shares = &connection->worker->shares;

	if (is_stranger(connection))
		__atomic_sub_fetch(&connection->worker->common->strangers, 1u, __ATOMIC_RELAXED);
	list_remove(&connection->yielding);
	share_give(shares, connection->share, SHARE_CONNECTIONS);
}

/* Nothing of it has come that is not answered, and nothing is on its way to it. Of a stranger: it has asked nothing. */
static bool is_at_rest(const struct connection *connection)
{
	if (connection->is_held)
		return true;
	if (has_work(connection) || !list_is_empty(&connection->turn.node))
		return false;
	if (is_stranger(connection))
		return true;
	if (connection->wait != WAIT_IDLE && connection->wait != WAIT_RESTING)
		return false;
	if (buffer_len(&connection->in) || buffer_len(&connection->out))
		return false;
	return !connection->h2 || !(h2_wants_send(connection->h2) || h2_has_unfinished(connection->h2));
}

void connection_shares_begin(struct connection *connection)
{
	list_init(&connection->yielding);
	take_place_in(connection, &connection->worker->shares.strangers);
}

void connection_shares_end(struct connection *connection)
{
	list_remove(&connection->turn.node);
	leave_place(connection);
}

/* -- places -- */

/* The one of SHARE that rests for longest, and has nothing to do. NULL: there is none. */
static struct connection *find_yielding(struct share *share)
{
	while (!list_is_empty(&share->yielding)) {
		struct connection *connection = list_entry(share->yielding.next, struct connection, yielding);

		list_remove(&connection->yielding);
		if (is_at_rest(connection))
			return connection;
	}
	return NULL;
}

static bool close_one(struct share *share)
{
	struct connection *connection = find_yielding(share);

	if (!connection)
		return false;
	connection_say(connection, DECISION_LIMIT, REASON_CONNECTIONS, HTTP_FAULT_NONE,
	               is_stranger(connection) ? "it said nothing, and made room for another connection" : "it was at rest, and made room for another connection");
	if (connection->stage == CONNECTION_HTTP_2)
		http2_say_goodbye(connection);
	transport_finish(&connection->transport);
	connection_close(connection, false);
	return true;
}

bool worker_make_room(struct worker *worker)
{
	for (;;) {
		struct share *share = shares_yielding(&worker->shares);

		if (!share)
			return false;
		if (close_one(share))
			return true;
	}
}

/* An eighth of what there is: for sites that have little, and of connections for those who are not known yet. A site that has no neighbours leaves
 * nothing for them. */
static bool is_scarce(const struct connection *connection, uint64_t taken, uint64_t limit)
{
	return connection->binding->plan->site_count > 1 && taken > limit - limit / 8;
}

/* Places of strangers are none that sites have taken: who is silent makes room. A worker that drains has no newcomers, and walks its connections:
 * none is closed under its feet. */
static bool are_places_scarce(const struct connection *connection)
{
	const struct edge_common *common = connection->worker->common;
	uint64_t open = __atomic_load_n(&common->connections, __ATOMIC_RELAXED), strangers = __atomic_load_n(&common->strangers, __ATOMIC_RELAXED);
	uint64_t taken = (open > strangers ? open - strangers : 0) + is_stranger(connection);  /* this one is none any more */

	return !connection->worker->is_draining && is_scarce(connection, taken, (uint64_t)connection->binding->plan->top->connections);
}

/* Availability, fails open: a trusted proxy's connection carries many citizens, from one site to the next; once it was let in it goes on. */
static bool may_move_on(const struct connection *connection)
{
	return !is_stranger(connection) && source_is_trusted(&connection->binding->plan->exempt, &connection->peer.address);
}

/* One of SHARE rests; it stays as it is, and the first that is asked to make room. */
static bool has_yielding(struct share *share)
{
	struct connection *connection = find_yielding(share);

	if (connection)
		list_add_first(&share->yielding, &connection->yielding);
	return connection;
}

/* One of the site's own makes room for CONNECTION. Where it only observes none is closed: that one could be is enough. */
static bool makes_room(const struct connection *connection, struct share *share)
{
	return observing_lets_in(connection->binding->plan, share->key) ? has_yielding(share) : close_one(share);
}

static bool has_room(struct connection *connection, uint64_t key)
{
	struct shares *shares = &connection->worker->shares;
	struct share *share = shares_of(shares, key);

	return !are_places_scarce(connection) || !share_is_over(shares, share, SHARE_CONNECTIONS) || makes_room(connection, share) || may_move_on(connection);
}

/* However many the site has. */
static void join(struct connection *connection, uint64_t key)
{
	if (connection->share->key == key)
		return;
	leave_place(connection);
	take_place_in(connection, shares_of(&connection->worker->shares, key));
}

static bool is_exempt(const struct connection *connection, const struct address *source)
{
	return source_is_trusted(&connection->binding->plan->exempt, source);
}

/* Availability, fails open: asked of those who would be refused before they have asked anything. */
static bool is_excused_early(const struct connection *connection, uint64_t key)
{
	const struct address *peer = &connection->peer.address;

	if (is_exempt(connection, peer))
		return !source_is_trusted(&connection->port->trusted_proxies, peer);
	return source_is_partner(connection->worker, key, peer);
}

/* IS_EXCESS: it would be refused for the sake of the others, and comes in, for its site only observes. */
static void note_excess(struct connection *connection, bool is_excess)
{
	if (is_excess ? connection->would == REASON_NONE : connection->would == REASON_CONNECTIONS)
		connection->would = is_excess ? REASON_CONNECTIONS : REASON_NONE;
}

bool connection_join_early(struct connection *connection, uint64_t key)
{
	bool is_excess;

	if (connection->share->key == key)
		return true;
	is_excess = !has_room(connection, key) && !is_excused_early(connection, key);
	if (is_excess && !observing_lets_in(connection->binding->plan, key))
		return false;
	note_excess(connection, is_excess);
	join(connection, key);
	return true;
}

void connection_is_silent(struct connection *connection)
{
	if (!is_stranger(connection))
		join(connection, 0);
	else if (list_is_empty(&connection->yielding))
		list_add_last(&connection->share->yielding, &connection->yielding);
}

void connection_rests(struct connection *connection)
{
	if (is_stranger(connection) && !list_is_empty(&connection->yielding))
		return;  /* as before */
	list_remove(&connection->yielding);
	list_add_last(&connection->share->yielding, &connection->yielding);
}

bool connection_may_shake_hands(const struct connection *connection, unsigned under_way, unsigned limit)
{
	if (under_way >= limit)
		return false;
	return !is_scarce(connection, under_way, limit) || !share_is_over(&connection->worker->shares, connection->share, SHARE_HANDSHAKES) ||
	       observing_lets_in(connection->binding->plan, connection->share->key) || is_excused_early(connection, connection->share->key);
}

/* -- time -- */

/* One site alone, beside strangers, waits for nobody. */
static bool is_pressed(const struct worker *worker)
{
	const struct shares *shares = &worker->shares;

	if (shares->holders[SHARE_CONNECTIONS] < 2)
		return false;
	return shares_wait(shares) || worker->loop.lag_ns > LAG_NS || worker->loop.batch > BATCH;
}

/* Who has shaken hands, and asked nothing yet, is a stranger who comes for a site all the same. */
static uint64_t site_of(const struct connection *connection)
{
	return is_stranger(connection) ? connection->tls_site : connection->share->key;
}

/* False: there is no site to wait with, or no memory. */
static bool wait_with(struct worker *worker, uint64_t key, struct job *job)
{
	struct share *share = shares_of(&worker->shares, key);

	if (share == &worker->shares.strangers)
		return false;
	share_wait(&worker->shares, share, &job->node);
	loop_later(&worker->loop, &worker->shares_job);
	return true;
}

bool connection_awaits_turn(struct connection *connection, struct job *job)
{
	struct worker *worker = connection->worker;
	const struct share *running = worker->shares.running;
	uint64_t key = site_of(connection);

	if (!list_is_empty(&job->node))
		return true;
	if (!key || (running && running->key == key) || !is_pressed(worker))
		return false;
	return wait_with(worker, key, job);
}

void connection_yield(struct connection *connection)
{
	if (list_is_empty(&connection->turn.node) && !wait_with(connection->worker, site_of(connection), &connection->turn))
		connection_later(connection);
}

static void take_turns(struct job *job)
{
	struct worker *worker = list_entry(job, struct worker, shares_job);
	uint64_t now_ns = worker->turns_clock(), end_ns = now_ns + TURNS_NS;

	while (now_ns < end_ns) {
		struct share *share;
		struct list *node = shares_next(&worker->shares, &share);
		uint64_t began_ns = now_ns;
		struct job *next;

		if (!node)
			return;
		next = list_entry(node, struct job, node);
		next->run(next);
		now_ns = worker->turns_clock();
		shares_ran(&worker->shares, share, now_ns - began_ns);
	}
	if (shares_wait(&worker->shares))
		loop_later(&worker->loop, &worker->shares_job);
}

void shares_worker_init(struct worker *worker)
{
	shares_init(&worker->shares);
	worker->turns_clock = clock_mono_ns;
	job_init(&worker->shares_job, take_turns);
}

/* Security: anybody can ask for that, so its connection makes room again at once, which HTTP/2 would not. */
static bool is_check_of_owner(const struct request *request)
{
	return !request->is_h2 && request_is_acme(request);
}

/* Availability, fails open: asked of those who would be refused. */
static bool is_excused(const struct request *request)
{
	return request_is_bypassed(request) || request_is_probe(request) || is_check_of_owner(request) || caller_is_partner(request) ||
	       is_exempt(request->connection, &request->source);
}

enum step_outcome shares_admit(struct request *request)
{
	struct connection *connection = request->connection;

	if (!request->site || connection->share->key == request->site->key)
		return STEP_NEXT;
	if (!has_room(connection, request->site->key)) {
		bool is_free = is_excused(request), is_let_in = is_free || observing_lets_in(connection->binding->plan, request->site->key);

		connection->is_closing |= !request->is_h2 && (!is_let_in || is_check_of_owner(request));
		if (!is_let_in) {
			source_is_turned_away(connection->worker, &connection->peer.address);
			return request_answer(request, 503, DECISION_LIMIT, REASON_CONNECTIONS);
		}
		note_excess(connection, !is_free);
	} else {
		note_excess(connection, false);
	}
	join(connection, request->site->key);
	return !request->is_h2 && connection_awaits_turn(connection, &connection->turn) ? STEP_WAIT : STEP_NEXT;
}
