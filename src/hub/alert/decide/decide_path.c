/* Paths that fail are told of on others. */
#include <stdio.h>

#include "hub/alert/decide/decide_parts.h"
#include "incident/text.h"

#include "base/banned.h"

static void say(struct decide *decide, enum alert_kind kind, unsigned on, unsigned about, uint64_t now_s)
{
	struct path *path = &decide->paths[about];
	char name[ALERT_NAME_MAX + 1];
	struct alert alert = { .kind = kind, .path = on, .at_s = now_s, .severity = SEVERITY_HIGH, .path_name = name, .why = path->health.why, .since_s = path->health.since_s };

	text_set(name, sizeof(name), decide->plan->paths[about].name);
	snprintf(alert.thread, sizeof(alert.thread), "path-%s-%llu", name, (unsigned long long)path->health.since_s);
	decide_say_at_once(decide, &alert);
}

static void begin_failure(struct decide *decide, struct path *path, uint64_t now_s)
{
	path->health.state = PATH_STATE_FAILS;
	path->health.since_s = now_s;
	path->told_on = ALERT_PATHS_MAX;
	decide->has_changed = true;
}

static void arrived(struct decide *decide, unsigned index, uint64_t now_s)
{
	struct path *path = &decide->paths[index];

	path->health.ok_s = now_s;
	path->health.failures = 0;
	path->health.sent++;
	decide->has_changed = true;
	if (path->health.state == PATH_STATE_FAILS && path->told_on < decide->plan->path_count)
		say(decide, ALERT_PATH_UP, path->told_on, index, now_s);
	path->told_on = ALERT_PATHS_MAX;
	path->health.state = PATH_STATE_WORKS;
	path->health.since_s = 0;
}

void decide_outcome(struct decide *decide, unsigned index, enum path_outcome outcome, struct span why, uint64_t now_s)
{
	struct path *path = &decide->paths[index];

	decide_now(decide, now_s);
	if (why.len || outcome != OUTCOME_ARRIVED)
		text_set(path->health.why, sizeof(path->health.why), why);
	if (outcome == OUTCOME_ARRIVED) {
		arrived(decide, index, now_s);
		return;
	}
	path->health.failed_s = now_s;
	path->health.failures++;
	path->health.given_up += outcome == OUTCOME_GIVEN_UP;
	decide->has_changed = true;
	if (path->health.state != PATH_STATE_FAILS && (outcome != OUTCOME_LATER || path->health.failures >= DECIDE_FAILS))
		begin_failure(decide, path, now_s);
	decide_paths(decide, now_s);
}

/* The next after INDEX that works, or of which nothing is known: people first, then machines. ALERT_PATHS_MAX: none. Never INDEX itself: an alert about a dead path is not sent to it. */
static unsigned next_good(const struct decide *decide, unsigned index)
{
	unsigned count = decide->plan->path_count;

	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 1; i < count; i++) {
			unsigned next = (index + i) % count;
			bool is_machine = decide->plan->paths[next].kind == PATH_SYSLOG;

			if (decide->paths[next].health.state != PATH_STATE_FAILS && is_machine == (pass == 1))
				return next;
		}
	}
	return ALERT_PATHS_MAX;
}

static bool is_to_be_told(const struct decide *decide, const struct path *path, uint64_t now_s)
{
	if (path->health.state != PATH_STATE_FAILS)
		return false;
	if (path->told_on < decide->plan->path_count)
		return decide->paths[path->told_on].health.state == PATH_STATE_FAILS && now_s >= path->told_down_s + DECIDE_RETELL_S;
	return !path->told_down_s || now_s >= path->told_down_s + DECIDE_PATH_AGAIN_S;
}

/* A path whose files cannot be read fails before anything is sent on it. */
static void look_at_files(struct decide *decide, unsigned index, uint64_t now_s)
{
	struct path *path = &decide->paths[index];
	struct span why = decide->plan->paths[index].why;

	if (!why.len || path->health.state == PATH_STATE_FAILS)
		return;
	text_set(path->health.why, sizeof(path->health.why), why);
	path->health.failed_s = now_s;
	begin_failure(decide, path, now_s);
}

void decide_paths(struct decide *decide, uint64_t now_s)
{
	for (unsigned i = 0; i < decide->plan->path_count; i++) {
		struct path *path = &decide->paths[i];
		unsigned next;

		look_at_files(decide, i, now_s);
		if (!is_to_be_told(decide, path, now_s))
			continue;
		next = next_good(decide, i);
		if (next == ALERT_PATHS_MAX)
			continue;
		path->told_on = next;
		path->told_down_s = now_s;
		say(decide, ALERT_PATH_DOWN, next, i, now_s);
	}
}

const struct path_health *decide_path(const struct decide *decide, unsigned path)
{
	return &decide->paths[path].health;
}
