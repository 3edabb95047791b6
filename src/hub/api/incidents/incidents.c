/* One incident, those that are open, and sums around one. */
#include <stdlib.h>

#include "hub/api/inner.h"

#include "base/banned.h"

#define AROUND_S 1800u           /* sums are told from so long before an incident, and until so long after */
#define SUMS_ROWS 50000u         /* of the store, for one answer */

/* -- one -- */

/* The incident with ID as it is known best, whole: what goes on before what is kept. RESULT_NOT_FOUND, errors of the store. */
static enum result find(struct api *api, uint64_t id, struct incident *out)
{
	enum result result = api->birth.incident(api->birth.context, id, out);

	if (result == RESULT_OK)
		api_own_incident(api, out);
	return result;
}

static void put_related(struct api *api, const struct store_tenants *tenants, struct span name, const struct incident *incident, struct json_writer *json)
{
	struct incident *other = malloc(sizeof(*other));

	json_open(json, SPAN("related"), '[');
	for (uint32_t i = 0; other && i < incident->related_count; i++) {
		if (find(api, incident->related[i], other) != RESULT_OK || confine_sees(tenants, other) == CONFINED_NOTHING)
			continue;
		confine(tenants, name, other);
		brief_put(json, SPAN_NONE, other);
	}
	json_close(json, ']');
	free(other);
}

void incidents_answer(struct api *api, const struct person_view *caller, struct incident *incident, struct web_answer *answer)
{
	bool is_part = confine_sees(&caller->tenants, incident) == CONFINED_PART;
	struct json_writer json;
	enum result result = RESULT_OK;

	confine(&caller->tenants, caller->name, incident);
	if (is_part)
		result = own_numbers(api, &caller->tenants, incident);
	if (result != RESULT_OK) {
		answer_store_failed(answer, result);
		return;
	}
	answer_begin(answer, &json);
	result = brief_put_whole(&json, incident);
	put_related(api, &caller->tenants, caller->name, incident, &json);
	if (result != RESULT_OK)
		json.result = result;
	answer_end(answer, &json);
}

struct incident *incidents_find_asked(struct api *api, const struct person_view *caller, struct web_request *request, struct web_answer *answer)
{
	struct incident *incident;
	enum result result = RESULT_NO_MEMORY;
	uint64_t id;

	if (!part_number(request, answer, &id))
		return NULL;
	incident = malloc(sizeof(*incident));
	if (incident)
		result = find(api, id, incident);
	if (result == RESULT_OK && confine_sees(&caller->tenants, incident) == CONFINED_NOTHING)
		result = RESULT_NOT_FOUND;
	if (result == RESULT_OK)
		return incident;
	if (result == RESULT_NOT_FOUND)
		answer_not_found(answer, "incident");
	else
		answer_store_failed(answer, result);
	free(incident);
	return NULL;
}

void api_get_incident(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct api *api = context;
	const struct person_view *caller = api_caller(api, request);
	struct arguments arguments;
	struct incident *incident;

	if (!arguments_begin(&arguments, request, answer, names))
		return;
	incident = incidents_find_asked(api, caller, request, answer);
	if (incident)
		incidents_answer(api, caller, incident, answer);
	free(incident);
}

/* -- open ones -- */

struct opening {
	struct api *api;
	const struct store_tenants *tenants;
	struct span name;
	struct json_writer *json;
	struct incident *copy;
};

static bool put_open(void *context, const struct incident *incident)
{
	struct opening *opening = context;

	if (!incident_is_live(incident))
		return true;
	*opening->copy = *incident;
	api_own_incident(opening->api, opening->copy);
	if (confine_sees(opening->tenants, opening->copy) == CONFINED_NOTHING)
		return true;
	confine(opening->tenants, opening->name, opening->copy);
	brief_put(opening->json, SPAN_NONE, opening->copy);
	return true;
}

void incidents_put_open(struct api *api, const struct store_tenants *tenants, struct span name, struct json_writer *json)
{
	struct opening opening = { api, tenants, name, json, malloc(sizeof(*opening.copy)) };

	json_open(json, SPAN("incidents"), '[');
	if (opening.copy)
		group_each(api_group(api), put_open, &opening);
	else
		json->result = RESULT_NO_MEMORY;
	json_close(json, ']');
	free(opening.copy);
}

/* -- sums around one -- */

static void choose_grain(const struct api *api, struct store_totals_ask *ask)
{
	uint64_t sites = api->config->site_count + 1, span_s = ask->to_s - ask->from_s;

	ask->grain = span_s / 60 * sites * DECISION_COUNT <= SUMS_ROWS ? STORE_MINUTE : span_s / 3600 * sites * DECISION_COUNT <= SUMS_ROWS ? STORE_HOUR : STORE_DAY;
}

void api_get_incident_totals(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct api *api = context;
	const struct person_view *caller = api_caller(api, request);
	struct store_totals_ask ask = { .kind = SPAN("decisions."), .by_bucket = true };
	uint64_t now_s = api_wall_ns(api) / 1000000000u;
	struct arguments arguments;
	struct json_writer json;
	struct incident *incident;
	enum result result;

	if (!arguments_begin(&arguments, request, answer, names) || !(incident = incidents_find_asked(api, caller, request, answer)))
		return;
	confine(&caller->tenants, caller->name, incident);
	ask.tenants = caller->tenants;
	ask.from_s = incident->opened_s > AROUND_S ? incident->opened_s - AROUND_S : 0;
	ask.to_s = incident->last_s + AROUND_S < now_s ? incident->last_s + AROUND_S : now_s + 1;
	ask.to_s = ask.to_s > ask.from_s ? ask.to_s : ask.from_s;
	choose_grain(api, &ask);
	answer_begin(answer, &json);
	result = totals_put_of(api, &ask, incident, &json);
	answer_end(answer, &json);
	if (result != RESULT_OK)
		answer_store_failed(answer, result);
	free(incident);
}
