#include "cli/edge/partners.h"

#include <stdio.h>

#include "base/clock.h"
#include "guard/partner.h"

#include "base/banned.h"

static const struct site *find_site(const struct snapshot *snapshot, struct span name)
{
	for (size_t i = 0; i < snapshot->site_count; i++) {
		if (span_equal(snapshot->sites[i].name, name))
			return &snapshot->sites[i];
	}
	return NULL;
}

static const struct list_value *partners_of(const struct site *site)
{
	static const struct list_value none;

	return site && guard_site_settings(site) ? &guard_site_settings(site)->partners : &none;
}

/* The same name with another token, or another end, is news. */
static bool has(const struct list_value *partners, const struct partner_settings *partner)
{
	const struct partner_settings *list = partners->items;

	for (size_t i = 0; i < partners->count; i++) {
		if (span_equal(list[i].name, partner->name) && span_equal(list[i].token, partner->token) && list[i].until_ms == partner->until_ms)
			return true;
	}
	return false;
}

static void tell(struct edge_state *state, const struct site *site, const struct partner_settings *partner, bool is_new)
{
	char until[CLOCK_ISO_LEN + 1], text[PARTNER_NAME_MAX + 160];
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = is_new ? SPAN("partner") : SPAN("partner-over"), .site = site->name };

	clock_write_iso_ms((uint64_t)partner->until_ms, until);
	snprintf(text, sizeof(text), "the token of the partner %.*s that ends at %s %s", SPAN_ARG(partner->name), until, is_new ? "holds from now on" : "holds no more");
	notice.detail = span_of(text);
	fprintf(stderr, "bouclier: %.*s: %s\n", SPAN_ARG(site->name), text);
	if (state->event)
		event_notice(state->event, &notice);
}

/* Those of ONE that OTHER has not. */
static void tell_missing(struct edge_state *state, const struct snapshot *one, const struct snapshot *other, bool is_new)
{
	for (size_t i = 0; i < one->site_count; i++) {
		const struct list_value *partners = partners_of(&one->sites[i]);
		const struct partner_settings *list = partners->items;
		const struct list_value *others = partners->count ? partners_of(find_site(other, one->sites[i].name)) : NULL;

		for (size_t j = 0; j < partners->count; j++) {
			if (!has(others, &list[j]))
				tell(state, &one->sites[i], &list[j], is_new);
		}
	}
}

void edge_partners_tell(struct edge_state *state, const struct snapshot *before, const struct snapshot *after)
{
	if (!before)
		return;
	tell_missing(state, before, after, false);
	tell_missing(state, after, before, true);
}
