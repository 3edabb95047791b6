/* What is known of a site's last minutes, for what an outside vantage tells late: its reports come when a minute is over, and after an attack on the
 * line only when the attack is over. Each minute that such a report is of is taken out of the incident's sums, and put in again. */
#include <stdlib.h>

#include "incident/group_inner.h"

#include "base/banned.h"

#define MINUTE_S 60u

struct worst {
	bool has_minute;
	enum citizens_state state;
};

static struct site_minute *minute_of(const struct group_site *site, uint64_t number)
{
	struct site_minute *minute = site->minutes ? &site->minutes[number % GROUP_LATE_MINUTES] : NULL;

	return minute && minute->number == number ? minute : NULL;
}

void group_minutes_watch(struct group *group, struct group_site *site)
{
	if (site->minutes || group->watched == GROUP_WATCHED_MAX)
		return;
	site->minutes = calloc(GROUP_LATE_MINUTES, sizeof(*site->minutes));
	if (!site->minutes)
		return;
	group->watched++;
	for (unsigned i = 0; i < GROUP_RECENT; i++)
		site->minutes[site->recent[i].number % GROUP_LATE_MINUTES] = site->recent[i];
}

/* -- a minute is over -- */

static void keep_of_others(struct followed *followed, uint64_t number, enum citizens_state state)
{
	struct followed_minute *minute = &followed->minutes[number % GROUP_LATE_MINUTES];

	if (minute->number != number)
		*minute = (struct followed_minute){ .number = number };
	minute->worst = state > minute->worst ? state : minute->worst;
}

static uint64_t keep_in(struct group_site *site, struct followed *followed, bool is_counted, uint64_t number, enum citizens_state state)
{
	if (!is_counted)
		return 0;
	if (!site->minutes)
		keep_of_others(followed, number, state);
	return followed->incident.id;
}

void group_minute_keep(struct group_site *site, uint64_t number, const struct judged_minute *judged)
{
	struct site_minute kept = { .number = number, .counts = site->minute, .judged = *judged };

	kept.attack = keep_in(site, site->attack, judged->in_attack, number, judged->state);
	kept.outage = keep_in(site, site->outage, judged->in_outage, number, judged->state);
	if (site->minutes)
		site->minutes[number % GROUP_LATE_MINUTES] = kept;
}

unsigned group_minutes_lost(const struct group *group, const struct group_site *site)
{
	uint64_t now = group->now_s / MINUTE_S;
	unsigned lost = 0;

	for (uint64_t back = 1; back <= GROUP_LOOKS_WITHIN && back <= now; back++) {
		const struct site_minute *minute = minute_of(site, now - back);

		if (!minute || !minute->counts.probes) {
			if (!lost && back >= GROUP_LOOKS_FRESH)
				return 0;  /* nobody looks any more */
			continue;
		}
		if (minute->counts.reached)
			return lost;
		lost++;
	}
	return lost;
}

/* -- what was told late -- */

static struct worst worst_of(const struct group *group, const struct followed *followed, uint64_t number)
{
	const struct followed_minute *others = &followed->minutes[number % GROUP_LATE_MINUTES];
	struct worst worst = { .has_minute = others->number == number, .state = others->number == number ? others->worst : CITIZENS_WELL };

	for (unsigned i = 0; i < group->site_count; i++) {
		const struct site_minute *minute = minute_of(group->sites[i], number);

		if (!minute || (minute->attack != followed->incident.id && minute->outage != followed->incident.id))
			continue;
		worst.has_minute = true;
		worst.state = minute->judged.state > worst.state ? minute->judged.state : worst.state;
	}
	return worst;
}

static void move(uint32_t *count, bool was, bool is)
{
	*count += (uint32_t)is;
	*count -= was && *count;
}

static void count_minutes(struct citizens *citizens, struct worst before, struct worst after)
{
	move(&citizens->minutes, before.has_minute, after.has_minute);
	move(&citizens->unreachable, before.has_minute && before.state == CITIZENS_UNREACHABLE, after.has_minute && after.state == CITIZENS_UNREACHABLE);
	move(&citizens->degraded, before.has_minute && before.state == CITIZENS_DEGRADED, after.has_minute && after.state == CITIZENS_DEGRADED);
}

/* The incident went on in that minute. */
static bool covers(const struct incident *incident, uint64_t number)
{
	return incident->opened_s < (number + 1) * MINUTE_S && (incident_is_live(incident) || incident->contained_s > number * MINUTE_S);
}

static void changed(struct group *group, struct followed *followed)
{
	if (incident_judge(&followed->incident)) {
		group_tell(group, followed, MOMENT_SEVERITY, span_of(severity_name(followed->incident.severity)));
		followed->is_urgent = true;
	}
	followed->is_changed = true;
}

/* KEPT becomes NOW in what FOLLOWED says, if it says anything of it. COUNTED_IN: of KEPT. */
static void recount(struct group *group, struct followed *followed, struct site_minute *kept, const struct site_minute *now, uint64_t *counted_in)
{
	struct citizens *citizens;
	struct site_minute before = *kept;
	struct worst was;
	bool is_in;

	if (!followed || kept->judged.is_closed)
		return;
	citizens = &followed->incident.citizens;
	is_in = *counted_in == followed->incident.id;
	if (!is_in && (now->judged.state == CITIZENS_WELL || !covers(&followed->incident, kept->number)))
		return;
	was = worst_of(group, followed, kept->number);
	if (is_in)
		citizens_take(citizens, &kept->counts, kept->judged.has_expected, kept->judged.expected);
	citizens_add(citizens, &now->counts, kept->judged.has_expected, kept->judged.expected);
	*counted_in = followed->incident.id;
	kept->judged.state = now->judged.state;
	count_minutes(citizens, was, worst_of(group, followed, kept->number));
	kept->judged.state = before.judged.state;
	changed(group, followed);
}

static void add_looks(struct citizens_minute *minute, const struct observation *observation)
{
	uint32_t room = UINT32_MAX - minute->probes, asked = observation->probe.asked < room ? observation->probe.asked : room;
	uint32_t reached = observation->probe.reached < asked ? observation->probe.reached : asked;

	minute->probes += asked;
	minute->reached += reached;
	minute->slow += observation->probe.slow < reached ? observation->probe.slow : reached;
}

static void look_back(struct group *group, struct group_site *site, struct site_minute *kept, const struct observation *observation)
{
	struct site_minute now = *kept;

	add_looks(&now.counts, observation);
	now.judged.state = citizens_judge(&now.counts, kept->judged.has_expected, kept->judged.expected);
	recount(group, site->attack, kept, &now, &kept->attack);
	recount(group, site->outage, kept, &now, &kept->outage);
	kept->counts = now.counts;
	kept->judged.state = now.judged.state;
	group_site_again(group, site, kept);
}

void group_probe(struct group *group, const struct observation *observation)
{
	struct group_site *site = group_site_of(group, observation->site);
	uint64_t number = observation->at_s / MINUTE_S;
	struct site_minute *kept;

	if (!site || !site->name[0])
		return;
	group_minutes_watch(group, site);
	kept = minute_of(site, number);
	if (number >= group->now_s / MINUTE_S)
		add_looks(&site->minute, observation);
	else if (kept)
		look_back(group, site, kept, observation);
	else
		group->sums.too_late++;
	site->lost_minutes = group_minutes_lost(group, site);
}

void group_minutes_claim(struct group *group, struct group_site *site, struct followed *outage)
{
	uint64_t now = group->now_s / MINUTE_S;

	for (uint64_t back = 1; back <= GROUP_LOOKS_WITHIN && back <= now; back++) {
		struct site_minute *kept = minute_of(site, now - back);
		struct worst before;

		if (!kept || !kept->counts.probes)
			continue;
		if (kept->counts.reached)
			return;
		if (kept->outage == outage->incident.id || kept->judged.is_closed)
			continue;
		before = worst_of(group, outage, kept->number);
		kept->outage = outage->incident.id;
		citizens_add(&outage->incident.citizens, &kept->counts, kept->judged.has_expected, kept->judged.expected);
		count_minutes(&outage->incident.citizens, before, worst_of(group, outage, kept->number));
	}
	outage->is_changed = true;
}
