/* POST /alerts {"state": "ok"|"failing"|"unknown", "paths": NUMBER, "failing": NUMBER}: the hub's word, each minute, of whether somebody would be told; and what status says of it. */
#include "cli/admin/inner.h"

#include "base/clock.h"

#include "base/banned.h"

#define PATHS_MAX 1000u

void admin_answer_alerts(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct json *root = admin_read_body(request, answer);
	uint64_t paths = json_number_of(json_find(root, "paths")), failing = json_number_of(json_find(root, "failing"));
	enum alive_alerts state = alive_find(json_text_of(json_find(root, "state")));
	struct json_writer json;

	if (!root)
		return;
	if (state == ALIVE_COUNT || paths > PATHS_MAX || failing > paths) {
		admin_refuse(answer, 400, "say \"state\": ok, failing or unknown; \"paths\", a number up to %u; \"failing\", how many of them fail", PATHS_MAX);
	} else {
		alive_tell(&admin->state->common.alive, state, (uint32_t)paths, (uint32_t)failing, clock_wall_ns() / 1000000);
		admin_begin_json(answer, &json);
		json_put_text(&json, SPAN("state"), alive_name(state));
		admin_finish_json(answer, &json);
	}
	json_drop(root);
}

void admin_put_alerts(struct json_writer *json, const struct edge_state *state)
{
	struct alive alive = alive_look(&state->common.alive, clock_wall_ns() / 1000000);

	if (!alive.told_ms)
		return;
	json_open(json, SPAN("alerts"), '{');
	json_put_text(json, SPAN("state"), alive_name(alive.state));
	json_put_time_ms(json, SPAN("since"), alive.since_ms);
	json_put_time_ms(json, SPAN("told"), alive.told_ms);
	json_put_number(json, SPAN("paths"), alive.paths);
	json_put_number(json, SPAN("failing"), alive.failing);
	json_close(json, '}');
}
