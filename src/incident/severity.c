/* How severe an incident is, and why: what citizens suffer first, then what it would become. */
#include "incident/incident.h"

#include "base/banned.h"

#define UNREACHABLE_CRITICAL 5u   /* minutes */
#define DAYS_HIGH 2u
#define DAYS_MEDIUM 7u

/* Of two that are as severe: what citizens suffer is said rather than what may become of it; the same reason keeps its number up to date. */
static bool takes_over(enum severity_reason old, enum severity_reason reason)
{
	return reason == old || old == FOR_WATCHED || reason == FOR_UNREACHABLE || (reason == FOR_DEGRADED && old != FOR_UNREACHABLE);
}

bool incident_raise(struct incident *incident, enum severity severity, enum severity_reason reason, uint64_t number)
{
	bool is_more = severity > incident->severity;

	if (severity < incident->severity || (!is_more && !takes_over(incident->reason, reason)))
		return false;
	incident->severity = severity;
	incident->reason = reason;
	incident->number = number;
	return is_more;
}

static bool judge_citizens(struct incident *incident)
{
	const struct citizens *citizens = &incident->citizens;

	if (citizens->unreachable)
		return incident_raise(incident, citizens->unreachable >= UNREACHABLE_CRITICAL ? SEVERITY_CRITICAL : SEVERITY_HIGH, FOR_UNREACHABLE, citizens->unreachable);
	if (citizens->degraded)
		return incident_raise(incident, incident->family == INCIDENT_ATTACK ? SEVERITY_HIGH : SEVERITY_MEDIUM, FOR_DEGRADED, citizens->degraded);
	return false;
}

static bool judge_attack(struct incident *incident)
{
	bool is_strong = incident->level == LEVEL_ATTACK || (incident->kinds & ATTACK_IS_PACKETS);
	uint64_t refused = incident_refused(incident);

	if (!refused)
		return incident_raise(incident, is_strong ? SEVERITY_MEDIUM : SEVERITY_LOW, FOR_WATCHED, 0);
	return incident_raise(incident, is_strong ? SEVERITY_MEDIUM : SEVERITY_LOW, FOR_HELD, refused);
}

bool incident_judge(struct incident *incident)
{
	bool is_more = judge_citizens(incident);

	if (incident->family == INCIDENT_ATTACK)
		is_more |= judge_attack(incident);
	return is_more;
}
