#include "hub/alert/routes.h"

#include "hub/people/permit.h"

#include "base/banned.h"

static const char *state_name(enum path_state state)
{
	static const char *const names[] = { "unused", "ok", "failing" };

	return names[state];
}

void alerts_put_paths(void *context, struct json_writer *json)
{
	const struct alerts *alerts = context;
	const struct alert_plan *plan = alerts_plan(alerts);

	for (unsigned i = 0; i < plan->path_count; i++) {
		const struct path_health *health = alerts_path(alerts, i);

		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("path"), plan->paths[i].name);
		json_put_text(json, SPAN("kind"), span_of(alert_path_kind_name(plan->paths[i].kind)));
		json_put_text(json, SPAN("state"), span_of(state_name(health->state)));
		json_put_time_ms(json, SPAN("last_ok"), health->ok_s * 1000);
		if (health->why[0])
			json_put_text(json, SPAN("last_error"), span_of(health->why));
		else
			json_put_time_ms(json, SPAN("last_error"), 0);  /* null */
		json_put_time_ms(json, SPAN("last_failed"), health->failed_s * 1000);
		json_put_number(json, SPAN("waiting"), outbox_count(alerts_outbox(alerts), plan->paths[i].name));
		json_put_number(json, SPAN("held"), health->held);
		json_put_number(json, SPAN("sent"), health->sent);
		json_put_number(json, SPAN("given_up"), health->given_up);
		json_put_bool(json, SPAN("escalation"), plan->paths[i].is_escalation);
		json_close(json, '}');
	}
}

static bool put_job(void *context, const struct outbox_job *job)
{
	struct json_writer *json = context;

	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("id"), span_of(job->id));
	json_put_text(json, SPAN("path"), span_of(job->path));
	json_put_time_ms(json, SPAN("made"), job->made_s * 1000);
	json_put_number(json, SPAN("attempts"), job->attempts);
	json_close(json, '}');
	return true;
}

static void finish(struct web_answer *answer, unsigned status, const struct json_writer *json)
{
	answer->status = status;
	if (json->result != RESULT_OK)
		web_refuse(answer, 503, "no-memory", "there is no memory for the answer");
}

static void list(void *context, struct web_request *request, struct web_answer *answer)
{
	const struct alert_routes *routes = context;
	bool sees_all = routes->sees_all(routes->context, request);
	struct json_writer json;

	json_writer_init(&json, &answer->body);
	json_open(&json, SPAN_NONE, '{');
	json_open(&json, SPAN("paths"), '[');
	if (sees_all)
		alerts_put_paths(routes->alerts, &json);
	json_close(&json, ']');
	json_open(&json, SPAN("waiting"), '[');
	if (sees_all)
		outbox_each(alerts_outbox(routes->alerts), put_job, &json);
	json_close(&json, ']');
	json_put_bool(&json, SPAN("can_send"), alerts_can_send(routes->alerts));
	json_put_bool(&json, SPAN("kept"), alerts_are_kept(routes->alerts));
	json_close(&json, '}');
	finish(answer, 200, &json);
}

static void do_test(const struct alert_routes *routes, struct web_request *request, struct web_answer *answer, struct span path)
{
	char id[ALERT_ID_BYTES];
	struct json_writer json;

	if (!routes->log(routes->context, request, answer, "test-alert", path, SPAN_NONE))
		return;
	if (alerts_test(routes->alerts, path, request->wall_ns / 1000000000, id) != RESULT_OK) {
		web_refuse(answer, 404, "no-such-path", "no path of alerts has this name");
		return;
	}
	json_writer_init(&json, &answer->body);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("id"), span_of(id));
	json_close(&json, '}');
	finish(answer, 202, &json);
}

static void test(void *context, struct web_request *request, struct web_answer *answer)
{
	const struct alert_routes *routes = context;
	struct json *body = NULL;
	struct span path;

	if (!routes->sees_all(routes->context, request)) {
		web_refuse(answer, 403, "forbidden", "alerts are of all administrations of this hub: it takes somebody who sees them all");
		return;
	}
	if (json_read(request->body, &body) != RESULT_OK || !json_has_object(body) || json_length(body) != 1 || !json_has_text(json_find(body, "path"))) {
		web_refuse(answer, 400, "bad-body", "expected {\"path\": \"the name of a path\"}");
	} else {
		path = json_text_of(json_find(body, "path"));
		if (alert_plan_find(alerts_plan(routes->alerts), path) == ALERT_PATHS_MAX)
			web_refuse(answer, 404, "no-such-path", "no path of alerts has this name");
		else
			do_test(routes, request, answer, path);
	}
	json_drop(body);
}

const struct web_route alert_routes[ALERT_ROUTES] = {
	{ "/api/v1/alerts", METHOD_GET, PERMIT_SEE, list },
	{ "/api/v1/alerts/test", METHOD_POST, PERMIT_OPERATE, test },
};
