/* Whether alerts go out, told to the shield each minute and whenever it changes: the shield says it to who watches it from outside (edge/sites/alive.h), and `bouclier status` to people. */
#include "hub/api/inner.h"

#include <stdio.h>

#include "base/banned.h"

#define BODY_MAX 128u

static bool is_equal(const struct api_alerts *a, const struct api_alerts *b)
{
	return a->paths == b->paths && a->failing == b->failing && a->can_send == b->can_send;
}

static const char *state_of(const struct api_alerts *alerts)
{
	if (!alerts->paths)
		return "unknown";
	return alerts->can_send && alerts->failing < alerts->paths ? "ok" : "failing";
}

/* Availability: what was not taken is told again with the next look. */
static void told(void *context, const struct shield_answer *said)
{
	struct api *api = context;

	if (said->result != RESULT_OK || said->status != 200)
		api->alive.due_ms = 0;
}

void alive_looked(struct api *api)
{
	uint64_t now_ms = api->birth.loop->now_ms;
	struct api_alerts now = { 0 };
	char body[BODY_MAX];
	struct shield_question question = { .method = SPAN("POST"), .path = SPAN("/alerts"), .body = span_make(body, 0), .wait_ms = SHIELD_ASK_MS, .done = told, .context = api };

	if (!api->birth.alerts)
		return;
	api->birth.alerts(api->birth.context, &now);
	/* A shield that does not say it is a new one. */
	if (now_ms < api->alive.due_ms && is_equal(&now, &api->alive.said) && json_find(api->status.root, "alerts"))
		return;
	question.body.len = (size_t)snprintf(body, sizeof(body), "{\"state\":\"%s\",\"paths\":%u,\"failing\":%u}", state_of(&now), now.paths, now.failing);
	if (shield_ask(api->shield, &question) != RESULT_OK)
		return;
	api->alive.due_ms = now_ms + API_ALIVE_MS;
	api->alive.said = now;
}
