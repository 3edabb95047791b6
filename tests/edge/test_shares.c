/* Sites' shares of a worker, as its connections have them: who comes in while places are scarce, who makes room, and who waits for time. */
#include "../base/check.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/request.h"
#include "edge/sites/shares.h"

#include "base/banned.h"

#define LIMIT 80
#define MANY 128
#define LOUD 7u
#define QUIET 8u
#define US ((uint64_t)1000)
#define STRANGER "192.0.2.1"
#define PARTNER "203.0.113.5"     /* of the loud site, by its allowlist */
#define MANAGEMENT "198.51.100.9"
#define PROXY "10.0.0.1"

/* A worker with two sites, and connections whose other ends are held here. */
struct stage {
	struct worker worker;
	struct edge_common common;
	struct edge_top_settings top;
	struct edge_settings settings;
	struct edge_route route;
	struct site files[2];
	struct edge_site sites[2];
	struct edge_port port;
	struct plan plan;
	struct binding binding;
	struct arena arena;
	struct network exempt[2], proxies[1], partners[1];
	struct list_rule allow;
	struct source_site_settings lists;
	struct connection *connections[MANY];
	int far[MANY];
	unsigned count;
};

static uint64_t virtual_ns;

static uint64_t virtual_clock(void)
{
	return virtual_ns;
}

static void hear(void *context, const struct connection_fact *fact)
{
	(void)context;
	(void)fact;
}

static void make_lists(struct stage *stage)
{
	struct lists *lists, *joined;

	assert_ok(network_read(SPAN(PARTNER), &stage->partners[0]));
	stage->allow = (struct list_rule){ .networks = { stage->partners, 1 } };
	stage->lists = (struct source_site_settings){ .allowlist = { &stage->allow, 1 } };
	assert_ok(lists_new(&stage->arena, &stage->lists, &lists));
	assert_ok(lists_join(&stage->arena, (const struct lists *const[]){ lists }, 1, &joined));
	stage->sites[0].lists = lists;
	stage->plan.partners = joined;
}

static struct stage *stage_start(void)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	assert_non_null(stage);
	arena_init(&stage->arena, 1 << 20, 4096);
	assert_ok(network_read(SPAN(MANAGEMENT), &stage->exempt[0]));
	assert_ok(network_read(SPAN(PROXY), &stage->exempt[1]));
	stage->proxies[0] = stage->exempt[1];
	stage->top = (struct edge_top_settings){ .connections = LIMIT, .handshakes = 16 };
	stage->settings.timeouts = (struct edge_timeouts){ .head_ms = 10000, .keep_alive_ms = 10000 };
	stage->route.settings = &stage->settings;
	for (unsigned i = 0; i < 2; i++) {
		stage->files[i] = (struct site){ .route_count = 1 };
		stage->sites[i] = (struct edge_site){ .site = &stage->files[i], .key = i ? QUIET : LOUD, .routes = &stage->route };
	}
	stage->port.trusted_proxies = (struct list_value){ stage->proxies, 1 };
	stage->plan = (struct plan){ .sites = stage->sites, .site_count = 2, .ports = &stage->port, .port_count = 1, .top = &stage->top,
		                     .exempt = { stage->exempt, 2 } };
	make_lists(stage);
	stage->binding = (struct binding){ .plan = &stage->plan, .users = MANY + 1 };
	stage->worker.common = &stage->common;
	stage->worker.binding = &stage->binding;
	stage->worker.sink.connection = hear;
	list_init(&stage->worker.connections);
	list_init(&stage->worker.free_requests);
	assert_ok(loop_init(&stage->worker.loop));
	shares_worker_init(&stage->worker);
	stage->worker.turns_clock = virtual_clock;
	virtual_ns = US;
	return stage;
}

static void stage_end(struct stage *stage)
{
	list_each_safe(node, following, &stage->worker.connections) {
		struct connection *connection = list_entry(node, struct connection, node);

		connection->requests = 0;
		connection_close(connection, false);
	}
	shares_done(&stage->worker.shares);
	loop_turn(&stage->worker.loop, 0);  /* frees them */
	assert_int_equal(stage->common.connections + stage->common.strangers, 0);
	for (unsigned i = 0; i < stage->count; i++)
		close(stage->far[i]);
	loop_done(&stage->worker.loop);
	arena_done(&stage->arena);
	free(stage);
}

/* A stranger has come from SOURCE. */
static struct connection *come(struct stage *stage, const char *source)
{
	struct endpoint peer = { .port = 1024 };
	int ends[2];

	assert_true(stage->count < MANY);
	assert_ok(address_read(span_of(source), &peer.address));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	connection_accept(&stage->worker, ends[0], &stage->port.endpoint, &peer);
	stage->far[stage->count] = ends[1];
	return stage->connections[stage->count++] = list_entry(stage->worker.connections.prev, struct connection, node);
}

static bool was_closed(const struct stage *stage, unsigned which)
{
	char byte;

	return recv(stage->far[which], &byte, 1, 0) == 0;
}

/* COUNT more of SITE; at work, or at rest. */
static void crowd(struct stage *stage, uint64_t site, unsigned count, bool is_at_work)
{
	while (count--) {
		struct connection *connection = come(stage, STRANGER);

		assert_true(connection_join_early(connection, site));
		connection->has_served = true;
		connection->requests = is_at_work;
		connection->wait = WAIT_IDLE;
		connection_rests(connection);
	}
}

/* -- places -- */

static void who_comes_in(void **state)
{
	static const struct { unsigned loud, quiet, resting, strangers, sites; uint64_t to; bool may; } table[] = {
		{ 69, 0, 0, 0, 2, LOUD, true },
		{ 70, 0, 0, 0, 2, LOUD, false },   /* an eighth is left for the other one */
		{ 70, 0, 0, 0, 2, QUIET, true },
		{ 70, 0, 0, 0, 1, LOUD, true },    /* there is no other one */
		{ 69, 0, 1, 0, 2, LOUD, true },    /* one of its own makes room */
		{ 40, 30, 0, 0, 2, LOUD, false },
		{ 40, 30, 0, 0, 2, QUIET, true },
		{ 35, 35, 0, 0, 2, LOUD, true },   /* even is not over */
		{ 60, 0, 0, 15, 2, LOUD, true },   /* strangers make room: theirs are no places that are taken */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stage *stage = stage_start();
		struct connection *last;
		unsigned open;

		stage->plan.site_count = 1;  /* so that all of them come in */
		crowd(stage, LOUD, table[i].resting, false);
		crowd(stage, LOUD, table[i].loud, true);
		crowd(stage, QUIET, table[i].quiet, true);
		for (unsigned k = 0; k < table[i].strangers; k++)
			come(stage, STRANGER);
		last = come(stage, STRANGER);
		stage->plan.site_count = table[i].sites;
		open = stage->common.connections;
		if (connection_join_early(last, table[i].to) != table[i].may)
			fail_msg("row %zu", i);
		assert_int_equal(last->share->key, table[i].may ? table[i].to : 0);
		assert_int_equal(stage->common.connections, open - table[i].resting);
		stage_end(stage);
	}
}

/* While their site has no place for anybody else. */
static void whom_shares_are_not_kept_from(void **state)
{
	static const struct { const char *source; uint64_t site; bool may; } table[] = {
		{ STRANGER, LOUD, false }, { PARTNER, LOUD, true }, { PARTNER, QUIET, false }, { MANAGEMENT, LOUD, true }, { MANAGEMENT, QUIET, true },
		{ PROXY, LOUD, false },  /* what it brings is its visitors' */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stage *stage = stage_start();
		struct connection *last;

		stage->plan.site_count = 1;
		crowd(stage, table[i].site, 71, true);
		last = come(stage, table[i].source);
		stage->plan.site_count = 2;
		if (connection_join_early(last, table[i].site) != table[i].may)
			fail_msg("row %zu", i);
		stage_end(stage);
	}
}

static void whose_handshakes_go_on(void **state)
{
	static const struct { const char *source; unsigned under_way, of_loud, of_quiet; uint64_t site; bool may; } table[] = {
		{ STRANGER, 13, 13, 0, LOUD, true }, { STRANGER, 15, 15, 0, LOUD, false }, { STRANGER, 15, 15, 0, QUIET, true }, { STRANGER, 15, 7, 8, LOUD, true },
		{ PARTNER, 15, 15, 0, LOUD, true }, { MANAGEMENT, 15, 15, 0, LOUD, true }, { PROXY, 15, 15, 0, LOUD, false },
		{ PARTNER, 16, 16, 0, LOUD, false }, { STRANGER, 16, 16, 0, QUIET, false },  /* that is all there are */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stage *stage = stage_start();
		struct shares *shares = &stage->worker.shares;
		struct connection *last = come(stage, table[i].source);

		crowd(stage, LOUD, 1, true);
		crowd(stage, QUIET, 1, true);
		for (unsigned k = 0; k < table[i].of_loud; k++)
			share_take(shares, shares_of(shares, LOUD), SHARE_HANDSHAKES);
		for (unsigned k = 0; k < table[i].of_quiet; k++)
			share_take(shares, shares_of(shares, QUIET), SHARE_HANDSHAKES);
		assert_true(connection_join_early(last, table[i].site));
		if (connection_may_shake_hands(last, table[i].under_way, 16) != table[i].may)
			fail_msg("row %zu", i);
		stage_end(stage);
	}
}

/* The same of requests, which say more: what for, and whom they are asked for. */
static void whose_requests_are_served(void **state)
{
	static const struct { const char *peer, *source, *path; bool closes; } table[] = {
		{ MANAGEMENT, MANAGEMENT, "/", false }, { PROXY, MANAGEMENT, "/", false }, { PROXY, PARTNER, "/", false },
		{ STRANGER, STRANGER, "/.well-known/acme-challenge/x", true }, { MANAGEMENT, MANAGEMENT, "/.well-known/acme-challenge/x", true },
	};
	static const struct net_site_settings net = { .acme = SPAN_INIT("/srv/acme") };

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stage *stage = stage_start();
		struct request request = { .wall_ns = 1 };

		stage->plan.site_count = 1;
		crowd(stage, LOUD, 71, true);
		stage->plan.site_count = 2;
		stage->sites[0].net = &net;
		request.connection = come(stage, table[i].peer);
		request.binding = &stage->binding;
		request.site = &stage->sites[0];
		request.head.path = span_of(table[i].path);
		assert_ok(address_read(span_of(table[i].source), &request.source));
		assert_int_equal(shares_admit(&request), STEP_NEXT);
		assert_int_equal(request.connection->share->key, LOUD);
		assert_int_equal(request.connection->is_closing, table[i].closes);
		stage_end(stage);
	}
}

/* Who has shaken hands and asks nothing goes like any stranger, the longest silent first, however few of its site there are; who works, or has, does not. */
static void the_silent_make_room(void **state)
{
	struct stage *stage = stage_start();
	unsigned first;

	(void)state;
	crowd(stage, LOUD, 10, true);
	crowd(stage, QUIET, 2, false);
	for (unsigned i = 0; i < 4; i++) {
		struct connection *connection = come(stage, STRANGER);

		assert_true(connection_join_early(connection, i % 2 ? LOUD : QUIET));
		assert_false(worker_make_room(&stage->worker));  /* while it shakes hands it is no stranger, and has its place */
		connection_is_silent(connection);
		assert_int_equal(stage->common.strangers, 1);
		assert_true(worker_make_room(&stage->worker));
		assert_true(was_closed(stage, stage->count - 1));
	}
	first = stage->count;
	for (unsigned i = 0; i < 3; i++) {
		struct connection *connection = come(stage, STRANGER);

		assert_true(connection_join_early(connection, LOUD));
		connection_is_silent(connection);
	}
	assert_true(connection_join_early(stage->connections[first], LOUD));  /* it asks */
	for (unsigned i = 1; i < 3; i++) {
		assert_true(worker_make_room(&stage->worker));
		assert_true(!was_closed(stage, first) && was_closed(stage, first + i) && (i == 2 || !was_closed(stage, first + 2)));
	}
	assert_false(worker_make_room(&stage->worker));
	for (unsigned i = 0; i < 12; i++)
		assert_false(was_closed(stage, i));
	stage_end(stage);
}

/* Somebody looked for one that rests while it had something to do: silent again, it is found again. */
static void who_was_busy_is_found_again(void **state)
{
	struct stage *stage = stage_start();
	struct connection *connection = come(stage, STRANGER);

	(void)state;
	connection->requests = 1;
	assert_false(worker_make_room(&stage->worker));
	connection->requests = 0;
	assert_false(worker_make_room(&stage->worker));
	connection_is_silent(connection);
	assert_true(worker_make_room(&stage->worker));
	stage_end(stage);
}

/* Who would be refused for the others' sake comes in, and nobody is closed for him; handshakes go on, up to as many as there are. */
static void where_guard_only_observes(void **state)
{
	struct stage *stage = stage_start();
	struct connection *last;
	unsigned open;

	(void)state;
	stage->plan.site_count = 1;
	crowd(stage, LOUD, 1, false);
	crowd(stage, LOUD, 70, true);
	stage->plan.site_count = 2;
	stage->plan.observes = stage->sites[0].observes = true;
	last = come(stage, STRANGER);
	open = stage->common.connections;
	assert_true(connection_join_early(last, LOUD));
	assert_int_equal(last->would, REASON_NONE);  /* one that rests could make room */
	assert_true(stage->common.connections == open && !was_closed(stage, 0));
	last = come(stage, STRANGER);
	assert_true(connection_join_early(last, LOUD) && last->would == REASON_NONE);
	stage->connections[0]->requests = 1;
	last = come(stage, STRANGER);
	assert_true(connection_join_early(last, LOUD));
	assert_int_equal(last->would, REASON_CONNECTIONS);
	crowd(stage, QUIET, 1, true);
	for (unsigned i = 0; i < 15; i++)
		share_take(&stage->worker.shares, shares_of(&stage->worker.shares, LOUD), SHARE_HANDSHAKES);
	assert_true(connection_may_shake_hands(last, 15, 16));
	assert_false(connection_may_shake_hands(last, 16, 16));
	stage->plan.has_tenants = true;  /* the others are another's */
	assert_false(connection_may_shake_hands(last, 15, 16));
	stage_end(stage);
}

/* A request of HTTP/2 that rules see when its answer has gone, and its stream, and all: it still points to its connection. */
static void a_request_outlasts_its_connection(void **state)
{
	struct stage *stage = stage_start();
	struct connection *connection = come(stage, STRANGER);
	struct request request = { .connection = connection, .is_h2 = true };
	unsigned users = stage->binding.users;

	(void)state;
	connection->requests = 1;
	connection_close(connection, false);
	for (unsigned i = 0; i < 3; i++)
		loop_turn(&stage->worker.loop, 0);
	assert_int_equal(stage->binding.users, users);
	http2_request_over(&request);
	assert_int_equal(stage->binding.users, users);
	loop_turn(&stage->worker.loop, 0);
	assert_int_equal(stage->binding.users, users - 1);
	stage_end(stage);
}

/* -- time -- */

static void who_waits_for_time(void **state)
{
	static const struct { bool two_sites; uint64_t lag_us; unsigned batch; bool is_stranger; uint64_t running; bool waits; } table[] = {
		{ true, 0, 1, false, 0, false },
		{ true, 1001, 1, false, 0, true },
		{ true, 0, 33, false, 0, true },
		{ false, 1001, 33, false, 0, false },     /* one site alone waits for nobody */
		{ true, 1001, 33, true, 0, false },       /* of no site yet */
		{ true, 1001, 33, false, LOUD, false },   /* it has its turn */
		{ true, 1001, 33, false, QUIET, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stage *stage = stage_start();
		struct shares *shares = &stage->worker.shares;
		struct connection *one = come(stage, STRANGER);

		assert_true(table[i].is_stranger || connection_join_early(one, LOUD));
		crowd(stage, table[i].is_stranger ? LOUD : QUIET, table[i].two_sites, false);
		if (table[i].is_stranger)
			crowd(stage, QUIET, 1, false);
		stage->worker.loop.lag_ns = table[i].lag_us * US;
		stage->worker.loop.batch = table[i].batch;
		shares->running = table[i].running ? shares_of(shares, table[i].running) : NULL;
		if (connection_awaits_turn(one, &one->turn) != table[i].waits)
			fail_msg("row %zu", i);
		shares->running = NULL;
		stage_end(stage);
	}
}

/* Something that takes some time of the virtual clock. */
struct work {
	struct job job;
	uint64_t takes_us, done_us;
};

static void work(struct job *job)
{
	struct work *work = list_entry(job, struct work, job);

	virtual_ns += work->takes_us * US;
	work->done_us = virtual_ns / US;
}

/* What a thousand connections of the loud site have to do is not done before the quiet one's; and a round of the loop ends in time. */
static void turns(void **state)
{
	static struct work list[1001];
	struct stage *stage = stage_start();
	struct shares *shares = &stage->worker.shares;
	struct job *turns = &stage->worker.shares_job;

	(void)state;
	crowd(stage, LOUD, 1, true);
	crowd(stage, QUIET, 1, true);
	for (unsigned i = 0; i < 1001; i++) {
		list[i] = (struct work){ .takes_us = i < 1000 ? 300 : 100 };
		job_init(&list[i].job, work);
		share_wait(shares, shares_of(shares, i < 1000 ? LOUD : QUIET), &list[i].job.node);
	}
	turns->run(turns);
	assert_in_range(list[1000].done_us, 100, 1000);
	assert_in_range(virtual_ns / US, 1000, 1400);
	assert_false(list_is_empty(&turns->node));  /* goes on in the next round */
	for (unsigned i = 0; i < 400 && shares_wait(shares); i++)
		turns->run(turns);
	assert_int_equal(virtual_ns / US, 1 + 1000 * 300 + 100);
	assert_true(list[999].done_us && !shares_wait(shares));
	list_remove(&turns->node);
	stage_end(stage);
}

/* The loop's last round took long. */
static void lag(struct stage *stage)
{
	stage->worker.loop.now_ns -= 5000 * US;
}

/* What a connection left for later is done in its site's time too: HTTP/1 with more requests than a round takes, and what HTTP/2 has to say. */
static void what_is_left_waits_too(void **state)
{
	static const struct { enum connection_stage stage; bool is_request; } table[] = {
		{ CONNECTION_HTTP_1, false }, { CONNECTION_HTTP_2, false }, { CONNECTION_HTTP_1, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stage *stage = stage_start();
		struct connection *one = come(stage, STRANGER);
		struct request *request = request_new(&stage->worker);
		struct job *waiting = table[i].is_request ? &request->turn_job : &one->turn;
		char bytes[256];

		assert_non_null(request);
		request->connection = one;
		if (table[i].stage == CONNECTION_HTTP_2)
			assert_ok(http2_start(one));
		assert_true(connection_join_early(one, LOUD));
		crowd(stage, QUIET, 1, false);
		if (table[i].is_request)
			loop_later(&stage->worker.loop, &request->turn_job);
		else
			connection_later(one);
		lag(stage);
		loop_turn(&stage->worker.loop, 0);
		if (list_is_empty(&waiting->node))
			fail_msg("row %zu", i);
		assert_true(shares_wait(&stage->worker.shares));
		assert_int_equal(recv(stage->far[0], bytes, sizeof(bytes), 0), -1);
		loop_turn(&stage->worker.loop, 0);  /* its turn */
		assert_true(list_is_empty(&waiting->node) && list_is_empty(&one->job.node));
		assert_int_equal(recv(stage->far[0], bytes, sizeof(bytes), 0) > 0, table[i].stage == CONNECTION_HTTP_2);
		request_free(request, &stage->worker);
		request = list_entry(stage->worker.free_requests.next, struct request, node);
		arena_done(&request->arena);
		free(request);
		stage_end(stage);
	}
}

/* Who has had his part goes on behind all who have waited for longer, also where there is one site only. */
static void who_has_had_his_part_goes_on_later(void **state)
{
	struct work before = { .takes_us = 100 };
	struct stage *stage = stage_start();
	struct shares *shares = &stage->worker.shares;
	struct connection *one = come(stage, STRANGER);
	struct share *share;

	(void)state;
	connection_yield(one);  /* whose is it? nobody knows yet: in the next round */
	assert_true(list_is_empty(&one->turn.node) && !list_is_empty(&one->job.node));
	list_remove(&one->job.node);
	assert_true(connection_join_early(one, LOUD));
	job_init(&before.job, work);
	share_wait(shares, shares_of(shares, LOUD), &before.job.node);
	connection_yield(one);
	connection_yield(one);
	assert_true(shares_next(shares, &share) == &before.job.node);
	connection_yield(one);
	shares_ran(shares, share, US);
	assert_true(shares_next(shares, &share) == &one->turn.node);
	connection_yield(one);  /* and has still more to do */
	shares_ran(shares, share, US);
	assert_true(shares_wait(shares));
	list_remove(&one->turn.node);
	list_remove(&stage->worker.shares_job.node);
	stage_end(stage);
}

/* It comes for a site, although it has asked nothing yet, and goes while it waits. */
static void the_silent_wait_for_time(void **state)
{
	struct stage *stage = stage_start();
	struct connection *silent;

	(void)state;
	crowd(stage, LOUD, 1, true);
	crowd(stage, QUIET, 1, true);
	silent = come(stage, STRANGER);
	silent->tls_site = 9;
	stage->worker.loop.batch = 100;
	assert_true(connection_awaits_turn(silent, &silent->turn));
	assert_false(list_is_empty(&silent->turn.node));
	connection_close(silent, false);
	stage_end(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_comes_in), cmocka_unit_test(whom_shares_are_not_kept_from), cmocka_unit_test(whose_handshakes_go_on),
		cmocka_unit_test(whose_requests_are_served), cmocka_unit_test(the_silent_make_room), cmocka_unit_test(who_was_busy_is_found_again),
		cmocka_unit_test(where_guard_only_observes), cmocka_unit_test(a_request_outlasts_its_connection),
		cmocka_unit_test(who_waits_for_time), cmocka_unit_test(turns), cmocka_unit_test(what_is_left_waits_too), cmocka_unit_test(the_silent_wait_for_time), cmocka_unit_test(who_has_had_his_part_goes_on_later),
	};

	return cmocka_run_group_tests_name("edge/shares", tests, NULL, NULL);
}
