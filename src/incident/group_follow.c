#include <stdio.h>
#include <stdlib.h>

#include "incident/fingerprint.h"
#include "incident/group_inner.h"
#include "incident/text.h"

#include "base/banned.h"

unsigned group_people_of(const struct incident *incident)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < incident->moment_count; i++)
		count += moment_is_persons(incident->timeline[i].kind);
	return count;
}

void group_say(struct group *group, struct followed *followed)
{
	followed->is_changed = followed->is_urgent = false;
	followed->told_people = group_people_of(&followed->incident);
	fingerprint_set(&followed->incident);
	if (group->birth.changed)
		group->birth.changed(group->birth.context, &followed->incident);
}

void group_drop(struct group *group, unsigned index)
{
	struct followed *followed = group->incidents[index];

	for (unsigned i = 0; i < group->site_count; i++) {
		struct group_site *site = group->sites[i];

		site->attack = site->attack == followed ? NULL : site->attack;
		site->outage = site->outage == followed ? NULL : site->outage;
	}
	for (unsigned i = 0; i < group->origin_count; i++)
		group->origins[i].told = group->origins[i].told == followed ? NULL : group->origins[i].told;
	free(followed);
	group->incidents[index] = group->incidents[--group->count];
}

/* -- giving place -- */

/* Who goes first: contained and closed ones, then others that are no attacks; of these the least severe, then the one that was seen longest ago. */
static unsigned worth(const struct incident *incident)
{
	unsigned group = !incident_is_live(incident) ? 0 : incident->family != INCIDENT_ATTACK ? 1 : 2;

	return group * SEVERITY_COUNT + (unsigned)incident->severity;
}

static unsigned find_least(const struct group *group)
{
	unsigned least = 0;

	for (unsigned i = 1; i < group->count; i++) {
		const struct incident *a = &group->incidents[i]->incident, *b = &group->incidents[least]->incident;

		if (worth(a) < worth(b) || (worth(a) == worth(b) && a->last_s < b->last_s))
			least = i;
	}
	return least;
}

static bool give_place(struct group *group, enum severity severity)
{
	unsigned least = find_least(group);
	struct followed *followed = group->incidents[least];

	if (incident_is_live(&followed->incident) && (followed->incident.family == INCIDENT_ATTACK || followed->incident.severity > severity))
		return false;
	incident_tell(&followed->incident, group->now_s, MOMENT_LEFT, SPAN_NONE);
	group_say(group, followed);
	group_drop(group, least);
	group->sums.gave_place++;
	return true;
}

struct followed *group_place(struct group *group, enum severity severity)
{
	struct followed *followed;

	if (group->count == GROUP_INCIDENTS_MAX && !give_place(group, severity)) {
		group->sums.refused++;
		return NULL;
	}
	followed = calloc(1, sizeof(*followed));
	if (!followed) {
		group->sums.refused++;
		return NULL;
	}
	group->incidents[group->count++] = followed;
	return followed;
}

/* -- what happens to one -- */

void group_tell(struct group *group, struct followed *followed, enum incident_moment_kind kind, struct span text)
{
	incident_tell(&followed->incident, group->now_s, kind, text);
	followed->is_changed = true;
}

void group_raise(struct group *group, struct followed *followed, enum severity severity, enum severity_reason reason, uint64_t number)
{
	if (incident_raise(&followed->incident, severity, reason, number)) {
		group_tell(group, followed, MOMENT_SEVERITY, span_of(severity_name(severity)));
		followed->is_urgent = true;
	}
}

void group_touch(struct group *group, struct followed *followed)
{
	followed->incident.last_s = group->now_s;
	followed->is_seen = followed->is_changed = true;
}

void group_join(struct group *group, struct followed *followed, const struct group_site *site)
{
	bool is_first = !followed->incident.site_count;

	if (!site->name[0] || incident_has_site(&followed->incident, span_of(site->name)))
		return;
	if (incident_add_site(&followed->incident, span_of(site->name), span_of(site->tenant)) && !is_first)
		group_tell(group, followed, MOMENT_SITE, span_of(site->name));
	followed->is_changed = true;
}

static struct followed *open_one(struct group *group, enum incident_family family, struct span subject)
{
	struct followed *followed = group_place(group, family == INCIDENT_ATTACK ? SEVERITY_CRITICAL : SEVERITY_LOW);

	if (!followed)
		return NULL;
	incident_init(&followed->incident, group->birth.next_id++, family, subject, group->now_s);
	group_tell(group, followed, MOMENT_OPENED, subject);
	followed->is_urgent = true;
	return followed;
}

static void come_again(struct group *group, struct followed *followed, struct span where)
{
	struct incident *incident = &followed->incident;
	char text[INCIDENT_TEXT_BYTES];

	incident->status = incident->owner[0] ? STATUS_ACKNOWLEDGED : STATUS_NEW;
	incident->contained_s = incident->closed_s = incident->held_until_s = 0;
	incident->waves++;
	snprintf(text, sizeof(text), "%u%s%.*s", incident->waves, where.len ? ": " : "", SPAN_ARG(span_take(where, INCIDENT_NAME_BYTES)));
	group_tell(group, followed, MOMENT_WAVE, span_of(text));
	followed->is_urgent = true;
}

bool group_is_forgotten(const struct group *group, const struct incident *incident)
{
	uint64_t last_s = incident->last_s > incident->quiet_until_s ? incident->last_s : incident->quiet_until_s;

	return group->now_s > last_s + group->birth.again_s && group->now_s > incident->held_until_s;
}

static bool may_come_again(const struct group *group, const struct followed *followed)
{
	return followed && !is_live(followed) && !group_is_forgotten(group, &followed->incident);
}

static bool is_held(const struct group *group, const struct followed *followed)
{
	return followed && !is_live(followed) && group->now_s < followed->incident.held_until_s;
}

/* -- attacks -- */

static bool is_same_attack(const struct group *group, const struct incident *incident, uint32_t kinds)
{
	if (incident->family != INCIDENT_ATTACK || !incident_is_live(incident) || group->now_s > incident->last_s + GROUP_JOIN_S)
		return false;
	return (incident->kinds & kinds) || kinds == ATTACK_IS_PACKETS || incident->kinds == ATTACK_IS_PACKETS;
}

static struct followed *find_attack(const struct group *group, uint32_t kinds)
{
	struct followed *best = NULL;

	for (unsigned i = 0; i < group->count; i++) {
		struct followed *one = group->incidents[i];

		if (is_same_attack(group, &one->incident, kinds) && (!best || one->incident.last_s > best->incident.last_s))
			best = one;
	}
	return best;
}

struct followed *group_live_attack(const struct group *group)
{
	return find_attack(group, ATTACK_IS_PACKETS);
}

struct followed *group_attack_of(struct group *group, struct group_site *site, uint32_t kinds)
{
	struct followed *followed = site->attack;

	if (is_held(group, followed))
		return NULL;
	if (!is_live(followed)) {
		followed = find_attack(group, kinds);
		if (!followed && may_come_again(group, site->attack)) {
			followed = site->attack;
			come_again(group, followed, span_of(site->name));
		}
		if (!followed)
			followed = open_one(group, INCIDENT_ATTACK, SPAN_NONE);
		if (!followed)
			return NULL;
		site->attack = followed;
		group_join(group, followed, site);
	}
	followed->incident.kinds |= kinds;
	group_touch(group, followed);
	return followed;
}

/* -- the others -- */

static struct followed *find_about(const struct group *group, enum incident_family family, struct span subject)
{
	char text[INCIDENT_TEXT_BYTES];

	text_set(text, sizeof(text), subject);
	for (unsigned i = 0; i < group->count; i++) {
		struct followed *one = group->incidents[i];

		if (one->incident.family == family && strcmp(one->incident.subject, text) == 0 && (is_live(one) || may_come_again(group, one)))
			return one;
	}
	return NULL;
}

struct followed *group_live_about(const struct group *group, enum incident_family family, struct span subject)
{
	struct followed *followed = find_about(group, family, subject);

	return is_live(followed) ? followed : NULL;
}

struct followed *group_about(struct group *group, enum incident_family family, struct span subject)
{
	struct followed *followed = find_about(group, family, subject);

	if (is_held(group, followed))
		return NULL;
	if (!followed)
		followed = open_one(group, family, subject);
	else if (!is_live(followed))
		come_again(group, followed, SPAN_NONE);
	if (followed)
		group_touch(group, followed);
	return followed;
}
