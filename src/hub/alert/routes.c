#include "hub/alert/routes.h"

#include <stdio.h>

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

static bool put_warning(void *context, const struct alert_facts *facts)
{
	struct json_writer *json = context;

	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("warning"), span_of(alert_warning_name(facts->warning)));
	json_put_text(json, SPAN("severity"), span_of(severity_name(facts->severity)));
	json_put_text(json, SPAN("subject"), span_of(facts->subject));
	json_put_time_ms(json, SPAN("since"), facts->since_s * 1000);
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
	json_open(&json, SPAN("warnings"), '[');
	alerts_warnings(routes->alerts, put_warning, &json);
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

/* -- another's shield -- */

#define PEER_MAX 260u        /* a host and a port */
#define THING_MAX 32u

static bool is_word(const struct json *value, size_t max)
{
	struct span text = json_text_of(value);
	bool is_good = text.len > 0 && text.len <= max;

	for (size_t i = 0; i < text.len && is_good; i++)
		is_good = text.at[i] > ' ' && text.at[i] < 0x7f;
	return is_good;
}

static bool read_report(const struct json *body, char subject[INCIDENT_TEXT_BYTES], bool *is_dead)
{
	struct span state = json_text_of(json_find(body, "state"));

	*is_dead = span_equal(state, SPAN("dead"));
	if (!json_has_object(body) || json_length(body) != 3 || !is_word(json_find(body, "peer"), PEER_MAX) || !is_word(json_find(body, "what"), THING_MAX) ||
	    (!*is_dead && !span_equal(state, SPAN("ok"))))
		return false;
	snprintf(subject, INCIDENT_TEXT_BYTES, "%.*s: %.*s", SPAN_ARG(json_text_of(json_find(body, "peer"))), SPAN_ARG(json_text_of(json_find(body, "what"))));
	return true;
}

/* Security: of this machine alone, as its administrator. Nobody far away makes the hub cry wolf, with whatever session. */
static void watch(void *context, struct web_request *request, struct web_answer *answer)
{
	const struct alert_routes *routes = context;
	char subject[INCIDENT_TEXT_BYTES];
	struct json *body = NULL;
	bool is_dead;

	if (request->door != WEB_LOCAL_SOCKET) {
		web_refuse(answer, 403, "forbidden", "this is for the hub's own machine");
		return;
	}
	if (json_read(request->body, &body) != RESULT_OK || !read_report(body, subject, &is_dead)) {
		web_refuse(answer, 400, "bad-body", "expected {\"peer\": \"www.other-town.example\", \"what\": \"shield\", \"state\": \"dead\" or \"ok\"}");
	} else if (routes->log(routes->context, request, answer, is_dead ? "watch.dead" : "watch.well", span_of(subject), SPAN_NONE)) {
		alerts_warning(routes->alerts, WARNING_PEER_DEAD, span_of(subject), is_dead, request->wall_ns / 1000000000);
		answer->status = 204;
	}
	json_drop(body);
}

const struct web_route alert_routes[ALERT_ROUTES] = {
	{ "/api/v1/alerts", METHOD_GET, PERMIT_SEE, list },
	{ "/api/v1/alerts/test", METHOD_POST, PERMIT_OPERATE, test },
	{ "/api/v1/watch", METHOD_POST, PERMIT_ADMINISTER, watch },
};
