#include "cli/edge/sources.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/hash.h"
#include "cli/wiring.h"
#include "edge/caller/bot_names.h"
#include "edge/caller/caller.h"

#include "base/banned.h"

#define DAY_MS ((uint64_t)86400000)
#define IMPOSTORS_EACH_MS ((uint64_t)600000)

/* Nobody has made MEMORY a table yet: the mark of one lies in front, and is written when all else is. */
static bool is_new(const void *memory)
{
	static const uint64_t nothing;

	return memory && memcmp(memory, &nothing, sizeof(nothing)) == 0;
}

static struct hash_seed random_seed(void)
{
	struct hash_seed seed;

	random_fill(&seed, sizeof(seed));
	return seed;
}

static void open_table(struct edge_state *state)
{
	size_t size;
	void *memory = wiring_region(&state->start.shared, REGION_SOURCES, &size);

	if (is_new(memory) && source_table_init(memory, size, random_seed()) != RESULT_OK)
		memory = NULL;
	if (memory && source_table_is_there(memory, size))
		state->common.sources = source_table_join(memory, state->start.seat);
	else
		fprintf(stderr, "bouclier: no source is remembered, limited by its budgets or banned: the keeper has no memory for it (restart it)\n");
}

static void open_rates(struct edge_state *state)
{
	size_t size;
	void *memory = wiring_region(&state->start.shared, REGION_RATES, &size);

	if (is_new(memory) && rate_table_init(memory, size, random_seed()) != RESULT_OK)
		memory = NULL;
	if (memory && rate_table_is_there(memory, size))
		state->common.rates = rate_table_open(memory);
	else
		fprintf(stderr, "bouclier: rate_limits let everybody pass: the keeper has no memory for them (restart it)\n");
}

static void open_references(struct edge_state *state)
{
	size_t size;
	struct references *memory = wiring_region(&state->start.shared, REGION_REFERENCES, &size);

	if (is_new(memory) && references_init(memory, random_seed()) != RESULT_OK)
		memory = NULL;
	state->admitted = wiring_region(&state->start.shared, REGION_ADMITTED, &size);
	state->common.admitted = state->admitted;
	if (memory && references_are_there(memory) && state->admitted)
		state->common.references = memory;
	else
		fprintf(stderr, "bouclier: nobody can be let in by a reference: the keeper has no memory for it (restart it)\n");
}

/* Availability, fails open: without it nobody is challenged. A reduced edge challenges nobody either. */
static void open_challenge(struct edge_state *state)
{
	size_t size;

	if (state->common.is_reduced)
		return;
	state->common.challenge = wiring_region(&state->start.shared, REGION_CHALLENGE, &size);
	if (state->common.challenge)
		challenge_memory_open(state->common.challenge, state->loop.wall_ns / 1000000, state->loop.now_ns / 1000);
}

void edge_sources_open(struct edge_state *state)
{
	size_t size;

	open_table(state);
	open_rates(state);
	open_challenge(state);
	open_references(state);
	state->common.ban_networks = wiring_region(&state->start.shared, REGION_BANS, &size);
	if (!state->common.ban_networks)
		fprintf(stderr, "bouclier: no network can be banned: the keeper has no memory for it (restart it)\n");
}

void edge_sources_close(struct edge_state *state)
{
	if (state->common.sources.header)
		source_table_leave(state->common.sources.header, state->start.seat);
}

void edge_sources_apply(struct edge_state *state)
{
	struct bans bans = caller_bans(&state->common, plan_of(state->snapshot));
	unsigned lifted = state->common.sources.header ? ban_lift_exempt(&bans, clock_mono_ms() * 1000) : 0;

	if (lifted)
		fprintf(stderr, "bouclier: %u bans were lifted: management and trusted_proxies name those sources now\n", lifted);
}

/* The place to remember when SITE was told; that of the one told longest ago, if there is none. */
static struct proxy_notice *notice_of(struct edge_state *state, uint64_t site)
{
	struct proxy_notice *oldest = &state->proxy_notices[0];

	for (unsigned i = 0; i < PROXY_NOTICES; i++) {
		struct proxy_notice *each = &state->proxy_notices[i];

		if (each->site == site)
			return each;
		oldest = each->at_ms < oldest->at_ms ? each : oldest;
	}
	*oldest = (struct proxy_notice){ .site = site };
	return oldest;
}

static void tell(struct edge_state *state, const struct edge_site *site, struct source_key source)
{
	struct proxy_notice *last = notice_of(state, site->key);
	char address[NETWORK_TEXT_MAX], text[256];
	struct network network = source_network(source);
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = SPAN("proxy-suspected"), .site = site->site->name };

	if (last->at_ms && state->loop.now_ms < last->at_ms + DAY_MS)
		return;
	last->at_ms = state->loop.now_ms;
	network_write(&network, address);
	snprintf(text, sizeof(text), "more than half of the requests come from %s, where several clients are: is this a proxy that trusted_proxies forgets?", address);
	notice.detail = span_of(text);
	fprintf(stderr, "bouclier: %.*s: %s\n", SPAN_ARG(site->site->name), text);
	if (state->event)
		event_notice(state->event, &notice);
}

/* Nothing befalls them: who looks at the journal knows that it is no search engine. Addresses are told nowhere but in lines of requests, where they are masked. */
static void tell_impostors(struct edge_state *state)
{
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = SPAN("bot-impostors") };
	struct bot_counts counts;
	char text[256];

	if (!state->common.bot_names || (state->impostors_told_ms && state->loop.now_ms < state->impostors_told_ms + IMPOSTORS_EACH_MS))
		return;
	counts = bot_names_counts(state->common.bot_names);
	if (counts.refuted == state->impostors_told)
		return;
	snprintf(text, sizeof(text), "%llu addresses said to be a good bot's, the last one %s's, and DNS says otherwise: they are served as strangers",
	         (unsigned long long)(counts.refuted - state->impostors_told), counts.last_refuted);
	state->impostors_told = counts.refuted;
	state->impostors_told_ms = state->loop.now_ms;
	notice.detail = span_of(text);
	if (state->event)
		event_notice(state->event, &notice);
}

void edge_sources_tick(struct edge_state *state)
{
	const struct plan *plan = plan_of(state->snapshot);
	struct source_key source;

	if (state->common.references)  /* all of them, each minute */
		references_sweep(state->common.references, &state->swept, REFERENCE_BUCKETS / 60 + 1, state->loop.now_ms);
	tell_impostors(state);
	for (size_t i = 0; i < plan->site_count && !state->is_draining; i++) {
		if (majority_find(plan->sites[i].majority, state->loop.now_ms * 1000, &source))
			tell(state, &plan->sites[i], source);
	}
}
