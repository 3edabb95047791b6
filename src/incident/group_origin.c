#include "incident/group_inner.h"
#include "incident/text.h"

#include "base/banned.h"

static struct group_origin *find_origin(struct group *group, struct span name)
{
	char text[INCIDENT_TEXT_BYTES];

	text_set(text, sizeof(text), name);
	for (unsigned i = 0; i < group->origin_count; i++) {
		if (strcmp(group->origins[i].name, text) == 0)
			return &group->origins[i];
	}
	return NULL;
}

/* One that is up has nothing to be remembered. */
static struct group_origin *take_origin(struct group *group)
{
	for (unsigned i = 0; i < group->origin_count; i++) {
		if (!group->origins[i].down_s)
			return &group->origins[i];
	}
	return group->origin_count < GROUP_ORIGINS_MAX ? &group->origins[group->origin_count++] : NULL;
}

void group_origin_is(struct group *group, struct span name, bool is_down)
{
	struct group_origin *origin = find_origin(group, name);
	struct followed *outage = group_live_about(group, INCIDENT_OUTAGE, name);

	if (!name.len)
		return;
	if (!is_down) {
		if (origin)
			origin->down_s = 0;
		if (outage)
			outage->incident.is_on = false;
		return;
	}
	if (!origin)
		origin = take_origin(group);
	if (!origin) {
		group->sums.beyond++;
		return;
	}
	if (origin->down_s)
		return;
	*origin = (struct group_origin){ .down_s = group->now_s ? group->now_s : 1 };
	text_set(origin->name, sizeof(origin->name), name);
}

/* The attack on a site behind it. */
static struct followed *find_attack(const struct group *group, const struct group_origin *origin)
{
	for (unsigned i = 0; i < group->site_count; i++) {
		const struct group_site *site = group->sites[i];

		if (strcmp(site->origin, origin->name) == 0 && is_live(site->attack))
			return site->attack;
	}
	return NULL;
}

static void join_sites(struct group *group, struct followed *outage)
{
	for (unsigned i = 0; i < group->site_count; i++) {
		struct group_site *site = group->sites[i];

		if (site->outage == outage || strcmp(site->origin, outage->incident.subject) != 0)
			continue;
		site->outage = outage;
		group_join(group, outage, site);
	}
}

static void look_at(struct group *group, struct group_origin *origin)
{
	struct followed *attack = find_attack(group, origin), *outage;

	if (attack) {
		if (origin->told != attack)
			group_tell(group, attack, MOMENT_NOTICE, span_of(origin->name));
		origin->told = attack;
		return;
	}
	outage = group_about(group, INCIDENT_OUTAGE, span_of(origin->name));
	if (!outage)
		return;
	outage->incident.is_on = true;
	join_sites(group, outage);
	group_raise(group, outage, SEVERITY_MEDIUM, FOR_ORIGIN_DOWN, 0);
}

void group_origins_second(struct group *group)
{
	for (unsigned i = 0; i < group->origin_count; i++) {
		struct group_origin *origin = &group->origins[i];

		if (origin->down_s && group->now_s >= origin->down_s + GROUP_DOWN_S)
			look_at(group, origin);
	}
}
