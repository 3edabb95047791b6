/* Which lane a caller gets by what is known of him, and what is made of his request when it is over. */
#include "../base/check.h"

#include <stdlib.h>

#include "edge/observing/observed.h"
#include "edge/request.h"

#include "base/banned.h"

#define BYTES ((size_t)1 << 20)

static void lanes(void **state)
{
	static const struct { bool is_partner, is_known, has_token, was_banned; enum budget_level level; enum lane lane; bool is_flooding_kind, is_moved; } table[] = {
		{ false, false, false, false, BUDGET_WITHIN, LANE_PLAUSIBLE, false, false },
		{ false, true, false, false, BUDGET_WITHIN, LANE_KNOWN, false, false },
		{ false, false, true, false, BUDGET_WITHIN, LANE_PLAUSIBLE, false, false },  /* another one of his source showed it; who shows it himself is moved up for that */
		{ false, true, true, false, BUDGET_OVER, LANE_REST, false, false },
		{ false, true, false, true, BUDGET_WITHIN, LANE_REST, false, false },
		{ false, false, false, false, BUDGET_FAR, LANE_REST, false, false },
		{ true, false, false, true, BUDGET_FAR, LANE_PARTNER, false, false },
		{ false, false, false, false, BUDGET_WITHIN, LANE_REST, true, true },
		{ false, false, true, false, BUDGET_WITHIN, LANE_REST, true, true },
		{ false, true, false, false, BUDGET_WITHIN, LANE_KNOWN, true, false },
		{ true, false, false, false, BUDGET_WITHIN, LANE_PARTNER, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct caller caller = { .is_partner = table[i].is_partner, .is_known = table[i].is_known, .has_token = table[i].has_token,
			                 .was_banned = table[i].was_banned, .budget.level = table[i].level, .is_flooding_kind = table[i].is_flooding_kind };

		caller_choose_lane(&caller);
		assert_int_equal(caller.lane, table[i].lane);
		assert_int_equal(caller_is_moved_for_kind(&caller), table[i].is_moved);
	}
}

/* Neither his client's kind nor a ban from before he was proved; what he owes does. */
static void a_good_bot(void **state)
{
	static const struct bot bot = { .name = SPAN_INIT("Googlebot") };
	struct caller caller = { .bot = &bot, .is_flooding_kind = true, .was_banned = true };

	(void)state;
	caller_choose_lane(&caller);
	assert_int_equal(caller.lane, LANE_PLAUSIBLE);
	assert_false(caller_is_moved_for_kind(&caller));
	caller.budget.level = BUDGET_OVER;
	caller_choose_lane(&caller);
	assert_int_equal(caller.lane, LANE_REST);
	caller = (struct caller){ .bot = &bot, .is_known = true };
	caller_choose_lane(&caller);
	assert_int_equal(caller.lane, LANE_KNOWN);
}

/* He goes first, whatever his kind or his address, unless he asks for more than he has: then he is last, and not asked for proof either. */
static void a_partner_with_a_token(void **state)
{
	static const struct partner_settings partner = { .name = SPAN_INIT("region") };
	struct caller caller = { .partner = &partner, .is_flooding_kind = true, .was_banned = true, .budget.level = BUDGET_FAR };

	(void)state;
	caller_choose_lane(&caller);
	assert_int_equal(caller.lane, LANE_PARTNER);
	assert_false(caller_is_moved_for_kind(&caller));
	caller.is_over_budget = true;
	caller_choose_lane(&caller);
	assert_int_equal(caller.lane, LANE_GREEDY);
	caller.is_partner = true;
	caller_choose_lane(&caller);
	assert_int_equal(caller.lane, LANE_PARTNER);
}

/* The token is in nobody's hands but ours, however its name is written; of two nobody knows which is meant. */
static void the_token_is_taken_out(void **state)
{
	static const struct { const char *names[3]; const char *shown; unsigned left; } table[] = {
		{ { "Bouclier-Partner", "Accept", NULL }, "0", 1 }, { { "Accept", "bouclier-partner", "Host" }, "1", 2 }, { { "Accept", "Host", NULL }, "", 2 },
		{ { "Bouclier-Partner", "Accept", "BOUCLIER-PARTNER" }, "", 1 }, { { " Bouclier-Partner ", "Host", NULL }, "0", 1 },
		{ { "Bouclier-Partner:x", "Host", NULL }, "0", 1 }, { { "X-Bouclier-Partner", "Host", NULL }, "", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		static const char *const values[] = { "0", "1", "2" };
		struct request request = { .step = STEP_ROUTE };
		struct field fields[3] = { { .name = SPAN_NONE } };

		request.head.fields.list = fields;
		for (; request.head.fields.count < 3 && table[i].names[request.head.fields.count]; request.head.fields.count++)
			fields[request.head.fields.count] = (struct field){ .name = span_of(table[i].names[request.head.fields.count]), .value = span_of(values[request.head.fields.count]) };
		caller_take_partner(&request);
		assert_true(span_equal(request.caller.shown_partner, span_of(table[i].shown)));
		assert_int_equal(request.head.fields.count, table[i].left);
		for (unsigned j = 0; j < request.head.fields.count; j++)
			assert_false(span_starts_nocase(span_trim(fields[j].name), SPAN(PARTNER_FIELD)));
	}
}

/* By a person: before what the machine holds against him, behind what the site's own list says for him. */
static void who_is_let_in(void **state)
{
	struct caller caller = { .is_admitted = true, .was_banned = true, .budget.level = BUDGET_FAR };

	(void)state;
	caller_choose_lane(&caller);
	assert_int_equal(caller.lane, LANE_KNOWN);
	caller.is_partner = true;
	caller_choose_lane(&caller);
	assert_int_equal(caller.lane, LANE_PARTNER);
}

/* A request that is over, of a worker that serves nobody else. */
struct stage {
	struct worker worker;
	struct edge_common common;
	struct plan plan;
	struct binding binding;
	struct connection connection;
	struct origin origin;
	struct pool_member member;
	struct meter meter;
	struct edge_site site;
	struct request request;
	void *memory;
};

static struct stage *stage_start(void)
{
	static const struct source_budget_settings budgets = {
		SOURCE_BUDGETS_ON, { 50, 1000 }, { 10, 1000 }, 300, 300, 8000, 120000, 25 << 20, 1 << 30, { 50, 1000 }, { 20, 1000 }, 1000, 600,
	};
	struct stage *stage = calloc(1, sizeof(*stage));
	struct source_hold hold;
	enum source_budget which;

	assert_non_null(stage);
	stage->memory = aligned_alloc(64, BYTES);
	assert_non_null(stage->memory);
	memset(stage->memory, 0, BYTES);
	assert_ok(source_table_init(stage->memory, BYTES, (struct hash_seed){ 1, 2 }));
	assert_ok(source_budgets_make(&budgets, &stage->plan.budgets, &which));
	assert_ok(loop_init(&stage->worker.loop));
	stage->common.sources = source_table_open(stage->memory);
	origins_init(&stage->common.origins);
	stage->worker.common = &stage->common;
	known_init(&stage->worker);
	stage->binding.plan = &stage->plan;
	stage->connection.worker = &stage->worker;
	stage->origin.holders = 1;
	stage->member.origin = &stage->origin;
	stage->site.meter = &stage->meter;
	stage->request = (struct request){ .connection = &stage->connection, .binding = &stage->binding, .site = &stage->site, .last_member = &stage->member,
		                           .status = 200, .origin_status = 200 };
	stage->request.caller.key = (struct source_key){ 7, SOURCE_V4 };
	stage->request.caller.is_counted = true;
	assert_ok(source_table_take(&stage->common.sources, stage->request.caller.key, stage->worker.loop.now_ns / 1000, SOURCE_MAKE, &hold));
	source_table_give(&hold);
	return stage;
}

static void stage_end(struct stage *stage)
{
	known_done(&stage->worker);
	origins_done(&stage->common.origins);
	loop_done(&stage->worker.loop);
	free(stage->memory);
	free(stage);
}

static uint32_t owed(struct stage *stage, enum source_budget budget)
{
	struct source_hold hold;
	uint32_t owed_us;

	assert_ok(source_table_take(&stage->common.sources, stage->request.caller.key, stage->worker.loop.now_ns / 1000, SOURCE_FIND, &hold));
	owed_us = hold.entry->owed_us[budget];
	source_table_give(&hold);
	return owed_us;
}

static void who_may_become_known(void **state)
{
	static const struct { unsigned status, origin_status; enum decision decision; enum reason reason; bool is_cut, is_known; unsigned pressed_ago_ms, count; enum level level; bool is_flooding_kind; } table[] = {
		{ 200, 200, DECISION_ALLOW, REASON_NONE, false, false, 0, 1, LEVEL_NORMAL, false },
		{ 304, 304, DECISION_ALLOW, REASON_NONE, false, false, 0, 1, LEVEL_NORMAL, false },
		{ 200, 200, DECISION_ALLOW, REASON_NONE, false, false, ORIGIN_CALM_MS + 1, 1, LEVEL_NORMAL, false },
		{ 200, 200, DECISION_ALLOW, REASON_NONE, false, false, ORIGIN_CALM_MS, 0, LEVEL_NORMAL, false },
		{ 200, 200, DECISION_ALLOW, REASON_NONE, false, false, 1, 0, LEVEL_NORMAL, false },
		{ 200, 200, DECISION_ALLOW, REASON_NONE, false, true, 0, 0, LEVEL_NORMAL, false },
		{ 200, 200, DECISION_ALLOW, REASON_NONE, true, false, 0, 0, LEVEL_NORMAL, false },
		{ 404, 404, DECISION_ALLOW, REASON_NONE, false, false, 0, 0, LEVEL_NORMAL, false },
		{ 500, 500, DECISION_ALLOW, REASON_NONE, false, false, 0, 0, LEVEL_NORMAL, false },
		{ 403, 200, DECISION_BLOCK, REASON_RULES, false, false, 0, 0, LEVEL_NORMAL, false },
		{ 200, 200, DECISION_DROP, REASON_CLIENT_GONE, false, false, 0, 0, LEVEL_NORMAL, false },
		{ 204, 0, DECISION_ALLOW, REASON_NONE, false, false, 0, 0, LEVEL_NORMAL, false },
		{ 200, 200, DECISION_ALLOW, REASON_NONE, false, false, 0, 1, LEVEL_ELEVATED, false },
		/* What is spared for a flood makes nobody wait. */
		{ 200, 200, DECISION_ALLOW, REASON_NONE, false, false, 0, 0, LEVEL_ATTACK, false },
		{ 200, 200, DECISION_ALLOW, REASON_NONE, false, false, 0, 0, LEVEL_NORMAL, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stage *stage = stage_start();
		struct request *request = &stage->request;

		request->status = table[i].status;
		request->origin_status = table[i].origin_status;
		request->decision = table[i].decision;
		request->reason = table[i].reason;
		request->is_cut = table[i].is_cut;
		request->caller.is_known = table[i].is_known;
		request->caller.is_flooding_kind = table[i].is_flooding_kind;
		stage->meter.level = table[i].level;
		stage->origin.pressed_ms = table[i].pressed_ago_ms ? stage->worker.loop.now_ms - table[i].pressed_ago_ms : 0;
		caller_settle(request);
		if (stage->worker.known.count != table[i].count)
			fail_msg("row %zu", i);
		stage_end(stage);
	}
}

static void what_is_an_error(void **state)
{
	static const struct { unsigned status; enum reason reason; bool is_error; } table[] = {
		{ 404, REASON_NONE, true }, { 403, REASON_RULES, true }, { 400, REASON_FAULT, true }, { 500, REASON_NONE, true }, { 200, REASON_NONE, false },
		{ 302, REASON_REDIRECT, false }, { 502, REASON_ORIGIN_BROKEN, false }, { 503, REASON_NO_ORIGIN, false }, { 504, REASON_ORIGIN_TIMEOUT, false },
		{ 429, REASON_BUDGET, false }, { 429, REASON_RATE_LIMIT, false }, { 403, REASON_BANNED, false }, { 403, REASON_DENYLIST, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stage *stage = stage_start();

		stage->request.status = table[i].status;
		stage->request.reason = table[i].reason;
		caller_settle(&stage->request);
		if ((owed(stage, BUDGET_ERRORS) != 0) != table[i].is_error)
			fail_msg("%u %s", table[i].status, reason_name(table[i].reason));
		stage_end(stage);
	}
}

static void what_an_origin_was_held_for(void **state)
{
	struct stage *stage = stage_start();

	(void)state;
	stage->request.held_ns = 400 * (uint64_t)1000000;
	stage->request.is_tunnel = true;
	caller_settle(&stage->request);
	assert_int_equal(owed(stage, BUDGET_COST), 0);
	stage->request.is_tunnel = false;
	caller_settle(&stage->request);
	assert_in_range(owed(stage, BUDGET_COST), 49000, 51000);
	stage_end(stage);
}

/* What his token is charged: the origin's own time, no more of one that is in trouble than pages take, and nothing of what took none. */
static void what_a_token_is_charged(void **state)
{
	static const struct { unsigned took_ms, status, pressed_ago_ms, owed_ms; bool is_admitted; unsigned first_ms; bool is_page; } table[] = {
		{ 0, 200, 0, 0, false, 0, false }, { 500, 200, 0, 500, false, 0, false }, { 4000, 200, 0, 4000, false, 0, false }, { 4000, 404, 0, 4000, false, 0, false },
		{ 4000, 200, 1, 500, false, 0, false }, { 300, 200, 1, 300, false, 0, false },                        /* more is asked of the origin than it can do */
		{ 10000, 200, 0, 500, false, 0, false }, { 25000, 200, 0, 500, false, 0, false },                     /* nobody waited for its answer */
		{ 10000, 200, 0, 500, false, 12000, false }, { 0, 200, 0, 500, false, 12000, false },   /* a long poll, as far as anybody can tell; and without places */
		{ 10000, 200, 0, 10000, false, 12000, true }, { 0, 200, 0, 10000, false, 60000, true }, /* a page is computed */
		{ 10000, 200, 1, 500, false, 12000, true },
		{ 19000, 200, 0, 9000, false, 9000, false }, { 10010, 200, 0, 500, false, 10, true },   /* a stream, after work or none */
		{ 4000, 502, 0, 0, false, 0, false }, { 4000, 503, 0, 0, false, 0, false }, { 4000, 504, 0, 0, false, 0, false },
		{ 4000, 200, 0, 0, true, 0, false },                                                        /* a person let him in */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stage *stage = stage_start();
		uint64_t at_us = stage->worker.loop.now_ns / 1000;
		const struct challenge_account account = { { 1, 2 } };

		stage->common.challenge = aligned_alloc(64, sizeof(*stage->common.challenge));
		assert_non_null(stage->common.challenge);
		memset(stage->common.challenge, 0, sizeof(*stage->common.challenge));
		challenge_memory_open(stage->common.challenge, 1800000000000u, at_us);
		challenge_charge(stage->common.challenge, &account, CHALLENGE_COST_BURST_US, at_us);
		stage->request.caller.account = account;
		stage->request.caller.is_admitted = table[i].is_admitted;
		stage->request.forwarded_ns = 1;
		stage->request.first_byte_ns = table[i].first_ms ? table[i].first_ms * (uint64_t)1000000 + 1 : 0;
		stage->request.turn.is_page = table[i].is_page;
		stage->request.turn.took_ns = table[i].took_ms * (uint64_t)1000000;
		stage->request.held_ns = 9000 * (uint64_t)1000000;  /* a slow line */
		stage->request.status = table[i].status;
		stage->origin.pressed_ms = table[i].pressed_ago_ms ? stage->worker.loop.now_ms - table[i].pressed_ago_ms : 0;
		caller_settle(&stage->request);
		if (challenge_owes_time(stage->common.challenge, &account, at_us) != (table[i].owed_ms > 0) ||
		    challenge_owes_time(stage->common.challenge, &account, at_us + table[i].owed_ms * 1000 * CHALLENGE_COST_TIMES) ||
		    (table[i].owed_ms && !challenge_owes_time(stage->common.challenge, &account, at_us + table[i].owed_ms * 1000 * CHALLENGE_COST_TIMES - 1)))
			fail_msg("row %zu", i);
		free(stage->common.challenge);
		stage_end(stage);
	}
}

/* Only who goes on and on, and only whom nothing exempts. */
static void who_is_banned(void **state)
{
	static const struct bot bot;
	struct network own;

	(void)state;
	assert_ok(network_read(SPAN("0.0.0.7"), &own));
	for (unsigned i = 0; i < 4; i++) {
		struct stage *stage = stage_start();
		struct source_hold hold;

		stage->request.caller.budget.level = i == 0 ? BUDGET_TWICE : BUDGET_FAR;
		stage->plan.exempt = (struct list_value){ &own, i == 1 };
		stage->request.caller.bot = i == 3 ? &bot : NULL;
		caller_settle(&stage->request);
		assert_ok(source_table_take(&stage->common.sources, stage->request.caller.key, stage->worker.loop.now_ns / 1000, SOURCE_FIND, &hold));
		assert_int_equal(ban_is_on(hold.entry, stage->worker.loop.now_ns / 1000), i == 2);
		source_table_give(&hold);
		stage_end(stage);
	}
}

/* At accept, where nobody has said a word yet: only of those whom no person let in is it asked what they took. */
static void who_may_connect(void **state)
{
	struct stage *stage = stage_start();
	struct admitted *admitted = calloc(1, sizeof(*admitted));
	struct address peer;
	struct admitted_source source;
	uint32_t connections_us;

	(void)state;
	assert_non_null(admitted);
	assert_ok(address_read(SPAN("192.0.2.9"), &peer));
	stage->worker.binding = &stage->binding;
	stage->request.caller.key = source_key_of(&peer);
	for (unsigned i = 0; source_may_connect(&stage->worker, &peer, true); i++)
		assert_true(i < 100000);
	stage->common.admitted = admitted;
	assert_false(source_may_connect(&stage->worker, &peer, true));
	source = (struct admitted_source){ stage->worker.loop.now_ns / 1000 + 1000000, source_key_of(&peer), { 1, 2 } };
	assert_ok(admitted_add(admitted, &source, stage->worker.loop.now_ns / 1000));
	connections_us = owed(stage, BUDGET_CONNECTIONS);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(source_may_connect(&stage->worker, &peer, true));
		source_shakes_hands(&stage->worker, &peer);
	}
	assert_int_equal(owed(stage, BUDGET_CONNECTIONS), connections_us);
	assert_ok(admitted_end(admitted, source_key_of(&peer), stage->worker.loop.now_ns / 1000));
	assert_false(source_may_connect(&stage->worker, &peer, true));
	stage_end(stage);
	free(admitted);
}

/* What a person said of a network does not lie in the table of sources, which may be lost. */
static void a_banned_network_without_a_table(void **state)
{
	struct stage *stage = stage_start();
	struct ban_networks *networks = calloc(1, sizeof(*networks));
	uint64_t at_us = stage->worker.loop.now_ns / 1000;
	struct address inside, outside;
	struct network network;

	(void)state;
	assert_non_null(networks);
	assert_ok(network_read(SPAN("192.0.2.0/24"), &network));
	assert_ok(address_read(SPAN("192.0.2.9"), &inside));
	assert_ok(address_read(SPAN("192.0.3.9"), &outside));
	assert_ok(ban_networks_add(networks, &network, at_us + 60000000, SPAN("a scanner"), at_us));
	stage->worker.binding = &stage->binding;
	stage->common.ban_networks = networks;
	stage->common.sources = (struct source_table){ 0 };
	assert_int_equal(source_ban_of(&stage->worker, &inside), SOURCE_CUT);
	assert_int_equal(source_ban_of(&stage->worker, &outside), SOURCE_FREE);
	stage_end(stage);
	free(networks);
}

/* At accept nobody knows which site it comes for: the machine's bans wait for that, and what they would have done is not forgotten. */
static void a_ban_where_some_site_observes(void **state)
{
	static const struct { enum ban_reason reason; bool observes, has_token; enum source_ban found; } table[] = {
		{ BAN_REQUESTS, false, false, SOURCE_CUT }, { BAN_REQUESTS, false, true, SOURCE_OWED_A_PAGE },
		{ BAN_REQUESTS, true, false, SOURCE_DOUBTED_CUT }, { BAN_REQUESTS, true, true, SOURCE_DOUBTED },
		{ BAN_BY_HAND, true, false, SOURCE_CUT }, { BAN_OBSERVED, true, false, SOURCE_FREE },
	};
	struct address peer;

	(void)state;
	assert_ok(address_read(SPAN("192.0.2.9"), &peer));
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stage *stage = stage_start();
		uint64_t at_us = stage->worker.loop.now_ns / 1000;
		struct bans bans = caller_bans(&stage->common, &stage->plan);
		struct source_hold hold;

		stage->worker.binding = &stage->binding;
		stage->plan.observes = table[i].observes;
		assert_ok(ban_source(&bans, source_key_of(&peer), table[i].reason, 60, at_us, NULL));
		if (table[i].has_token) {
			assert_ok(source_table_take(&stage->common.sources, source_key_of(&peer), at_us, SOURCE_FIND, &hold));
			entry_saw_token(hold.entry, at_us);
			source_table_give(&hold);
		}
		if (source_ban_of(&stage->worker, &peer) != table[i].found)
			fail_msg("row %zu", i);
		stage_end(stage);
	}
}

/* Requests that were at work when it began say so too. */
static void a_ban_that_is_observed_is_counted_once(void **state)
{
	struct stage *stage = stage_start();
	struct observed *observed = calloc(1, sizeof(*observed) + 64);
	struct edge_site site = { .observes = true };
	struct observed_view view;

	(void)state;
	assert_non_null(observed);
	site.observed = observed_take(observed, 11, 1, 2, 1800000000u);
	assert_non_null(site.observed);
	for (unsigned i = 0; i < 5; i++) {
		stage->request.site = &site;
		stage->request.caller.budget.level = BUDGET_FAR;
		caller_settle(&stage->request);
	}
	observed_read(site.observed, 1800000000u, &view);
	assert_int_equal(view.kinds[OBSERVED_BAN].requests, 1);
	stage_end(stage);
	free(observed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lanes), cmocka_unit_test(a_good_bot), cmocka_unit_test(a_partner_with_a_token), cmocka_unit_test(the_token_is_taken_out), cmocka_unit_test(who_is_let_in), cmocka_unit_test(who_may_become_known), cmocka_unit_test(what_is_an_error),
		cmocka_unit_test(what_an_origin_was_held_for), cmocka_unit_test(what_a_token_is_charged), cmocka_unit_test(who_is_banned), cmocka_unit_test(who_may_connect),
		cmocka_unit_test(a_banned_network_without_a_table), cmocka_unit_test(a_ban_where_some_site_observes),
		cmocka_unit_test(a_ban_that_is_observed_is_counted_once),
	};

	return cmocka_run_group_tests_name("edge/caller", tests, NULL, NULL);
}
