/* Incidents and warnings: what of them is told, and what is escalated. */
#include <stdio.h>

#include "base/hash.h"
#include "hub/alert/decide/decide_parts.h"
#include "incident/text.h"

#include "base/banned.h"

static bool is_live(const struct thread *thread)
{
	return thread->facts.status == STATUS_NEW || thread->facts.status == STATUS_ACKNOWLEDGED;
}

/* -- finding -- */

static bool is_same(const struct alert_facts *a, const struct alert_facts *b)
{
	if (a->is_warning != b->is_warning)
		return false;
	return a->is_warning ? a->warning == b->warning && strcmp(a->subject, b->subject) == 0 : a->id == b->id;
}

static struct thread *find(struct decide *decide, const struct alert_facts *facts)
{
	for (size_t i = 0; i < DECIDE_THREADS_MAX; i++) {
		if (decide->threads[i].is_used && is_same(&decide->threads[i].facts, facts))
			return &decide->threads[i];
	}
	return NULL;
}

/* Would A sooner give its place than B? */
static bool gives_place(const struct thread *a, const struct thread *b)
{
	if (is_live(a) != is_live(b))
		return !is_live(a);
	return a->facts.severity != b->facts.severity ? a->facts.severity < b->facts.severity : a->facts.since_s < b->facts.since_s;
}

static struct thread *begin(struct decide *decide, const struct alert_facts *facts)
{
	struct thread *place = &decide->threads[0];

	for (size_t i = 0; i < DECIDE_THREADS_MAX; i++) {
		struct thread *thread = &decide->threads[i];

		if (!thread->is_used) {
			place = thread;
			break;
		}
		if (gives_place(thread, place))
			place = thread;
	}
	*place = (struct thread){ .is_used = true, .facts = *facts };
	decide->has_changed = true;
	return place;
}

/* -- telling -- */

static enum alert_kind kind_of(const struct alert_facts *facts, enum alert_kind kind)
{
	if (!facts->is_warning || kind == ALERT_UNACKNOWLEDGED)
		return kind;
	return kind == ALERT_CLOSED ? ALERT_WARNING_OVER : ALERT_WARNING;
}

/* False: it waits for the end of quiet hours. */
static bool say(struct decide *decide, const struct alert_facts *facts, enum alert_kind kind, unsigned path, uint64_t now_s)
{
	struct alert alert = { .kind = kind_of(facts, kind), .path = path, .at_s = now_s, .severity = facts->severity, .has_facts = true, .facts = *facts, .path_name = "", .why = "" };

	if (facts->is_warning)
		snprintf(alert.thread, sizeof(alert.thread), "warning-%s-%llu-%08x", alert_warning_name(facts->warning), (unsigned long long)facts->since_s,
		         (unsigned)(uint32_t)hash_span((struct hash_seed){ 0 }, span_of(facts->subject)));
	else
		snprintf(alert.thread, sizeof(alert.thread), "incident-%llu-%llu", (unsigned long long)facts->id, (unsigned long long)facts->since_s);
	return decide_say(decide, &alert);
}

/* Ends go where the beginning went; a beginning, or what is worse, also goes to who is only now concerned: of him it is the beginning. True: somebody was told now. */
static bool tell_paths(struct decide *decide, struct thread *thread, enum alert_kind kind, uint64_t now_s)
{
	bool is_end = kind == ALERT_CONTAINED || kind == ALERT_CLOSED, is_told = false;

	for (unsigned i = 0; i < decide->plan->path_count; i++) {
		const struct alert_path *path = &decide->plan->paths[i];
		bool has_heard = thread->paths >> i & 1;

		if (path->is_escalation ? !has_heard || !is_end : !has_heard && (is_end || thread->facts.severity < path->severity))
			continue;
		thread->paths |= 1u << i;
		is_told |= say(decide, &thread->facts, kind == ALERT_WORSE && !has_heard ? ALERT_OPENED : kind, i, now_s);
	}
	return is_told;
}

static void begin_clock(const struct decide *decide, struct thread *thread, uint64_t now_s)
{
	thread->waits_for_day = false;
	thread->escalate_s = decide->plan->escalations ? now_s + decide->plan->escalate_after_s : 0;
}

static void tell(struct decide *decide, struct thread *thread, enum alert_kind kind, uint64_t now_s)
{
	bool is_beginning = kind == ALERT_OPENED || kind == ALERT_AGAIN, is_told = tell_paths(decide, thread, kind, now_s);

	thread->status = thread->facts.status;
	thread->severity = thread->facts.severity;
	thread->waves = thread->facts.waves;
	thread->told++;
	thread->calm_until_s = now_s + DECIDE_CALM_S;
	decide->has_changed = true;
	if (thread->facts.status != STATUS_NEW || !(is_beginning || thread->waits_for_day))
		return;
	thread->step = is_beginning ? 0 : thread->step;
	if (is_told)
		begin_clock(decide, thread, now_s);
	else
		thread->waits_for_day = thread->paths != 0;
}

/* Which alert says what has changed; ALERT_KINDS: none. */
static enum alert_kind change_of(const struct thread *thread)
{
	bool was_live = thread->status == STATUS_NEW || thread->status == STATUS_ACKNOWLEDGED;

	if (!thread->told)
		return is_live(thread) ? (thread->facts.waves > 1 ? ALERT_AGAIN : ALERT_OPENED) : ALERT_KINDS;
	if (thread->facts.severity > thread->severity)
		return ALERT_WORSE;
	if (is_live(thread))
		return !was_live || thread->facts.waves > thread->waves ? ALERT_AGAIN : ALERT_KINDS;
	if (thread->facts.status == thread->status)
		return ALERT_KINDS;
	return thread->facts.status == STATUS_CLOSED ? ALERT_CLOSED : ALERT_CONTAINED;
}

static bool is_calm(const struct thread *thread, enum alert_kind kind, uint64_t now_s)
{
	return kind == ALERT_WORSE || thread->told < DECIDE_AT_ONCE || now_s >= thread->calm_until_s || now_s + DECIDE_CALM_S < thread->calm_until_s;
}

/* A thread below what every path is told of is not begun: it is looked at again when it is more severe. */
static bool concerns_somebody(const struct decide *decide, const struct thread *thread)
{
	for (unsigned i = 0; i < decide->plan->path_count && !thread->paths; i++) {
		if (!decide->plan->paths[i].is_escalation && thread->facts.severity >= decide->plan->paths[i].severity)
			return true;
	}
	return thread->paths != 0;
}

static void consider(struct decide *decide, struct thread *thread, uint64_t now_s)
{
	enum alert_kind kind = change_of(thread);

	if (!is_live(thread) || thread->facts.status == STATUS_ACKNOWLEDGED) {
		decide->has_changed |= thread->escalate_s || thread->waits_for_day;
		thread->escalate_s = 0;
		thread->waits_for_day = false;
	}
	if (kind != ALERT_KINDS && concerns_somebody(decide, thread) && is_calm(thread, kind, now_s))
		tell(decide, thread, kind, now_s);
}

/* -- escalation -- */

static void escalate(struct decide *decide, struct thread *thread, uint64_t now_s)
{
	if (decide_is_quiet_for(decide, thread->facts.severity)) {
		thread->escalate_s = 0;
		thread->waits_for_day = true;
		decide->has_changed = true;
		return;
	}
	for (unsigned i = 0; i < decide->plan->path_count; i++) {
		const struct alert_path *path = &decide->plan->paths[i];

		if (path->is_escalation && path->step == thread->step && thread->facts.severity >= path->severity) {
			thread->paths |= 1u << i;
			(void)say(decide, &thread->facts, ALERT_UNACKNOWLEDGED, i, now_s);
		}
	}
	thread->step++;
	thread->escalate_s = thread->step < decide->plan->escalations ? now_s + decide->plan->escalate_after_s : 0;
	decide->has_changed = true;
}

void decide_threads(struct decide *decide, uint64_t now_s)
{
	for (size_t i = 0; i < DECIDE_THREADS_MAX; i++) {
		struct thread *thread = &decide->threads[i];

		if (!thread->is_used)
			continue;
		consider(decide, thread, now_s);
		if (thread->waits_for_day && !decide_is_quiet_for(decide, thread->facts.severity)) {
			begin_clock(decide, thread, now_s);
			decide->has_changed = true;
		}
		if (thread->escalate_s > now_s + decide->plan->escalate_after_s)
			thread->escalate_s = now_s + decide->plan->escalate_after_s;  /* the clock was put back */
		if (thread->escalate_s && now_s >= thread->escalate_s)
			escalate(decide, thread, now_s);
		if (thread->facts.status == STATUS_CLOSED && (!thread->told || thread->status == STATUS_CLOSED) && now_s >= thread->calm_until_s) {
			thread->is_used = false;
			decide->has_changed = true;
		}
	}
}

/* -- what changes -- */

void decide_incident(struct decide *decide, const struct incident *incident, uint64_t now_s)
{
	struct alert_facts facts;
	struct thread *thread;

	decide_now(decide, now_s);
	alert_facts_of(incident, &facts);
	thread = find(decide, &facts);
	if (!thread && !incident_is_live(incident))
		return;  /* it was over before anybody was told */
	if (!thread)
		thread = begin(decide, &facts);
	thread->facts = facts;
	consider(decide, thread, now_s);
}

static void tell_moment(struct decide *decide, const struct alert_facts *facts, uint64_t now_s)
{
	struct thread moment = { .facts = *facts };

	(void)tell_paths(decide, &moment, ALERT_OPENED, now_s);
}

void decide_warning(struct decide *decide, enum alert_warning warning, struct span subject, bool is_on, uint64_t now_s)
{
	struct alert_facts facts = { .is_warning = true, .warning = warning, .severity = alert_warning_severity(warning), .status = is_on ? STATUS_NEW : STATUS_CLOSED,
		                         .waves = 1, .since_s = now_s };
	struct thread *thread;

	decide_now(decide, now_s);
	text_set(facts.subject, sizeof(facts.subject), subject);
	if (alert_warning_is_moment(warning)) {
		tell_moment(decide, &facts, now_s);
		return;
	}
	thread = find(decide, &facts);
	if (!thread && is_on)
		thread = begin(decide, &facts);
	if (!thread || thread->facts.status == facts.status)
		is_on = false;
	if (!thread)
		return;
	thread->facts.waves += is_on;
	thread->facts.status = facts.status;
	consider(decide, thread, now_s);
}

void decide_warnings(const struct decide *decide, bool (*each)(void *context, const struct alert_facts *facts), void *context)
{
	for (unsigned i = 0; i < DECIDE_THREADS_MAX; i++) {
		const struct thread *thread = &decide->threads[i];

		if (thread->is_used && thread->facts.is_warning && thread->facts.status != STATUS_CLOSED && !each(context, &thread->facts))
			return;
	}
}
