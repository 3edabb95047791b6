#include "cli/watch/judge.h"

#include <stdio.h>

#include "base/banned.h"

#define DAY_MS INT64_C(86400000)

static enum watch_state next_state(const struct watched *watched)
{
	if (watched->bad)
		return watched->bad >= WATCH_DEAD_AFTER || watched->state == WATCH_DEAD ? WATCH_DEAD : WATCH_FAILING;
	return watched->state == WATCH_DEAD && watched->good < WATCH_OK_AFTER ? WATCH_DEAD : WATCH_OK;
}

bool watch_move(struct watched *watched, enum watch_finding finding)
{
	enum watch_state before = watched->state;

	if (finding == WATCH_SAYS_NOTHING)
		return false;
	watched->bad = finding == WATCH_BAD ? watched->bad + 1 : 0;
	watched->good = finding == WATCH_GOOD ? watched->good + 1 : 0;
	watched->state = next_state(watched);
	return watched->state != before;
}

static void find_certificate(const struct look *look, int64_t now_ms, enum watch_finding *out, char why[EXCHANGE_ERROR_MAX])
{
	int64_t days = (look->certificate_until_ms - now_ms) / DAY_MS;

	if (look->outcome == LOOK_UNREACHABLE && look->step == PROBE_STEP_TLS) {
		*out = WATCH_BAD;
		snprintf(why, EXCHANGE_ERROR_MAX, "%s", look->error);
	} else if (look->certificate_until_ms) {
		*out = days < WATCH_CERTIFICATE_DAYS ? WATCH_BAD : WATCH_GOOD;
		snprintf(why, EXCHANGE_ERROR_MAX, "days that it is still valid: %lld", (long long)days);
	}
}

void watch_find(const struct look *look, int64_t now_ms, enum watch_finding out[WATCH_THINGS], char why[WATCH_THINGS][EXCHANGE_ERROR_MAX])
{
	bool has_answered = look->status != 0;

	for (unsigned i = 0; i < WATCH_THINGS; i++) {
		out[i] = WATCH_SAYS_NOTHING;
		why[i][0] = '\0';
	}
	if (look->outcome == LOOK_STOPPED)
		return;
	find_certificate(look, now_ms, &out[WATCH_CERTIFICATE], why[WATCH_CERTIFICATE]);
	/* Whose certificate is refused is there all the same: that is told of the certificate. */
	if (look->outcome == LOOK_UNREACHABLE && look->step == PROBE_STEP_TLS && !has_answered)
		return;
	out[WATCH_SHIELD] = look->outcome == LOOK_UNREACHABLE && !has_answered ? WATCH_BAD : WATCH_GOOD;
	if (out[WATCH_SHIELD] == WATCH_BAD) {
		snprintf(why[WATCH_SHIELD], EXCHANGE_ERROR_MAX, "%s: %.150s", probe_step_name(look->step), look->error);
		return;
	}
	out[WATCH_PORTAL] = look->outcome == LOOK_IN_TIME ? WATCH_GOOD : WATCH_BAD;
	if (look->outcome == LOOK_SLOW)
		snprintf(why[WATCH_PORTAL], EXCHANGE_ERROR_MAX, "a page came after %u s", look->took_ms / 1000);
	else
		snprintf(why[WATCH_PORTAL], EXCHANGE_ERROR_MAX, "%s", look->error);
}

const char *watch_thing_name(enum watch_thing thing)
{
	static const char *const names[WATCH_THINGS] = {
#define X(id, name) [WATCH_##id] = name,
		WATCH_LIST(X)
#undef X
	};

	return names[thing];
}

const char *watch_state_name(enum watch_state state)
{
	static const char *const names[] = { "unknown", "ok", "failing", "dead" };

	return names[state];
}
