/* What becomes of a request for who asks: the site's lists, bans, and, but for those whom a person let in, the site's rate
 * limits and the source's own budgets, in this order. */
#include "edge/challenge/challenge.h"
#include "edge/observing/observing.h"
#include "source/source.h"

#include "base/banned.h"

#define EXCESS_RETRY_US 1000000u  /* of a source that opens connections beyond its budget */

static uint64_t now_us(const struct request *request)
{
	return request->connection->worker->loop.now_ns / 1000;
}

static struct list_verdict ask_lists(const struct request *request)
{
	if (!request->site->lists)
		return (struct list_verdict){ LIST_NONE, NULL };
	return lists_ask(request->site->lists, &request->source, &request->caller.place, (int64_t)(request->wall_ns / 1000000));
}

bool caller_is_partner(const struct request *request)
{
	return request->site && ask_lists(request).action == LIST_ALLOW;
}

/* Security, fails closed: a network that a person banned is refused even to a process that lost its table of sources. What the machine says of a
 * source is only noted where it observes. */
static bool is_banned(struct request *request, uint64_t *until_us)
{
	const struct ban_networks *networks = request->connection->worker->common->ban_networks;
	struct caller *caller = &request->caller;
	struct banned_network network;

	*until_us = caller->ban.until_us;
	if (caller->is_banned && (caller->ban.reason == BAN_BY_HAND || !observe(request, DECISION_BLOCK, REASON_BANNED)))
		return true;
	if (caller->is_ban_observed && observe(request, DECISION_BLOCK, REASON_BANNED))
		caller->lane = LANE_REST;
	if (!networks || !ban_networks_find(networks, &request->source, now_us(request), &network) ||
	    source_is_trusted(&request->binding->plan->exempt, &request->source))
		return false;
	*until_us = network.until_us;
	return true;
}

static enum step_outcome limit(struct request *request, uint64_t retry_after_us, enum reason reason)
{
	if (observe(request, DECISION_LIMIT, reason))
		return STEP_NEXT;
	request->retry_s = (uint32_t)rate_retry_after_s(retry_after_us);
	return request_answer(request, 429, DECISION_LIMIT, reason);
}

static enum step_outcome ask_limits(struct request *request)
{
	uint64_t retry_after_us;

	if (caller_is_limited(request, &retry_after_us))
		return limit(request, retry_after_us, REASON_RATE_LIMIT);
	return request->caller.is_over_class ? challenge_ask_early(request) : STEP_NEXT;
}

static uint32_t ban_ends_in_s(const struct request *request, uint64_t until_us)
{
	return (uint32_t)rate_retry_after_s(until_us > now_us(request) ? until_us - now_us(request) : 0);
}

/* It owes that for its connection, which pays with its end; that of HTTP/2, where others may be at work, with one request. */
static void settle_connection(struct connection *connection, const struct request *request)
{
	connection->is_closing |= !request->is_h2;
	connection->would = REASON_NONE;
}

enum step_outcome screen_connection(struct request *request)
{
	struct connection *connection = request->connection;
	const struct caller *caller = &request->caller;
	enum reason would = connection->would;

	if ((would != REASON_BUDGET && would != REASON_BANNED) || observes(request) || (would == REASON_BANNED && !caller->is_banned))
		return STEP_NEXT;
	settle_connection(connection, request);
	if (would == REASON_BUDGET)
		return limit(request, EXCESS_RETRY_US, would);
	request->retry_s = ban_ends_in_s(request, caller->ban.until_us);
	return request_answer(request, 403, DECISION_BLOCK, would);
}

/* What its connection came in for in spite of: told where the site observes; it may have, and acts since a reload. A ban is asked for by itself. */
static enum step_outcome ask_connection(struct request *request)
{
	struct connection *connection = request->connection;
	enum step_outcome outcome = STEP_NEXT;

	if (connection->would != REASON_NONE && connection->would != REASON_BANNED)
		outcome = limit(request, EXCESS_RETRY_US, connection->would);
	if (outcome != STEP_NEXT)
		settle_connection(connection, request);
	return outcome;
}

enum step_outcome screen_source(struct request *request)
{
	struct caller *caller = &request->caller;
	struct list_verdict verdict;
	enum step_outcome outcome;
	uint64_t until_us;

	if (request_is_bypassed(request) || request_is_probe(request))
		return STEP_NEXT;
	caller_meet_kind(request);
	caller_meet_bot(request);
	caller_meet_partner(request);
	verdict = ask_lists(request);
	if (verdict.action == LIST_ALLOW) {
		caller->is_partner = true;
		caller_choose_lane(caller);
		return STEP_NEXT;
	}
	if (caller->key.kind != SOURCE_NONE)
		majority_note(request->site->majority, caller->key, caller->is_shared, now_us(request));
	if (is_banned(request, &until_us)) {
		request->retry_s = ban_ends_in_s(request, until_us);
		return request_answer(request, 403, DECISION_BLOCK, REASON_BANNED);
	}
	if (verdict.action == LIST_DENY)
		return request_answer(request, 403, DECISION_BLOCK, REASON_DENYLIST);
	if (caller->is_admitted)
		return STEP_NEXT;
	outcome = ask_connection(request);
	if (outcome == STEP_NEXT && !would_be_over(request))
		outcome = ask_limits(request);
	if (outcome == STEP_NEXT && caller->budget.level >= BUDGET_TWICE && !challenge_excuses(request))
		outcome = limit(request, caller->budget.retry_after_us, REASON_BUDGET);
	return outcome;
}

static struct list_place place_of(const struct source_entry *entry)
{
	struct list_place place = { .asn = entry->asn };

	entry_country(entry, place.country);
	return place;
}

/* Availability: whom some site's allowlist names has no budget here, for whichever site it comes. Asked of those that would be refused, and a flood of
 * them asks it as often: it costs the same for one site and for a thousand. */
static bool is_partner_anywhere(const struct worker *worker, const struct address *peer, const struct list_place *place)
{
	const struct lists *partners = worker->binding->plan->partners;

	return partners && lists_name(partners, peer, place, (int64_t)(worker->loop.wall_ns / 1000000));
}

/* Which site it is has to be looked for among all: for who is a partner of one. */
bool source_is_partner(const struct worker *worker, uint64_t site_key, const struct address *peer)
{
	const struct source_table *table = &worker->common->sources;
	struct list_place place = { 0 };
	const struct edge_site *site;
	struct source_hold hold;

	if (table->header && source_table_take(table, source_key_of(peer), worker->loop.now_ns / 1000, SOURCE_FIND, &hold) == RESULT_OK) {
		place = place_of(hold.entry);
		source_table_give(&hold);
	}
	if (!is_partner_anywhere(worker, peer, &place))
		return false;
	site = plan_find_site(worker->binding->plan, site_key);
	return site && site->lists && lists_ask(site->lists, peer, &place, (int64_t)(worker->loop.wall_ns / 1000000)).action == LIST_ALLOW;
}

/* A person let him in: he owes nothing for his connections either. */
static bool is_admitted(const struct worker *worker, const struct address *peer)
{
	struct admitted_source source;

	return admitted_find(worker->common->admitted, source_key_of(peer), worker->loop.now_ns / 1000, &source);
}

bool source_may_connect(const struct worker *worker, const struct address *peer, bool is_tls)
{
	const struct source_table *table = &worker->common->sources;
	const struct plan *plan = worker->binding->plan;
	struct list_place place;
	struct source_hold hold;
	bool may;

	if (!table->header || !plan->budgets.is_on || is_admitted(worker, peer) ||
	    source_table_take(table, source_key_of(peer), worker->loop.now_ns / 1000, SOURCE_MAKE, &hold) != RESULT_OK)
		return true;
	may = source_budgets_admit(&plan->budgets, hold.entry, is_tls);
	place = place_of(hold.entry);
	source_table_give(&hold);
	return may || source_is_trusted(&plan->exempt, peer) || is_partner_anywhere(worker, peer, &place);
}

/* Of an entry that is there. */
static void charge(const struct worker *worker, const struct address *peer, void (*charge_entry)(const struct source_budgets *, struct source_entry *))
{
	const struct plan *plan = worker->binding->plan;
	struct source_hold hold;

	if (!worker->common->sources.header || !plan->budgets.is_on || is_admitted(worker, peer) ||
	    source_table_take(&worker->common->sources, source_key_of(peer), worker->loop.now_ns / 1000, SOURCE_FIND, &hold) != RESULT_OK)
		return;
	charge_entry(&plan->budgets, hold.entry);
	source_table_give(&hold);
}

void source_shakes_hands(const struct worker *worker, const struct address *peer)
{
	charge(worker, peer, source_budgets_shake_hands);
}

void source_is_turned_away(const struct worker *worker, const struct address *peer)
{
	charge(worker, peer, source_budgets_turn_away);
}

/* Security, fails closed: a network that a person banned is refused also where there is no table of sources, or it has no lock to give. */
enum source_ban source_ban_of(const struct worker *worker, const struct address *source)
{
	const struct edge_common *common = worker->common;
	uint64_t at_us = worker->loop.now_ns / 1000;
	enum source_ban found = SOURCE_FREE;
	struct banned_network network;
	struct source_hold hold;
	bool is_doubted, may_drop = true;

	if (common->sources.header && source_table_take(&common->sources, source_key_of(source), at_us, SOURCE_FIND, &hold) == RESULT_OK) {
		struct ban_fact ban = ban_of(hold.entry, at_us);

		may_drop = ban.may_drop;
		is_doubted = worker->binding->plan->observes && ban.reason != BAN_BY_HAND;
		if (ban_is_on(hold.entry, at_us) && may_drop)
			found = is_doubted ? SOURCE_DOUBTED_CUT : SOURCE_CUT;
		else if (ban_is_on(hold.entry, at_us))
			found = is_doubted ? SOURCE_DOUBTED : SOURCE_OWED_A_PAGE;
		source_table_give(&hold);
	}
	if (found <= SOURCE_DOUBTED_CUT && common->ban_networks && ban_networks_find(common->ban_networks, source, at_us, &network))
		found = may_drop ? SOURCE_CUT : SOURCE_OWED_A_PAGE;
	return found == SOURCE_FREE || source_is_trusted(&worker->binding->plan->exempt, source) ? SOURCE_FREE : found;
}
