/* What a person is told about OCSP responses: one line on stderr and one in the journal each. */
#include <stdio.h>

#include "base/clock.h"
#include "cli/edge/ocsp_inner.h"

#include "base/banned.h"

#define DAY_MS ((int64_t)86400 * 1000)

static void say(struct edge_state *state, const struct stapling *stapling, const char *action, const char *text)
{
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = span_of(action), .site = span_of(stapling->site), .detail = span_of(text) };

	fprintf(stderr, "bouclier: site %s: %s\n", stapling->site, text);
	event_notice(state->event, &notice);
}

/* A renewal that fails while three quarters of the response's life are not over is no news: it is tried again, in time. */
static bool is_to_tell(const struct stapling *stapling, int64_t now_ms)
{
	const struct ocsp_times *times = &stapling->times;

	if (now_ms >= times->until_ms)
		return stapling->why[0] || times->until_ms;
	return stapling->why[0] && now_ms >= times->until_ms - (times->until_ms - times->from_ms) / 4;
}

void ocsp_tell(struct edge_state *state, struct stapling *stapling, int64_t now_ms)
{
	bool is_stapled = now_ms < stapling->times.until_ms;
	struct stapling_told now = { now_ms, is_stapled, stapling->is_revoked };
	const char *why = stapling->why[0] ? stapling->why : "its OCSP response is out of date";
	char text[1024];

	if (!is_to_tell(stapling, now_ms)) {
		if (stapling->told.at_ms && is_stapled && !stapling->why[0]) {
			snprintf(text, sizeof(text), "an OCSP response goes with the certificate %.600s again", stapling->path);
			say(state, stapling, "staple-renewed", text);
			stapling->told = (struct stapling_told){ 0 };
		}
		return;
	}
	if (stapling->told.at_ms && stapling->told.was_stapled == now.was_stapled && stapling->told.was_revoked == now.was_revoked &&
	    now_ms - stapling->told.at_ms < DAY_MS)
		return;
	snprintf(text, sizeof(text), "%s %.600s: %s", is_stapled ? "the OCSP response could not be renewed for the certificate" :
	         "no OCSP response goes with the certificate", stapling->path, why);
	say(state, stapling, stapling->is_revoked ? "certificate-revoked" : "staple-missing", text);
	stapling->told = now;
}
