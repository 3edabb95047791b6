#include "incident/group.h"

#include <stdlib.h>

#include "incident/group_inner.h"
#include "incident/text.h"

#include "base/banned.h"

enum result group_new(const struct group_birth *birth, uint64_t now_s, struct group **out)
{
	struct group *group = calloc(1, sizeof(*group));

	if (!group)
		return RESULT_NO_MEMORY;
	group->birth = *birth;
	group->birth.next_id += !birth->next_id;
	if (!birth->contain_s)
		group->birth.contain_s = GROUP_CONTAIN_S;
	if (!birth->close_s)
		group->birth.close_s = GROUP_CLOSE_S;
	if (!birth->again_s)
		group->birth.again_s = GROUP_AGAIN_S;
	group->seed = hash_process_seed();
	group->now_s = now_s;
	if (!group_site_of(group, SPAN_NONE)) {
		free(group);
		return RESULT_NO_MEMORY;
	}
	*out = group;
	return RESULT_OK;
}

void group_free(struct group *group)
{
	if (!group)
		return;
	while (group->count)
		group_drop(group, group->count - 1);
	for (unsigned i = 0; i < group->site_count; i++) {
		free(group->sites[i]->minutes);
		free(group->sites[i]);
	}
	free(group);
}

/* -- what is fed -- */

/* Only requests say whose a site is, and what is behind it. */
static void learn_whose(struct group_site *site, const struct observation *observation)
{
	if (observation->request.origin.len)
		text_set(site->origin, sizeof(site->origin), observation->request.origin);
	if (!observation->request.tenant.len || !observation->site.len)
		return;
	group_site_belongs(site, observation->request.tenant);
}

static void feed_request(struct group *group, const struct observation *observation)
{
	struct group_site *site = group_site_of(group, observation->site);
	struct followed *attack = site ? site->attack : NULL;
	struct geo_place place = { .asn = 0 };

	if (!site)
		return;
	learn_whose(site, observation);
	if (!is_live(attack) || !observation->request.is_refused)
		return;
	for (unsigned i = 0; i < observation->request.rule_count; i++)
		incident_add_rule(&attack->incident, observation->request.rules[i]);
	if (observation->request.has_source && group->birth.place)
		group->birth.place(group->birth.context, &observation->request.source, &place);
	incident_add_source(&attack->incident, &place);
	attack->is_changed = true;
}

void group_link(struct group *group, bool is_full, bool has_drops)
{
	struct followed *attack = group_live_attack(group), *capacity;

	/* What a full line loses is lost before anybody here could count it. */
	group->has_drops |= has_drops || is_full;
	if (!is_full && !has_drops)
		return;
	if (attack) {
		group_raise(group, attack, SEVERITY_HIGH, FOR_LINE_FULL, 0);
		return;
	}
	capacity = group_about(group, INCIDENT_CAPACITY, SPAN("line"));
	if (capacity)
		group_raise(group, capacity, SEVERITY_HIGH, FOR_LINE_FULL, 0);
}

void group_feed(struct group *group, const struct observation *observation)
{
	struct group_site *site;

	switch (observation->kind) {
	case OBSERVATION_COUNTS:
		site = group_site_of(group, observation->site);
		group->was_heard = true;
		if (site)
			group_site_counts(site, observation);
		return;
	case OBSERVATION_NOTICE:
		group_notice(group, observation);
		return;
	case OBSERVATION_PACKETS:
		group_site_packets(group->sites[0], observation);
		return;
	case OBSERVATION_REQUEST:
		feed_request(group, observation);
		return;
	case OBSERVATION_LINK:
		group_link(group, observation->link.is_full, observation->link.has_drops);
		return;
	case OBSERVATION_PROBE:
		group_probe(group, observation);
		return;
	}
}

/* -- a second -- */

static void rest(struct group *group, struct followed *followed)
{
	struct incident *incident = &followed->incident;

	if (incident_is_live(incident) && !incident->is_on && group->now_s >= incident->last_s + group->birth.contain_s && group->now_s >= incident->quiet_until_s) {
		incident->status = STATUS_CONTAINED;
		incident->contained_s = group->now_s;
		group_tell(group, followed, MOMENT_CONTAINED, SPAN_NONE);
		followed->is_urgent = true;
	} else if (incident->status == STATUS_CONTAINED && group->now_s >= incident->contained_s + group->birth.close_s) {
		incident->status = STATUS_CLOSED;
		incident->closed_s = group->now_s;
		group_tell(group, followed, MOMENT_CLOSED, SPAN_NONE);
		followed->is_urgent = true;
	}
	if (!incident_is_live(incident))
		incident->is_on = false;
	else if (incident->is_on)
		group_touch(group, followed);
}

static void incident_second(struct group *group, struct followed *followed)
{
	struct incident *incident = &followed->incident;

	for (unsigned i = 0; i < VECTOR_COUNT; i++) {
		if (followed->second[i] > incident->vectors[i].peak)
			incident->vectors[i].peak = followed->second[i];
	}
	memset(followed->second, 0, sizeof(followed->second));
	rest(group, followed);
	if (incident_is_live(incident) && incident_judge(incident)) {
		group_tell(group, followed, MOMENT_SEVERITY, span_of(severity_name(incident->severity)));
		followed->is_urgent = true;
	}
	if (followed->is_urgent || followed->told_people != group_people_of(incident))
		group_say(group, followed);
}

static void incident_minute(struct group *group, struct followed *followed)
{
	struct citizens *citizens = &followed->incident.citizens;

	if (followed->has_minute) {
		citizens->minutes++;
		citizens->unreachable += followed->worst == CITIZENS_UNREACHABLE;
		citizens->degraded += followed->worst == CITIZENS_DEGRADED;
	}
	followed->has_minute = followed->is_seen = false;
	followed->worst = CITIZENS_WELL;
	if (followed->is_changed)
		group_say(group, followed);
}

static void minute(struct group *group)
{
	for (unsigned i = 0; i < group->site_count; i++)
		group_site_minute(group, group->sites[i]);
	for (unsigned i = 0; i < group->count; i++)
		incident_minute(group, group->incidents[i]);
	group->was_heard = group->has_drops = false;
}

/* Closed, and too long ago to come again: they were told. */
static void forget(struct group *group)
{
	for (unsigned i = group->count; i-- > 0;) {
		const struct incident *incident = &group->incidents[i]->incident;

		if (incident->status == STATUS_CLOSED && group_is_forgotten(group, incident))
			group_drop(group, i);
	}
}

static void second(struct group *group)
{
	for (unsigned i = 0; i < group->count; i++) {
		if (group->incidents[i]->incident.family == INCIDENT_ATTACK)
			group->incidents[i]->incident.is_on = false;  /* a site whose level is up says it anew */
	}
	for (unsigned i = 0; i < group->site_count; i++)
		group_site_second(group, group->sites[i]);
	/* After the sites: a line that is full from an attack's first second on is a part of that attack. */
	if (group->is_line_full)
		group_link(group, true, true);
	group_origins_second(group);
	for (unsigned i = 0; i < group->count; i++)
		incident_second(group, group->incidents[i]);
	if (group->now_s % 60 == 0)
		minute(group);
	forget(group);
}

void group_second(struct group *group, uint64_t now_s)
{
	if (now_s <= group->now_s) {
		group->now_s = now_s;
		return;
	}
	if (now_s - group->now_s > GROUP_CATCH_UP_S)
		group->now_s = now_s - GROUP_CATCH_UP_S;
	while (group->now_s < now_s) {
		group->now_s++;
		second(group);
	}
}
