#include "guard/ban.h"

#include "base/banned.h"

#define US_PER_S 1000000u
#define BUCKETS_AT_ONCE 64u

const char *ban_reason_name(enum ban_reason reason)
{
	static const char *const names[] = { "by-hand", "requests", "cost", "errors", "connections", "handshakes", "rules", "observed" };

	return reason < BAN_REASON_COUNT ? names[reason] : "unknown";
}

static bool is_exempt(const struct ban_policy *policy, const struct network *network)
{
	for (unsigned i = 0; i < BAN_EXEMPT_LISTS && policy->exempt[i]; i++) {
		const struct network *list = policy->exempt[i]->items;

		for (size_t j = 0; j < policy->exempt[i]->count; j++) {
			if (networks_overlap(&list[j], network))
				return true;
		}
	}
	return false;
}

static bool is_over(const struct source_entry *entry, uint64_t now_us)
{
	return entry->ban_until_s <= now_us / US_PER_S;
}

bool ban_is_on(const struct source_entry *entry, uint64_t now_us)
{
	return !is_over(entry, now_us) && entry->ban_reason != BAN_OBSERVED;
}

bool ban_is_observed(const struct source_entry *entry, uint64_t now_us)
{
	return !is_over(entry, now_us) && entry->ban_reason == BAN_OBSERVED;
}

struct ban_fact ban_of(const struct source_entry *entry, uint64_t now_us)
{
	return (struct ban_fact){
		.network = source_network(source_key_of_entry(entry)), .reason = (enum ban_reason)entry->ban_reason,
		.times = entry->ban_level + 1u, .until_us = (uint64_t)entry->ban_until_s * US_PER_S,
		.may_drop = !entry_has_token(entry, now_us) && !entry_is_shared(entry, now_us),
	};
}

static uint32_t ladder_s(const struct ban_policy *policy, unsigned level)
{
	uint64_t ttl_s = (uint64_t)policy->first_s << level;

	return ttl_s < policy->most_s ? (uint32_t)ttl_s : policy->most_s;
}

/* A ban that was one is over, and its ladder goes on if the next one comes soon. */
static bool is_remembered(const struct ban_policy *policy, const struct source_entry *entry, uint64_t now_us)
{
	return entry->ban_until_s && is_over(entry, now_us) && entry->ban_reason != BAN_OBSERVED && now_us / US_PER_S < (uint64_t)entry->ban_until_s + policy->forget_s;
}

/* The end in seconds is rounded up: no ban is shorter than it says. What was only observed is no step of the ladder of what is done. */
static void begin(const struct ban_policy *policy, struct source_entry *entry, enum ban_reason reason, uint32_t for_s, uint64_t now_us)
{
	uint64_t now_s = (now_us + US_PER_S - 1) / US_PER_S, until_s;
	bool was_observed = entry->ban_reason == BAN_OBSERVED, is_observed = reason == BAN_OBSERVED;
	bool is_repeater = entry->ban_until_s && now_s < (uint64_t)entry->ban_until_s + policy->forget_s && was_observed == is_observed;

	entry->ban_level = !is_repeater ? 0 : entry->ban_level < ENTRY_BAN_LEVEL_MAX ? (entry->ban_level + 1u) & 15u : ENTRY_BAN_LEVEL_MAX;
	entry->ban_reason = (unsigned)reason & 7u;
	if (!is_observed)
		entry->is_known = 0;
	until_s = now_s + (for_s ? for_s : ladder_s(policy, entry->ban_level));
	entry->ban_until_s = until_s < UINT32_MAX ? (uint32_t)until_s : UINT32_MAX;
}

/* Of a ban that is on: it ends no earlier than was asked for. */
static bool prolong(struct source_entry *entry, uint32_t for_s, uint64_t now_us)
{
	uint64_t until_s = (now_us + US_PER_S - 1) / US_PER_S + for_s;

	if (until_s <= entry->ban_until_s)
		return false;
	entry->ban_until_s = until_s < UINT32_MAX ? (uint32_t)until_s : UINT32_MAX;
	return true;
}

enum result ban_source(const struct bans *bans, struct source_key key, enum ban_reason reason, uint32_t for_s, uint64_t now_us,
                       struct ban_fact *out)
{
	struct network network = source_network(key);
	struct source_hold hold;
	struct ban_fact fact;
	enum result result;
	bool is_new = false, has_begun = false;

	if (is_exempt(&bans->policy, &network))
		return RESULT_REFUSED;
	result = source_table_take(bans->table, key, now_us, reason == BAN_BY_HAND ? SOURCE_OWN : SOURCE_MAKE, &hold);
	if (result != RESULT_OK)
		return result;
	network = source_network(source_key_of_entry(hold.entry));  /* its /48, perhaps */
	if (hold.entry->is_trusted || (hold.entry->kind == SOURCE_V6_WIDE && reason != BAN_BY_HAND) || is_exempt(&bans->policy, &network) ||
	    (reason == BAN_OBSERVED && is_remembered(&bans->policy, hold.entry, now_us))) {
		source_table_give(&hold);
		return RESULT_REFUSED;
	}
	for_s = for_s < BAN_S_MAX ? for_s : BAN_S_MAX;
	if (ban_is_on(hold.entry, now_us) || (reason == BAN_OBSERVED && ban_is_observed(hold.entry, now_us))) {
		is_new = prolong(hold.entry, for_s, now_us);
		if (reason == BAN_BY_HAND)  /* it is a person's from now on, to lift too */
			hold.entry->ban_reason = BAN_BY_HAND;
	} else {
		begin(&bans->policy, hold.entry, reason, for_s, now_us);
		is_new = has_begun = true;
	}
	fact = ban_of(hold.entry, now_us);
	fact.has_begun = has_begun;
	source_table_give(&hold);
	if (is_new && reason != BAN_OBSERVED && bans->sink.banned)
		bans->sink.banned(bans->sink.context, &fact);
	if (out)
		*out = fact;
	return RESULT_OK;
}

enum result ban_lift(const struct bans *bans, struct source_key key, uint64_t now_us)
{
	struct source_hold hold;
	struct network network;
	enum result result = source_table_take(bans->table, key, now_us, SOURCE_FIND, &hold);
	bool was_on;

	if (result != RESULT_OK)
		return result;
	was_on = ban_is_on(hold.entry, now_us);
	network = source_network(source_key_of_entry(hold.entry));
	hold.entry->ban_until_s = 0;
	hold.entry->ban_level = 0;
	source_table_give(&hold);
	if (was_on && bans->sink.lifted)
		bans->sink.lifted(bans->sink.context, &network);
	return was_on ? RESULT_OK : RESULT_NOT_FOUND;
}

struct listing {
	const struct bans *bans;               /* of lifting */
	const struct source_table *table;
	const struct network *network;         /* of forgetting */
	uint64_t now_us;
	void (*each)(void *context, const struct ban_fact *fact);
	void *context;
	unsigned lifted;
};

static void list_one(void *context, const struct source_entry *entry)
{
	const struct listing *listing = context;
	struct ban_fact fact = ban_of(entry, listing->now_us);

	if (ban_is_on(entry, listing->now_us))
		listing->each(listing->context, &fact);
}

static void lift_one(void *context, const struct source_entry *entry)
{
	struct listing *listing = context;
	struct network network = source_network(source_key_of_entry(entry));

	if (ban_is_on(entry, listing->now_us) && (entry->is_trusted || is_exempt(&listing->bans->policy, &network)))
		listing->lifted += ban_lift(listing->bans, source_key_of_entry(entry), listing->now_us) == RESULT_OK;
}

static void forget_one(void *context, const struct source_entry *entry)
{
	const struct listing *listing = context;
	struct network network = source_network(source_key_of_entry(entry));
	struct source_hold hold;

	if (!entry->is_known || !network_contains(listing->network, &network.address) ||
	    source_table_take(listing->table, source_key_of_entry(entry), listing->now_us, SOURCE_FIND, &hold) != RESULT_OK)
		return;
	hold.entry->is_known = 0;
	source_table_give(&hold);
}

static void walk_all(struct listing *listing, void (*each)(void *context, const struct source_entry *entry))
{
	uint32_t cursor = 0;

	do {
		source_table_walk(listing->table, CLASS_BANNED, listing->now_us, BUCKETS_AT_ONCE, &cursor, each, listing);
	} while (cursor);
}

unsigned ban_lift_exempt(const struct bans *bans, uint64_t now_us)
{
	struct listing listing = { .bans = bans, .table = bans->table, .now_us = now_us };

	walk_all(&listing, lift_one);
	return listing.lifted;
}

void ban_each(const struct bans *bans, uint64_t now_us, void (*each)(void *context, const struct ban_fact *fact), void *context)
{
	struct listing listing = { .table = bans->table, .now_us = now_us, .each = each, .context = context };

	walk_all(&listing, list_one);
}

void ban_forget_known(const struct source_table *table, const struct network *network, uint64_t now_us)
{
	struct listing listing = { .table = table, .network = network, .now_us = now_us };

	walk_all(&listing, forget_one);
}
