#include "hub/alert/decide/decide.h"

#include <stdio.h>
#include <stdlib.h>

#include "hub/alert/decide/decide_parts.h"
#include "hub/alert/hours.h"

#include "base/banned.h"

enum result decide_new(const struct decide_birth *birth, struct decide **out)
{
	struct decide *decide = calloc(1, sizeof(*decide));

	if (!decide)
		return RESULT_NO_MEMORY;
	decide->birth = *birth;
	decide->plan = birth->plan;
	for (unsigned i = 0; i < ALERT_PATHS_MAX; i++)
		decide->paths[i].told_on = ALERT_PATHS_MAX;
	*out = decide;
	return RESULT_OK;
}

void decide_free(struct decide *decide)
{
	free(decide);
}

void decide_now(struct decide *decide, uint64_t now_s)
{
	decide->is_quiet = hours_are_quiet(decide->plan, now_s);
}

bool decide_is_quiet_for(const struct decide *decide, enum severity severity)
{
	return decide->is_quiet && severity < decide->plan->quiet_severity;
}

/* -- the hour -- */

static bool is_for_machines(const struct decide *decide, unsigned path)
{
	return decide->plan->paths[path].kind == PATH_SYSLOG;
}

/* The last quarter of the hour's places, one at least, is for what is critical. */
static unsigned places(const struct decide *decide, enum severity severity)
{
	unsigned rate = decide->plan->rate, kept = rate / 4 ? rate / 4 : 1;

	return severity == SEVERITY_CRITICAL ? rate : rate - kept;
}

/* A clock that was put back begins another hour. */
static bool is_in_hour(const struct path *path, uint64_t now_s)
{
	return path->hour_s && now_s >= path->hour_s && now_s < path->hour_s + RATE_HOUR_S;
}

static void tell(struct decide *decide, struct alert *alert)
{
	struct path *path = &decide->paths[alert->path];

	if (!is_in_hour(path, alert->at_s)) {
		path->hour_s = alert->at_s;
		path->count = 0;
	}
	path->count++;
	decide->has_changed = true;
	decide->birth.tell(decide->birth.context, alert);
}

void decide_say_at_once(struct decide *decide, struct alert *alert)
{
	snprintf(alert->id, sizeof(alert->id), "%s.%llu.%.*s", alert->thread, (unsigned long long)++decide->number, SPAN_ARG(decide->plan->paths[alert->path].name));
	tell(decide, alert);
}

static void hold(struct decide *decide, const struct alert *alert, bool is_quiet)
{
	struct path *path = &decide->paths[alert->path];

	if (path->health.held < ALERT_HELD_MAX)
		path->held[path->health.held++] = (struct alert_held){ .kind = alert->kind, .at_s = alert->at_s, .facts = alert->facts };
	else
		path->held_more++;
	path->is_quiet_held |= is_quiet;
	decide->has_changed = true;
}

static bool hour_is_full(const struct path *path, unsigned most, uint64_t now_s)
{
	return is_in_hour(path, now_s) && path->count >= most;
}

static enum severity worst_held(const struct path *path)
{
	enum severity worst = SEVERITY_LOW;

	for (uint32_t i = 0; i < path->health.held; i++)
		worst = path->held[i].facts.severity > worst ? path->held[i].facts.severity : worst;
	return worst;
}

static void release(struct decide *decide, unsigned index, uint64_t now_s)
{
	struct path *path = &decide->paths[index];
	struct alert alert = { .kind = path->is_quiet_held ? ALERT_DIGEST : ALERT_SUMMARY, .path = index, .at_s = now_s, .severity = worst_held(path),
		                   .held = path->held, .held_count = path->health.held, .held_more = path->held_more, .path_name = "", .why = "" };

	snprintf(alert.thread, sizeof(alert.thread), "%s-%llu", alert_kind_name(alert.kind), (unsigned long long)now_s);
	decide_say_at_once(decide, &alert);
	path->health.held = 0;
	path->held_more = 0;
	path->is_quiet_held = false;
}

static bool is_time_to_release(const struct decide *decide, const struct path *path, uint64_t now_s)
{
	if (!path->health.held || decide_is_quiet_for(decide, path->is_quiet_held ? SEVERITY_LOW : worst_held(path)))
		return false;
	return path->is_quiet_held ? !hour_is_full(path, decide->plan->rate, now_s) : !is_in_hour(path, now_s);
}

void decide_release(struct decide *decide, uint64_t now_s)
{
	for (unsigned i = 0; i < decide->plan->path_count; i++) {
		if (is_time_to_release(decide, &decide->paths[i], now_s))
			release(decide, i, now_s);
	}
}

bool decide_say(struct decide *decide, struct alert *alert)
{
	struct path *path = &decide->paths[alert->path];

	if (is_for_machines(decide, alert->path)) {
		decide_say_at_once(decide, alert);
		return true;
	}
	if (decide_is_quiet_for(decide, alert->severity)) {
		hold(decide, alert, true);
		return false;
	}
	if (is_time_to_release(decide, path, alert->at_s))
		release(decide, alert->path, alert->at_s);
	if (hour_is_full(path, places(decide, alert->severity), alert->at_s))
		hold(decide, alert, false);
	else
		decide_say_at_once(decide, alert);
	return true;
}

/* -- tests -- */

static void test(struct decide *decide, enum alert_kind kind, unsigned path, uint64_t now_s, char *id)
{
	struct alert alert = { .kind = kind, .path = path, .at_s = now_s, .severity = SEVERITY_LOW, .path_name = "", .why = "" };

	snprintf(alert.thread, sizeof(alert.thread), "%s-%llu", alert_kind_name(kind), (unsigned long long)now_s);
	decide_say_at_once(decide, &alert);
	if (id)
		snprintf(id, ALERT_ID_BYTES, "%s", alert.id);
}

void decide_test(struct decide *decide, unsigned path, uint64_t now_s, char out[ALERT_ID_BYTES])
{
	test(decide, ALERT_TEST, path, now_s, out);
}

static void self_test(struct decide *decide, uint64_t now_s)
{
	if (!decide->self_test_s || decide->self_test_s > now_s) {
		decide->self_test_s = now_s;
		decide->has_changed = true;
	}
	if (!hours_self_test_is_due(decide->plan, decide->self_test_s, now_s))
		return;
	decide->self_test_s = now_s;
	for (unsigned i = 0; i < decide->plan->path_count; i++)
		test(decide, ALERT_SELF_TEST, i, now_s, NULL);
}

void decide_second(struct decide *decide, uint64_t now_s)
{
	decide_now(decide, now_s);
	decide_release(decide, now_s);
	decide_threads(decide, now_s);
	decide_paths(decide, now_s);
	self_test(decide, now_s);
}

bool decide_has_changed(struct decide *decide)
{
	bool has_changed = decide->has_changed;

	decide->has_changed = false;
	return has_changed;
}
