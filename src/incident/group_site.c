#include "incident/growth.h"
#include "incident/group_inner.h"

#include "base/banned.h"

#define MINUTE_S 60u

static uint64_t share_of(uint64_t count, uint64_t part, uint64_t whole)
{
	return part >= whole ? count : (uint64_t)((double)count * (double)part / (double)whole);
}

void group_site_counts(struct group_site *site, const struct observation *observation)
{
	uint64_t over = observation->counts.over_s ? observation->counts.over_s : 1, vectors[VECTOR_COUNT] = { 0 };
	const uint64_t *numbers = observation->counts.numbers;

	for (unsigned i = 0; i < COUNTS_NUMBERS; i++) {
		incident_count(&site->grown[i], numbers[i]);
		incident_count(&site->scaled[i], share_of(numbers[i], MINUTE_S, over));
	}
	growth_vectors(numbers, vectors);
	for (unsigned i = 0; i < VECTOR_COUNT; i++)
		incident_count(&site->rates[i], vectors[i] / over);
	site->is_fed = true;
}

void group_site_packets(struct group_site *site, const struct observation *observation)
{
	uint64_t vectors[VECTOR_COUNT] = { 0 };

	growth_packets(observation->packets, vectors);
	for (unsigned i = 0; i < VECTOR_COUNT; i++) {
		incident_count(&site->packet_rates[i], vectors[i]);
		incident_count(&site->dropped, vectors[i]);
	}
	site->is_fed = true;
}

/* -- a second -- */

static bool is_troubled(const struct group_site *site)
{
	return site->level > LEVEL_NORMAL || site->is_closed || is_live(site->attack) || is_live(site->outage) || site->signals.is_failing;
}

static uint32_t kinds_of(const struct group_site *site)
{
	uint32_t kinds = site->level > LEVEL_NORMAL ? ATTACK_IS_FLOOD : 0;

	kinds |= signals_is_scanned(&site->signals) ? ATTACK_IS_APPLICATION : 0;
	return kinds | (site->packets.is_up ? ATTACK_IS_PACKETS : 0);
}

static void add_minute(struct group_site *site)
{
	struct citizens_minute *minute = &site->minute;

	minute->seen += growth_seen(site->scaled);
	minute->served += growth_served(site->scaled);
	minute->refused += growth_refused(site->scaled);
	minute->queued += growth_queued(site->scaled);
	minute->wait_us += site->scaled[COUNTS_WAIT_US];
	minute->asked += growth_asked(site->scaled);
	minute->failed += growth_failed(site->scaled);
}

static void count_in(struct group_site *site, struct followed *followed)
{
	uint64_t vectors[VECTOR_COUNT] = { 0 };

	growth_vectors(site->grown, vectors);
	for (unsigned i = 0; i < VECTOR_COUNT; i++) {
		incident_count(&followed->incident.vectors[i].count, vectors[i] + site->packet_rates[i]);
		incident_count(&followed->second[i], site->rates[i] + site->packet_rates[i]);
	}
	for (unsigned i = 0; i < DECISION_COUNT; i++)
		incident_count(&followed->incident.decisions[i], growth_decision(site->grown, (enum decision)i));
	followed->is_changed = true;
}

static void look_for_attack(struct group *group, struct group_site *site)
{
	uint32_t kinds = kinds_of(site);
	bool is_new = !is_live(site->attack);
	struct followed *attack = kinds ? group_attack_of(group, site, kinds) : NULL;

	if (attack && kinds & ATTACK_IS_FLOOD) {
		attack->incident.is_on = true;
		if (site->level > attack->incident.level)
			attack->incident.level = site->level;
	}
	/* What the signal was raised for came before it. */
	if (attack && is_new && kinds & ATTACK_IS_APPLICATION)
		incident_count(&attack->incident.vectors[VECTOR_APPLICATION].count, site->signals.rules.window.sum - growth_rules(site->scaled));
	/* What is dropped when no packets are unusual belongs to whatever goes on. */
	if (!site->name[0] && !attack)
		attack = group_live_attack(group);
	if (site->is_fed && is_live(attack ? attack : site->attack) && group->now_s <= (attack ? attack : site->attack)->incident.last_s + MINUTE_S)
		count_in(site, attack ? attack : site->attack);
}

static void look_for_outage(struct group *group, struct group_site *site)
{
	struct followed *outage;

	bool is_lost = site->lost_minutes >= GROUP_LOOKS;

	if (is_live(site->attack) || !site->name[0] || site->is_closed || (!site->signals.is_failing && !is_lost))
		return;
	outage = group_about(group, INCIDENT_OUTAGE, site->origin[0] ? span_of(site->origin) : span_of(site->name));
	site->outage = outage ? outage : site->outage;
	if (!outage)
		return;
	group_join(group, outage, site);
	if (is_lost)
		group_minutes_claim(group, site, outage);
	group_raise(group, outage, SEVERITY_MEDIUM, FOR_ORIGIN_DOWN, 0);
}

void group_site_second(struct group *group, struct group_site *site)
{
	bool was_troubled = is_troubled(site);

	/* A site that is gone does not say any more that its level is normal. */
	site->silent_for_s = site->is_fed ? 0 : site->silent_for_s + 1;
	if (site->silent_for_s >= GROUP_SILENT_S)
		site->level = LEVEL_NORMAL;
	excess_second(&site->packets, site->signals.at, site->dropped, GROUP_PACKETS_LEAST, !is_live(site->attack));
	signals_second(&site->signals, growth_rules(site->scaled), growth_asked(site->scaled), growth_failed(site->scaled), !was_troubled);
	if (site->is_fed)
		add_minute(site);
	look_for_attack(group, site);
	look_for_outage(group, site);
	site->is_struck |= kinds_of(site) || site->signals.is_failing;
	site->is_troubled |= was_troubled || is_troubled(site) || signals_is_scanned(&site->signals);
	if (!site->is_fed)
		return;
	memset(site->grown, 0, sizeof(site->grown));
	memset(site->scaled, 0, sizeof(site->scaled));
	memset(site->rates, 0, sizeof(site->rates));
	memset(site->packet_rates, 0, sizeof(site->packet_rates));
	site->dropped = 0;
	site->is_fed = false;
}

/* -- a minute -- */

static bool experience(struct group_site *site, struct followed *followed, const struct judged_minute *judged)
{
	/* Of a site that is only a part of it no longer, well minutes would make the others' look better. */
	if (!is_live(followed) || !followed->is_seen || (!site->is_struck && judged->state == CITIZENS_WELL))
		return false;
	citizens_add(&followed->incident.citizens, &site->minute, judged->has_expected, judged->expected);
	followed->has_minute = true;
	followed->worst = judged->state > followed->worst ? judged->state : followed->worst;
	return true;
}

/* -- people ask how a site is now -- */

static bool is_anything_known(const struct citizens_minute *minute, const struct judged_minute *judged)
{
	return judged->has_expected || minute->probes || minute->served || minute->asked;
}

static void fill(struct group *group, struct group_site *site, struct site_minute *recent, const struct citizens_minute *minute, const struct judged_minute *judged)
{
	bool is_known = is_anything_known(minute, judged);

	recent->counts = *minute;
	recent->judged = *judged;
	if (recent != &site->recent[(site->recent_count - 1) % GROUP_RECENT])
		return;
	if (!site->state_since_s || judged->state != site->state || is_known != site->is_known)
		site->state_since_s = group->now_s;
	site->state = judged->state;
	site->is_known = is_known;
}

/* It begins with the first minute of which anything is known: those before a shield was there are nobody's. */
static void remember(struct group *group, struct group_site *site, uint64_t number, const struct judged_minute *judged)
{
	struct site_minute *recent;

	if (!site->recent_count && !is_anything_known(&site->minute, judged))
		return;
	recent = &site->recent[site->recent_count++ % GROUP_RECENT];
	*recent = (struct site_minute){ .number = number };
	fill(group, site, recent, &site->minute, judged);
}

void group_site_again(struct group *group, struct group_site *site, const struct site_minute *minute)
{
	for (unsigned i = 0; i < GROUP_RECENT && i < site->recent_count; i++) {
		if (site->recent[i].number == minute->number)
			fill(group, site, &site->recent[i], &minute->counts, &minute->judged);
	}
}

void group_site_minute(struct group *group, struct group_site *site)
{
	uint64_t at_s = group->now_s - 1;  /* a second of the minute that is over */
	struct judged_minute judged = { .is_closed = site->is_closed };

	if (!site->name[0])
		return;
	judged.has_expected = citizens_expect(&site->usual, at_s, &judged.expected);
	site->minute.has_drops = group->has_drops;
	judged.state = citizens_judge(&site->minute, judged.has_expected, judged.expected);
	remember(group, site, at_s / MINUTE_S, &judged);
	if (!site->is_closed) {
		judged.in_attack = experience(site, site->attack, &judged);
		judged.in_outage = experience(site, site->outage, &judged);
	}
	if (judged.in_attack || judged.in_outage)
		group_minutes_watch(group, site);
	group_minute_keep(site, at_s / MINUTE_S, &judged);
	site->lost_minutes = group_minutes_lost(group, site);
	if (!site->is_troubled && group->was_heard && !group->has_drops && !site->lost_minutes)
		citizens_learn(&site->usual, at_s, &site->minute);
	site->minute = (struct citizens_minute){ 0 };
	site->is_troubled = site->is_struck = false;
}
