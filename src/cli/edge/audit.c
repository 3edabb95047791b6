#include "cli/edge/audit.h"

#include <stdio.h>

#include "base/clock.h"

#include "base/banned.h"

#define AUDIT_TELL_MS 60000u

static void tell_audit(struct edge_state *state, const char *action, struct span site, const char *what, const char *why)
{
	char text[512];
	int len = snprintf(text, sizeof(text), "%s%s%s", what, why ? ": " : "", why ? why : "");
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = span_of(action), .site = site, .detail = span_make(text, len > 0 ? (size_t)len : 0) };

	fprintf(stderr, "bouclier: %s%s\n", why ? "ALERT: " : "", text);
	event_notice(state->event, &notice);
}

/* The site that lost most, and how many; NULL: none did. */
static const struct counts_total *worst_audited(struct edge_state *state)
{
	const struct counts_view *view = event_counts(state->event);
	const struct counts_total *worst = NULL;

	for (size_t i = 0; view && i < view->count; i++) {
		const struct counts_total *total = &view->totals[i];

		if (total->numbers[COUNTS_AUDIT_LOST] && (!worst || total->numbers[COUNTS_AUDIT_LOST] > worst->numbers[COUNTS_AUDIT_LOST]))
			worst = total;
	}
	return worst;
}

static void say_audit_lost(struct edge_state *state, uint64_t lost)
{
	const struct counts_total *worst = worst_audited(state);
	char text[320];

	if (worst)
		snprintf(text, sizeof(text), "%llu, most of them, %llu, of %.*s", (unsigned long long)lost,
		         (unsigned long long)worst->numbers[COUNTS_AUDIT_LOST], SPAN_ARG(worst->name));
	else
		snprintf(text, sizeof(text), "%llu", (unsigned long long)lost);
	tell_audit(state, "audit-log-lost", worst ? worst->name : SPAN_NONE, "audit logs of requests were lost, so many since the memory was made", text);
}

/* Availability, fails open: the portals are served without it, and a person hears of it. */
void edge_audit_tick(struct edge_state *state)
{
	struct audit_state audit;

	if (event_audit_state(state->event, &audit) != RESULT_OK)
		return;
	if (audit.error && audit.error != state->audit_error)
		tell_audit(state, "audit-log-stopped", SPAN_NONE, "audit logs cannot be written, requests are served on", strerror(audit.error));
	else if (!audit.error && state->audit_error)
		tell_audit(state, "audit-log-written", SPAN_NONE, "audit logs are written again", NULL);
	state->audit_error = audit.error;
	if (audit.lost == state->audit_lost || (state->audit_told_ms && state->loop.now_ms - state->audit_told_ms < AUDIT_TELL_MS))
		return;
	say_audit_lost(state, audit.lost);
	state->audit_lost = audit.lost;
	state->audit_told_ms = state->loop.now_ms;
}
