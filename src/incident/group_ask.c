/* What is asked of a group from outside, and taken up again after a restart. */
#include "incident/group_inner.h"

#include "base/banned.h"

static void take_up_site(struct group *group, struct followed *followed, const struct incident_site *kept)
{
	struct group_site *site = group_site_of(group, span_of(kept->name));

	if (!site)
		return;
	if (!site->tenant[0])
		memcpy(site->tenant, kept->tenant, sizeof(site->tenant));
	if (followed->incident.family == INCIDENT_OUTAGE)
		site->outage = followed;
	if (followed->incident.family != INCIDENT_ATTACK)
		return;
	/* Of two the one that goes on, or was seen last. */
	if (!is_live(site->attack) && (!site->attack || is_live(followed) || followed->incident.last_s > site->attack->incident.last_s))
		site->attack = followed;
	if (is_live(followed) && followed->incident.is_on && site->level < followed->incident.level)
		site->level = followed->incident.level;  /* until it is said to be over */
}

void group_begin(struct group *group, uint64_t next_id)
{
	while (group->count)
		group_drop(group, group->count - 1);
	group->birth.next_id = next_id ? next_id : 1;
	group->sums = (struct group_sums){ .beyond = group->sums.beyond };
}

enum result group_restore(struct group *group, const struct incident *incident)
{
	struct followed *followed;

	if (group_find(group, incident->id))
		return RESULT_REFUSED;
	followed = group_place(group, incident->severity);
	if (!followed)
		return group->count == GROUP_INCIDENTS_MAX ? RESULT_LIMIT : RESULT_NO_MEMORY;
	followed->incident = *incident;
	followed->told_people = group_people_of(incident);
	if (incident->id >= group->birth.next_id)
		group->birth.next_id = incident->id + 1;
	for (uint32_t i = 0; i < incident->site_count; i++)
		take_up_site(group, followed, &incident->sites[i]);
	if (incident->family == INCIDENT_OUTAGE && incident->is_on && incident_is_live(incident))
		group_origin_is(group, span_of(incident->subject), true);
	return RESULT_OK;
}

struct incident *group_find(struct group *group, uint64_t id)
{
	for (unsigned i = 0; i < group->count; i++) {
		if (group->incidents[i]->incident.id == id)
			return &group->incidents[i]->incident;
	}
	return NULL;
}

void group_each(const struct group *group, bool (*each)(void *context, const struct incident *incident), void *context)
{
	for (unsigned i = 0; i < group->count; i++) {
		if (!each(context, &group->incidents[i]->incident))
			return;
	}
}

static struct citizens citizens_of(const struct site_minute *minute)
{
	struct citizens citizens = { .minutes = 1, .unreachable = minute->judged.state == CITIZENS_UNREACHABLE, .degraded = minute->judged.state == CITIZENS_DEGRADED };

	citizens_add(&citizens, &minute->counts, minute->judged.has_expected, minute->judged.expected);
	return citizens;
}

static struct group_site_view view_of(const struct group_site *site)
{
	struct group_site_view view = { .name = span_of(site->name), .tenant = span_of(site->tenant), .level = site->level, .is_closed = site->is_closed,
		                        .state = site->state, .is_known = site->is_known, .since_s = site->state_since_s };
	uint32_t count = site->recent_count < GROUP_RECENT ? site->recent_count : GROUP_RECENT;

	for (uint32_t i = 0; i < count; i++) {
		struct citizens citizens = citizens_of(&site->recent[i]);

		citizens_sum(&view.recent, &citizens);
	}
	return view;
}

bool group_site_look(const struct group *group, struct span name, struct group_site_view *out)
{
	const struct group_site *site = name.len ? group_site_find(group, name) : NULL;

	if (!site)
		return false;
	*out = view_of(site);
	return true;
}

struct group_sums group_sums(const struct group *group)
{
	return group->sums;
}

uint64_t group_next_id(const struct group *group)
{
	return group->birth.next_id;
}
