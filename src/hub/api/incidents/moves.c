/* What people do with an incident: acknowledge, contain, close, reopen, give, note. */
#include <stdlib.h>

#include "hub/api/inner.h"
#include "incident/people.h"

#include "base/banned.h"

/* A row of a table: what it is called in the audit log, and its members. */
static const struct {
	const char *what;
	const char *members[4];
} moves[] = {
	[KEEP_ACKNOWLEDGE] = { "incident.acknowledge", { "version", "note", NULL } },
	[KEEP_CONTAIN] = { "incident.contain", { "version", "note", NULL } },
	[KEEP_CLOSE] = { "incident.close", { "version", "note", NULL } },
	[KEEP_REOPEN] = { "incident.reopen", { "version", "note", NULL } },
	[KEEP_OWN] = { "incident.give", { "version", "owner", NULL } },
	[KEEP_NOTE] = { "incident.note", { "text", NULL } },
};

/* What an incident has room for: "agnes/token:grafana" is agnes where it is too long. */
static struct span short_name(struct span name)
{
	if (name.len >= INCIDENT_WHO_BYTES)
		name = span_take(name, span_find(name, '/'));
	return span_take(name, INCIDENT_WHO_BYTES - 1);
}

static bool read_order(struct content *body, struct keep_order *order)
{
	bool is_note = order->deed == KEEP_NOTE;

	if (!is_note)
		order->version = content_number(body, "version", 1, INT64_MAX);
	if (order->deed == KEEP_OWN)
		order->text = content_text(body, "owner", 1, INCIDENT_WHO_BYTES - 1, false);
	else
		order->text = content_text(body, is_note ? "text" : "note", is_note, INCIDENT_NOTE_BYTES - 1, true);
	return !body->is_bad;
}

static void refuse(enum result result, struct web_answer *answer)
{
	switch ((int)result) {
	case RESULT_NOT_FOUND:
		answer_not_found(answer, "incident");
		break;
	case RESULT_END:
		web_refuse(answer, 409, "changed-meanwhile", "the incident is not as you saw it any more: look at it again");
		break;
	case RESULT_REFUSED:
		web_refuse(answer, 409, "not-possible", "the incident is in no state for that");
		break;
	case RESULT_LIMIT:
		web_refuse(answer, 409, "full", "the incident has no room for one more note or move");
		break;
	case RESULT_MALFORMED:
		web_refuse(answer, 400, "bad-member", "the text cannot be kept as it is");
		break;
	default:
		answer_store_failed(answer, result);
		break;
	}
}

/* The whole sight: who sees a part must not end it for others. */
static bool may_move(const struct keep_order *order, const struct person_view *caller, const struct incident *incident, struct web_answer *answer)
{
	if (order->deed == KEEP_NOTE || confine_sees(&caller->tenants, incident) == CONFINED_WHOLE)
		return true;
	web_refuse(answer, 403, "forbidden", "the incident concerns administrations beside yours: who sees them all may do that; you may add a note");
	return false;
}

static void do_move(struct api *api, struct web_request *request, const struct keep_order *order, struct incident *incident, struct web_answer *answer)
{
	const struct person_view *caller = api_caller(api, request);
	enum result result = order->version && order->version != keep_version(incident) ? RESULT_END : RESULT_OK;

	if (!may_move(order, caller, incident, answer))
		return;
	if (result == RESULT_OK)
		result = keep_try(order, incident, api_wall_ns(api) / 1000000000u);  /* on a copy: the audit log says nothing of what could not be done anyway */
	if (result == RESULT_OK && !api->birth.log(api->birth.context, request, answer, moves[order->deed].what, request->parts[0], order->text))
		return;
	if (result == RESULT_OK)
		result = api->birth.order(api->birth.context, order, incident);
	if (result == RESULT_OK) {
		api_own_incident(api, incident);
		incidents_answer(api, caller, incident, answer);
	} else {
		refuse(result, answer);
	}
}

static void answer_move(enum keep_deed deed, struct api *api, struct web_request *request, struct web_answer *answer)
{
	static const char *const none[] = { NULL };
	const struct person_view *caller = api_caller(api, request);
	struct keep_order order = { .deed = deed, .who = short_name(caller->name) };
	struct arguments arguments;
	struct content body;
	struct incident *incident = NULL;

	if (!arguments_begin(&arguments, request, answer, none) || !part_number(request, answer, &order.id))
		return;
	if (!content_begin(&body, request, answer, moves[deed].members))
		return;
	if (read_order(&body, &order))
		incident = incidents_find_asked(api, caller, request, answer);
	if (incident)
		do_move(api, request, &order, incident, answer);
	free(incident);
	content_end(&body);
}

void api_acknowledge(void *context, struct web_request *request, struct web_answer *answer)
{
	answer_move(KEEP_ACKNOWLEDGE, context, request, answer);
}

void api_contain(void *context, struct web_request *request, struct web_answer *answer)
{
	answer_move(KEEP_CONTAIN, context, request, answer);
}

void api_close(void *context, struct web_request *request, struct web_answer *answer)
{
	answer_move(KEEP_CLOSE, context, request, answer);
}

void api_reopen(void *context, struct web_request *request, struct web_answer *answer)
{
	answer_move(KEEP_REOPEN, context, request, answer);
}

void api_give(void *context, struct web_request *request, struct web_answer *answer)
{
	answer_move(KEEP_OWN, context, request, answer);
}

void api_note(void *context, struct web_request *request, struct web_answer *answer)
{
	answer_move(KEEP_NOTE, context, request, answer);
}
