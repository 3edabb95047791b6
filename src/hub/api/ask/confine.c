#include "hub/api/ask/confine.h"

#include "hub/api/ask/tenants.h"

#include "base/banned.h"

enum confined confine_sees(const struct store_tenants *tenants, const struct incident *incident)
{
	bool sees_one = false, sees_each = !incident->sites_more && !incident->tenants_more;

	if (tenants->is_all)
		return CONFINED_WHOLE;
	for (uint32_t i = 0; i < incident->site_count; i++) {
		bool sees = tenants_see(tenants, span_of(incident->sites[i].tenant));

		sees_one |= sees;
		sees_each &= sees;
	}
	for (uint32_t i = 0; i < incident->tenant_count; i++) {
		bool sees = tenants_see(tenants, span_of(incident->tenants[i]));

		sees_one |= sees;
		sees_each &= sees;
	}
	return !sees_one ? CONFINED_NOTHING : sees_each ? CONFINED_WHOLE : CONFINED_PART;
}

static void confine_whom(const struct store_tenants *tenants, struct incident *incident)
{
	uint32_t sites = 0, names = 0;

	for (uint32_t i = 0; i < incident->site_count; i++) {
		if (tenants_see(tenants, span_of(incident->sites[i].tenant)))
			incident->sites[sites++] = incident->sites[i];
	}
	for (uint32_t i = 0; i < incident->tenant_count; i++) {
		if (tenants_see(tenants, span_of(incident->tenants[i])))
			memcpy(incident->tenants[names++], incident->tenants[i], sizeof(incident->tenants[0]));
	}
	incident->site_count = sites;
	incident->tenant_count = names;
	incident->sites_more = incident->tenants_more = 0;  /* whose they are is not known */
}

static bool may_read(const struct incident *incident, const struct incident_moment *moment)
{
	if (moment->kind == MOMENT_NOTICE)
		return false;
	return moment->kind != MOMENT_SITE || incident_has_site(incident, span_of(moment->text));
}

static void confine_story(struct span name, struct incident *incident)
{
	uint32_t moments = 0, notes = 0;

	for (uint32_t i = 0; i < incident->moment_count; i++) {
		if (may_read(incident, &incident->timeline[i]))
			incident->timeline[moments++] = incident->timeline[i];
	}
	for (uint32_t i = 0; i < incident->note_count; i++) {
		if (span_equal(span_of(incident->notes[i].who), name))
			incident->notes[notes++] = incident->notes[i];
	}
	incident->moment_count = moments;
	incident->note_count = notes;
	incident->left_out = 0;
}

void confine(const struct store_tenants *tenants, struct span name, struct incident *incident)
{
	if (confine_sees(tenants, incident) == CONFINED_WHOLE)
		return;
	confine_whom(tenants, incident);
	confine_story(name, incident);
	/* Sums over everybody's sites say nothing of his, and are not his to know. */
	incident->citizens = (struct citizens){ 0 };
	memset(incident->decisions, 0, sizeof(incident->decisions));
	memset(incident->vectors, 0, sizeof(incident->vectors));
	incident->family_count = incident->country_count = incident->network_count = 0;
	incident->countries_other = incident->networks_other = 0;
	incident->fingerprint[0] = 0;
	if (incident->reason == FOR_HELD)
		incident->number = 0;
	incident->bans = incident->level_moves = 0;
	incident->related_count = 0;
	if (!incident->site_count)
		incident->subject[0] = 0;
}
