#include "edge/caller/caller.h"

#include "edge/observing/observing.h"
#include "source/kind.h"
#include "source/source.h"

#include "base/banned.h"

#define BAN_FIRST_S 60u
#define BAN_MOST_S 86400u
#define BAN_FORGET_S 86400u
#define JA4_CIPHERS_AT 11u               /* "t13d1516h2_8daaf6152771_...": what resumption does not change */
#define JA4_CIPHERS_LEN 12u

static const struct hash_seed kinds_seed = { 0x6b696e64, 1 };  /* not secret: a guess that costs an attacker nothing anyway */

static uint64_t now_us(const struct request *request)
{
	return request->connection->worker->loop.now_ns / 1000;
}

/* A proxy that opens TLS itself shows its own client, not the visitor's. */
static struct span ja4_of(const struct request *request)
{
	return request->is_source_trusted ? SPAN_NONE : transport_ja4(&request->connection->transport);
}

static uint64_t fingerprint_of(const struct request *request)
{
	struct span ja4 = ja4_of(request);

	return ja4.len ? hash_span(kinds_seed, ja4) : 0;
}

uint64_t caller_client(const struct request *request)
{
	const struct field *agent = fields_find(&request->head.fields, FIELD_USER_AGENT);
	struct span ja4 = ja4_of(request);
	uint64_t parts[2] = { agent ? hash_span(kinds_seed, agent->value) : 0, 0 };

	if (ja4.len > JA4_CIPHERS_AT + JA4_CIPHERS_LEN)
		parts[1] = hash_span(kinds_seed, span_take(span_skip(ja4, JA4_CIPHERS_AT), JA4_CIPHERS_LEN));
	return hash_span(kinds_seed, span_make((const char *)parts, sizeof(parts)));
}

static void copy_entry(struct caller *caller, const struct source_entry *entry, uint64_t at_us)
{
	caller->key = source_key_of_entry(entry);
	caller->is_banned = ban_is_on(entry, at_us);
	if (caller->is_banned)
		caller->ban = ban_of(entry, at_us);
	caller->is_ban_observed = ban_is_observed(entry, at_us);
	caller->was_banned = entry->ban_until_s && !caller->is_banned && entry->ban_reason != BAN_OBSERVED && at_us / 1000000 < (uint64_t)entry->ban_until_s + BAN_FORGET_S;
	caller->is_known = entry->is_known;
	caller->is_shared = entry_is_shared(entry, at_us);
	caller->has_token = entry_has_token(entry, at_us);
	entry_country(entry, caller->place.country);
	caller->place.asn = entry->asn;
}

/* Once for each source: the answer stays in its entry. The database is asked while no entry is held. */
static void find_place(struct request *request)
{
	const struct source_table *table = &request->connection->worker->common->sources;
	struct caller *caller = &request->caller;
	struct geo_place place = { 0 };
	struct source_hold hold;

	if (geo_find_place(request->binding->plan->geo, &request->source, &place) != RESULT_OK)
		place = (struct geo_place){ 0 };
	memcpy(caller->place.country, place.country, sizeof(place.country));
	caller->place.asn = place.asn;
	if (source_table_take(table, caller->key, now_us(request), SOURCE_FIND, &hold) != RESULT_OK)
		return;
	entry_set_place(hold.entry, place.country, place.asn);
	source_table_give(&hold);
}

bool caller_is_stranger(const struct caller *caller)
{
	return !caller->is_known && !caller->is_partner && !caller->partner && !caller->is_admitted && !caller->bot;
}

bool caller_is_moved_for_kind(const struct caller *caller)
{
	return caller->is_flooding_kind && caller_is_stranger(caller);
}

void caller_choose_lane(struct caller *caller)
{
	if (caller->is_partner)
		caller->lane = LANE_PARTNER;
	else if (caller->partner && !caller->is_over_budget)
		caller->lane = LANE_PARTNER;
	else if (caller->is_admitted)
		caller->lane = LANE_KNOWN;
	else if (caller->partner)
		caller->lane = LANE_GREEDY;
	else if (caller->budget.level != BUDGET_WITHIN || (caller->was_banned && !caller->bot))
		caller->lane = LANE_REST;
	else
		caller->lane = caller->is_known ? LANE_KNOWN : LANE_PLAUSIBLE;
	if (caller->lane == LANE_PLAUSIBLE && caller_is_moved_for_kind(caller))
		caller->lane = LANE_REST;
}

/* Whom neither budgets nor bans concern is seldom asked for: only when one of them would. */
static void excuse(struct request *request)
{
	struct caller *caller = &request->caller;

	if (!caller->is_banned && !caller->was_banned && !caller->is_ban_observed && caller->budget.level == BUDGET_WITHIN)
		return;
	caller->is_exempt = source_is_trusted(&request->binding->plan->exempt, &request->source);
	if (!caller->is_exempt)
		return;
	caller->is_banned = caller->was_banned = caller->is_ban_observed = false;
	caller->budget = (struct budget_verdict){ BUDGET_WITHIN, BAN_REQUESTS, 0 };
}

/* A person let him in: he owes nothing for what he asks meanwhile. */
static void find_admitted(struct request *request)
{
	struct admitted_source source;

	if (!admitted_find(request->connection->worker->common->admitted, source_key_of(&request->source), now_us(request), &source))
		return;
	request->caller.is_admitted = true;
	request->caller.admitted_until_us = source.until_us;
}

/* What the machine held against his source does not count meanwhile. What a person said against it does. */
static void let_in(struct caller *caller)
{
	caller->is_banned = caller->is_banned && caller->ban.reason == BAN_BY_HAND;
	caller->was_banned = caller->is_ban_observed = false;
}

static bool is_probing(const struct request *request)
{
	return request->connection->probe || request_has_probe_key(request);
}

void caller_identify(struct request *request)
{
	const struct source_table *table = &request->connection->worker->common->sources;
	const struct plan *plan = request->binding->plan;
	struct caller *caller = &request->caller;
	uint64_t at_us = now_us(request);
	struct source_hold hold;
	bool is_placed;

	caller->fingerprint = fingerprint_of(request);
	find_admitted(request);
	if (!table->header || is_probing(request) ||
	    source_table_take(table, source_key_of(&request->source), at_us, SOURCE_MAKE, &hold) != RESULT_OK)
		return;
	caller->is_new = !hold.entry->client;
	if (request->fault == HTTP_FAULT_NONE)  /* half a head has half a client's name: nobody is two for that */
		entry_saw_client(hold.entry, caller_client(request), at_us);
	if (!caller->is_admitted)
		caller->budget = source_budgets_ask(&plan->budgets, hold.entry);
	caller->is_counted = true;
	is_placed = hold.entry->is_placed;
	copy_entry(caller, hold.entry, at_us);
	source_table_give(&hold);
	if (plan->geo && plan->needs_place && !is_placed)
		find_place(request);
	excuse(request);
	if (caller->is_admitted)
		let_in(caller);
	caller_choose_lane(caller);
}

/* Half a head tells of no kind. */
void caller_meet_kind(struct request *request)
{
	struct caller *caller = &request->caller;
	const struct connection *connection = request->connection;
	struct kind_parts parts = { .head = &request->head, .ja4 = ja4_of(request) };

	if (request->fault != HTTP_FAULT_NONE)
		return;
	if (request->is_h2 && !request->is_source_trusted)
		parts.h2 = h2_session_kind(connection->h2);
	caller->kind = kind_of(&parts);
	caller->is_flooding_kind = request->site->meter && kinds_note(&request->site->meter->kinds, caller->kind);
	caller_choose_lane(caller);
}

/* Where his /48 is one source, he has an entry of his own from now on. */
void caller_saw_token(struct request *request)
{
	struct caller *caller = &request->caller;
	struct source_hold hold;

	if (!caller->is_counted || caller->has_token)
		return;
	caller->has_token = true;
	if (source_table_take(&request->connection->worker->common->sources, source_key_of(&request->source), now_us(request), SOURCE_OWN, &hold) != RESULT_OK)
		return;
	entry_saw_token(hold.entry, now_us(request));
	source_table_give(&hold);
}

bool caller_is_calm(const struct request *request)
{
	const struct pool_member *member = request->last_member;
	uint64_t pressed_ms = member ? origin_pressed_ms(member->origin) : 0;

	return !pressed_ms || request->connection->worker->loop.now_ms > pressed_ms + ORIGIN_CALM_MS;
}

/* -- when it is over -- */

/* What the shield refused for what the source took is no error of its own; and what a portal in trouble says, or we for it, is nobody's. */
static bool is_error(const struct request *request)
{
	switch ((int)request->reason) {
	case REASON_BANNED: case REASON_DENYLIST: case REASON_RATE_LIMIT: case REASON_BUDGET: case REASON_CHALLENGED: case REASON_WAITING: return false;
	default: return request->status >= 400 && request->status <= 501;
	}
}

static bool was_served_well(const struct request *request)
{
	return request->decision == DECISION_ALLOW && request->reason == REASON_NONE && request->origin_status >= 200 && request->origin_status < 400 &&
	       !request->is_cut && request->would.decision == DECISION_ALLOW;
}

/* What the greedy have of an attacked portal makes nobody wait: it is calm for them, and they would be known to all sites for a week. */
static bool shows_a_citizen(const struct request *request)
{
	return was_served_well(request) && caller_is_calm(request) && !caller_is_moved_for_kind(&request->caller) && meter_level(request->site->meter) != LEVEL_ATTACK;
}

struct bans caller_bans(const struct edge_common *common, const struct plan *plan)
{
	return (struct bans){ .table = &common->sources, .policy = { BAN_FIRST_S, BAN_MOST_S, BAN_FORGET_S, { &plan->exempt } }, .sink = common->ban_sink };
}

/* Somebody else's page has his browser ask: he is limited for it, not locked out. Who sends this of himself is limited all the same. */
bool caller_is_made_to_ask(const struct request *request)
{
	const struct field *site = fields_find_name(&request->head.fields, SPAN("sec-fetch-site"));

	return site && span_equal(site->value, SPAN("cross-site"));
}

/* Availability: never for what a bypassed site, a partner or a good bot was given, nor a source that showed a token, in this very request too. Whether the ban is made or not,
 * the next request finds out. For what was asked of a site that only observes none is made. */
static void ban_if_far(const struct request *request)
{
	const struct caller *caller = &request->caller;
	struct bans bans = caller_bans(request->connection->worker->common, request->binding->plan);
	bool is_observed = observes(request);
	struct ban_fact ban = { 0 };
	enum result result;

	if (caller->budget.level != BUDGET_FAR || caller->is_banned || caller->has_token || caller->bot || request_is_bypassed(request) || caller_is_made_to_ask(request) || caller_is_partner(request))
		return;
	if (is_observed && (caller->is_ban_observed || caller->was_banned))  /* what was one is not forgotten for it */
		return;
	result = ban_source(&bans, caller->key, is_observed ? BAN_OBSERVED : caller->budget.reason, 0, now_us(request), &ban);
	if (is_observed && result == RESULT_OK && ban.has_begun)  /* who asked for much at once finds it begun */
		observed_ban(request);
}

/* A portal in trouble is slow for everybody: nobody owes for that more than a page usually takes, and nothing for what it did not answer. */
static uint64_t cost_us(const struct request *request)
{
	uint64_t held_us = request->held_ns / 1000;

	if (request->is_tunnel || (request->status >= 502 && request->status <= 504))
		return 0;
	return caller_is_calm(request) || held_us < CALLER_COST_PRESSED_US ? held_us : CALLER_COST_PRESSED_US;
}

#define OUTLASTS_US ((uint64_t)TURN_HELD_MAX_MS * 1000)

/* It outlasted its place (queue.h). A stream had begun before: that long the origin was at work. A page that begins so late was computed, for nobody holds one
 * back on purpose. Anything else may be a long poll; so may be what somebody did not wait for: nothing in it tells them from work, and those who poll are
 * citizens, too. Whoever asks for pages cannot choose to look like that: the type is what the origin says. */
static uint64_t outlasting_us(const struct request *request, uint64_t to_first_byte_us)
{
	if (to_first_byte_us >= OUTLASTS_US && request->turn.is_page)
		return OUTLASTS_US;
	return to_first_byte_us > CALLER_WORK_PRESSED_US && to_first_byte_us < OUTLASTS_US ? to_first_byte_us : CALLER_WORK_PRESSED_US;
}

/* Of the origin, for which others had to wait: what a slow line, a stream or an upload took is no work of it. Where nobody has places, to the first byte of
 * its answer. */
static uint64_t work_us(const struct request *request)
{
	uint64_t begun_ns = request->forwarded_ns, to_first_byte_us = request->first_byte_ns > begun_ns ? (request->first_byte_ns - begun_ns) / 1000 : 0;
	uint64_t took_us = request->turn.took_ns ? request->turn.took_ns / 1000 : to_first_byte_us;

	took_us = took_us < OUTLASTS_US ? took_us : outlasting_us(request, to_first_byte_us);
	if (request->status >= 502 && request->status <= 504)
		return 0;
	if (request->is_aborted && begun_ns && !request->first_byte_ns && took_us < CALLER_WORK_PRESSED_US)
		return CALLER_WORK_PRESSED_US;  /* he hung up: the origin works on for him */
	return caller_is_calm(request) || took_us < CALLER_WORK_PRESSED_US ? took_us : CALLER_WORK_PRESSED_US;
}

/* He showed a token, or passes: that is charged what his request took. */
static void settle_account(const struct request *request)
{
	struct challenge_memory *memory = request->connection->worker->common->challenge;

	if (memory && !request->caller.is_admitted)
		challenge_charge(memory, &request->caller.account, work_us(request), now_us(request));
}

void caller_settle(struct request *request)
{
	const struct source_table *table = &request->connection->worker->common->sources;
	struct caller *caller = &request->caller;
	struct source_hold hold;
	uint64_t took_us = cost_us(request), bytes = request->up_bytes + request->down_bytes;
	const struct rate_spent spent = { is_error(request), work_us(request), bytes };

	settle_account(request);
	caller_charge_limits(request, &spent);
	caller_charge_partner(request, spent.cost_us);
	if (!caller->is_counted)
		return;
	if (!caller->is_admitted && (is_error(request) || took_us >= 1000 || source_bytes_count(bytes))) {
		if (source_table_take(table, caller->key, now_us(request), SOURCE_FIND, &hold) == RESULT_OK) {
			source_budgets_charge(&request->binding->plan->budgets, hold.entry, is_error(request), took_us, bytes);
			source_table_give(&hold);
		}
	}
	if (!caller->is_known && caller->key.kind != SOURCE_V6_WIDE && shows_a_citizen(request))
		known_add(request->connection->worker, caller->key, request->last_member->origin);
	ban_if_far(request);
}
