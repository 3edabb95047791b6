#include "hub/alert/alerts.h"

#include <stdlib.h>

#include "hub/alert/alerts_parts.h"
#include "hub/alert/message/message.h"

#include "base/banned.h"

/* An alert that cannot be made, for want of memory or room, is given up on its path, which is told of elsewhere: nothing is lost in silence. */
static void take(void *context, const struct alert *alert)
{
	struct alerts *alerts = context;
	struct buffer text;
	bool is_lost = false;
	enum result result;

	buffer_init(&text, MESSAGE_MAX);
	result = alert_message(&alerts->plan, alert, &text);
	if (result == RESULT_OK)
		result = outbox_add(alerts->outbox, alerts->plan.paths[alert->path].name, alert, buffer_span(&text), &is_lost);
	if (result != RESULT_OK || is_lost)
		alerts->lost |= 1u << alert->path;
	buffer_done(&text);
}

static struct alerts *make(const struct alerts_birth *birth)
{
	struct alerts *alerts = calloc(1, sizeof(*alerts));
	struct decide_birth decide = { .plan = alerts ? &alerts->plan : NULL, .context = alerts, .tell = take };

	if (!alerts)
		return NULL;
	alerts->birth = *birth;
	alerts->watch.fd = -1;
	alerts->is_kept = true;
	if (decide_new(&decide, &alerts->decide) == RESULT_OK && outbox_new(&alerts->outbox) == RESULT_OK)
		return alerts;
	decide_free(alerts->decide);
	free(alerts);
	return NULL;
}

static bool is_known(void *context, struct span path)
{
	const struct alerts *alerts = context;

	return alert_plan_find(&alerts->plan, path) < ALERT_PATHS_MAX;
}

enum result alerts_new(const struct alerts_birth *birth, struct alert_plan *plan, struct complaints *complaints, struct alerts **out)
{
	struct alerts *alerts = make(birth);

	if (!alerts)
		return RESULT_NO_MEMORY;
	alerts->plan = *plan;
	*plan = (struct alert_plan){ 0 };
	alerts_take_up(alerts, complaints);
	outbox_sift(alerts->outbox, is_known, alerts);
	*out = alerts;
	return RESULT_OK;
}

void alerts_free(struct alerts *alerts)
{
	if (!alerts)
		return;
	alerts_let_go(alerts);
	decide_free(alerts->decide);
	outbox_free(alerts->outbox);
	alert_plan_done(&alerts->plan);
	free(alerts);
}

static void given_up(struct alerts *alerts, uint64_t now_s)
{
	uint32_t lost = alerts->lost;

	alerts->lost = 0;
	for (unsigned i = 0; i < alerts->plan.path_count; i++) {
		if (lost >> i & 1)
			decide_outcome(alerts->decide, i, OUTCOME_GIVEN_UP, SPAN("too many alerts wait: one was given up"), now_s);
	}
}

void alerts_settle(struct alerts *alerts, uint64_t now_s)
{
	given_up(alerts, now_s);
	alerts_keep(alerts);
	alerts_pump(alerts, now_s);
}

void alerts_incident(struct alerts *alerts, const struct incident *incident, uint64_t now_s)
{
	decide_incident(alerts->decide, incident, now_s);
	alerts_settle(alerts, now_s);
}

void alerts_warning(struct alerts *alerts, enum alert_warning warning, struct span subject, bool is_on, uint64_t now_s)
{
	decide_warning(alerts->decide, warning, subject, is_on, now_s);
	alerts_settle(alerts, now_s);
}

enum result alerts_test(struct alerts *alerts, struct span path, uint64_t now_s, char out[ALERT_ID_BYTES])
{
	unsigned index = alert_plan_find(&alerts->plan, path);

	if (index == ALERT_PATHS_MAX)
		return RESULT_NOT_FOUND;
	decide_test(alerts->decide, index, now_s, out);
	alerts_settle(alerts, now_s);
	return RESULT_OK;
}

static void left(void *context, struct span path)
{
	struct alerts *alerts = context;
	unsigned index = alert_plan_find(&alerts->plan, path);

	if (index < ALERT_PATHS_MAX)
		alerts->lost |= 1u << index;
}

void alerts_second(struct alerts *alerts, uint64_t now_s)
{
	outbox_second(alerts->outbox, now_s, left, alerts);
	decide_second(alerts->decide, now_s);
	alerts_settle(alerts, now_s);
}

const struct alert_plan *alerts_plan(const struct alerts *alerts)
{
	return &alerts->plan;
}

const struct path_health *alerts_path(const struct alerts *alerts, unsigned path)
{
	return decide_path(alerts->decide, path);
}

void alerts_warnings(const struct alerts *alerts, bool (*each)(void *context, const struct alert_facts *facts), void *context)
{
	decide_warnings(alerts->decide, each, context);
}

const struct outbox *alerts_outbox(const struct alerts *alerts)
{
	return alerts->outbox;
}

bool alerts_can_send(const struct alerts *alerts)
{
	return alerts->watch.fd >= 0;
}

bool alerts_are_kept(const struct alerts *alerts)
{
	return alerts->is_kept;
}
