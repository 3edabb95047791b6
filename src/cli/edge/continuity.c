#include "cli/edge/continuity.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/edge/copies_watch.h"

#include "base/banned.h"

#define OVER_MS 30000u    /* nobody got a copy for so long: it is over */

/* A site of which copies were given. */
struct giving {
	struct giving *next;
	uint64_t site, given, last_ms;
	bool is_on;
};

struct edge_continuity {
	struct copies *copies;
	struct giving *sites;
	struct edge_state *state;
	struct copies_watch watch;
};

void edge_continuity_open(struct edge_state *state)
{
	struct edge_cache *cache = state->common.cache;
	struct edge_continuity *continuity = cache && state->state_fd >= 0 ? calloc(1, sizeof(*continuity)) : NULL;

	if (!continuity)
		return;
	continuity->state = state;
	continuity->copies = copies_new(state->state_fd, cache->store, COPIES_CONTINUITY);
	if (!continuity->copies) {
		fprintf(stderr, "bouclier: continuity copies are not kept: there is no memory for them, or no thread\n");
		free(continuity);
		return;
	}
	cache->copies = continuity->copies;
	state->continuity = continuity;
	edge_continuity_apply(state);
}

void edge_continuity_apply(struct edge_state *state)
{
	if (state->continuity && continuity_apply(state->common.cache, plan_of(state->snapshot)) != RESULT_OK)
		fprintf(stderr, "bouclier: continuity copies are kept by the limits that they had: there is no memory for the new ones\n");
}

void edge_continuity_leave(struct edge_state *state)
{
	if (state->continuity)
		copies_leave(state->continuity->copies);
}

void edge_continuity_close(struct edge_state *state)
{
	struct edge_continuity *continuity = state->continuity;

	if (!continuity)
		return;
	state->common.cache->copies = NULL;
	copies_free(continuity->copies);
	while (continuity->sites) {
		struct giving *site = continuity->sites;

		continuity->sites = site->next;
		free(site);
	}
	free(continuity);
	state->continuity = NULL;
}

/* -- what is told -- */

static void tell_giving(struct edge_state *state, const struct giving *giving)
{
	const struct edge_site *site = plan_find_site(plan_of(state->snapshot), giving->site);
	char text[160];

	if (giving->is_on)
		snprintf(text, sizeof(text), "visitors get continuity copies of its pages: no origin answers, or the places of a priority route are all taken");
	else
		snprintf(text, sizeof(text), "no continuity copy was given for %u s, %llu in all", OVER_MS / 1000, (unsigned long long)giving->given);
	if (site)
		edge_tell(state, giving->is_on ? "continuity-begun" : "continuity-over", site->site->name, text);
}

static struct giving *find(const struct edge_continuity *continuity, uint64_t site)
{
	struct giving *giving = continuity->sites;

	while (giving && giving->site != site)
		giving = giving->next;
	return giving;
}

/* Under the lock of the copies: only noted. */
static void note_given(void *context, uint64_t site, uint64_t given)
{
	struct edge_continuity *continuity = context;
	struct giving *giving = find(continuity, site);

	if (!giving && (giving = calloc(1, sizeof(*giving)))) {
		giving->site = site;
		giving->next = continuity->sites;
		continuity->sites = giving;
	}
	if (!giving || giving->given == given)
		return;
	giving->given = given;
	giving->last_ms = continuity->state->loop.now_ms;
}

static void look_at_sites(struct edge_continuity *continuity)
{
	copies_each_given(continuity->copies, note_given, continuity);
	for (struct giving *giving = continuity->sites; giving; giving = giving->next) {
		bool is_on = continuity->state->loop.now_ms - giving->last_ms < OVER_MS;

		if (is_on == giving->is_on)
			continue;
		giving->is_on = is_on;
		tell_giving(continuity->state, giving);
	}
}

void edge_continuity_tick(struct edge_state *state)
{
	static const struct copies_words words = { "continuity copies", "continuity/key", "continuity-stopped", "continuity-kept", "continuity-damaged" };
	struct copies_state now;

	if (!state->continuity || state->is_draining)
		return;
	now = copies_state(state->continuity->copies);
	copies_watch_tell(&state->continuity->watch, &words, state, &now);
	if (now.given)
		look_at_sites(state->continuity);
}

bool edge_continuity_is_giving(const struct edge_state *state, uint64_t site)
{
	const struct giving *giving = state->continuity ? find(state->continuity, site) : NULL;

	return giving && giving->is_on;
}
