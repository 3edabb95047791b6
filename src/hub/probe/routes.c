#include "hub/probe/routes.h"

#include "event/json.h"
#include "hub/people/permit.h"

#include "base/banned.h"

#define NS_PER_S UINT64_C(1000000000)

/* A field that is there twice says nothing. */
static struct span field_of(const struct web_request *request, struct span name)
{
	const struct fields *fields = &request->head->fields;
	struct span found = SPAN_NONE;
	unsigned count = 0;

	for (unsigned i = 0; i < fields->count; i++) {
		if (!span_equal_nocase(fields->list[i].name, name))
			continue;
		found = fields->list[i].value;
		count++;
	}
	return count == 1 ? found : SPAN_NONE;
}

static void tell_refusal(const struct hub_probe_verdict *verdict, struct web_answer *answer)
{
	struct json_writer json;

	json_writer_init(&json, &answer->body);
	json_open(&json, SPAN_NONE, '{');
	json_open(&json, SPAN("error"), '{');
	json_put_text(&json, SPAN("code"), span_of(verdict->code));
	json_put_text(&json, SPAN("text"), span_of(verdict->text));
	json_put_number(&json, SPAN("sequence"), verdict->sequence);
	json_close(&json, '}');
	json_close(&json, '}');
}

static void report(void *context, struct web_request *request, struct web_answer *answer)
{
	const struct hub_probe_letter letter = { field_of(request, SPAN(PROBE_REPORT_NAME)), field_of(request, SPAN(PROBE_REPORT_SIGNATURE)), request->body, request->wall_ns };
	const struct hub_probe_door *door = context;
	struct hub_probe_verdict verdict;
	struct json_writer json;

	hub_probe_take(door->probe, &letter, &verdict);
	answer->status = verdict.status;
	answer->type = SPAN("application/json");
	if (verdict.status != 200) {
		tell_refusal(&verdict, answer);
		return;
	}
	json_writer_init(&json, &answer->body);
	json_open(&json, SPAN_NONE, '{');
	json_put_number(&json, SPAN("taken"), verdict.taken);
	json_put_number(&json, SPAN("known"), verdict.known);
	json_close(&json, '}');
}

struct asking {
	const struct hub_probe_door *door;
	const struct web_request *request;
};

static bool sees(const void *context, struct span tenant)
{
	const struct asking *asking = context;

	return asking->door->sees(asking->door->context, asking->request, tenant);
}

static void put_one(struct json_writer *json, const struct hub_probe_state *state)
{
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("name"), state->name);
	json_put_time(json, SPAN("heard"), state->heard_s * NS_PER_S);
	json_put_time(json, SPAN("minute"), state->minute_s * NS_PER_S);
	json_put_number(json, SPAN("taken"), state->taken);
	json_put_number(json, SPAN("refused"), state->refused);
	json_put_number(json, SPAN("asked"), state->asked);
	json_put_number(json, SPAN("reached"), state->reached);
	json_put_bool(json, SPAN("silent"), state->is_silent);
	json_close(json, '}');
}

static void list(void *context, struct web_request *request, struct web_answer *answer)
{
	const struct hub_probe_door *door = context;
	const struct asking asking = { door, request };
	struct hub_probe_state state;
	struct json_writer json;

	answer->status = 200;
	answer->type = SPAN("application/json");
	json_writer_init(&json, &answer->body);
	json_open(&json, SPAN_NONE, '{');
	json_open(&json, SPAN("probes"), '[');
	for (size_t i = 0; hub_probe_state(door->probe, i, request->wall_ns / NS_PER_S, &state); i++) {
		if (hub_probe_confine(door->probe, i, &(struct hub_probe_sees){ sees, &asking }, &state))
			put_one(&json, &state);
	}
	json_close(&json, ']');
	json_close(&json, '}');
	if (json.result != RESULT_OK)
		answer->status = 0;
}

const struct web_route hub_probe_routes[] = {
	{ PROBE_REPORT_PATH, METHOD_POST, 0, report },
	{ "/api/v1/probes", METHOD_GET, PERMIT_SEE, list },
};
const size_t hub_probe_route_count = sizeof(hub_probe_routes) / sizeof(hub_probe_routes[0]);
