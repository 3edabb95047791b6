#include "hub/api/api.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "hub/api/document.h"
#include "hub/api/inner.h"

#include "base/banned.h"

/* -- who, and what -- */

const struct person_view *api_caller(const struct api *api, const struct web_request *request)
{
	return api->birth.caller(api->birth.context, request);
}

void api_own_incident(const struct api *api, struct incident *incident)
{
	for (uint32_t i = 0; i < incident->site_count; i++) {
		const struct hub_site *site;

		if (incident->sites[i].tenant[0])
			continue;
		site = api_find_site(api, &store_all_tenants, span_of(incident->sites[i].name));
		if (site)
			incident_set_tenant(incident, site->name, site->tenant);
	}
}

/* -- looking at the shield -- */

static void plan_look(struct api *api, uint64_t took_ms)
{
	uint64_t pause_ms = list_is_empty(&api->lookers) ? API_LOOK_IDLE_MS : API_LOOK_MS;

	if (pause_ms < took_ms * API_LOOK_TAKES)
		pause_ms = took_ms * API_LOOK_TAKES;
	timer_set(&api->birth.loop->timers, &api->look, api->birth.loop->now_ms + pause_ms);
}

static void looked(void *context, const struct shield_answer *said)
{
	struct api *api = context;
	uint64_t before_ms = clock_mono_ms();
	bool is_good = said->result == RESULT_OK && said->status == 200 && status_take(&api->status, said->body, api->birth.loop->now_ms) == RESULT_OK;

	api->is_looking = false;
	api->failures = is_good ? 0 : api->failures + 1;
	/* One look may meet an edge that is just being replaced. */
	if (api->failures >= API_AWAY)
		status_forget(&api->status);
	if (said->result == RESULT_END)
		return;
	if (is_good || !api->status.root)
		filter_looked(api);
	if (is_good)
		alive_looked(api);
	if (api->wants_look)
		timer_set(&api->birth.loop->timers, &api->look, api->birth.loop->now_ms);
	else
		plan_look(api, clock_mono_ms() - before_ms);
	api->wants_look = false;
	orders_looked(api);
}

static void look(struct timer *timer)
{
	struct api *api = list_entry(timer, struct api, look);
	const struct shield_question question = { .method = SPAN("GET"), .path = SPAN("/status"), .wait_ms = SHIELD_ASK_MS, .done = looked, .context = api };

	api->is_looking = shield_ask(api->shield, &question) == RESULT_OK;
	if (!api->is_looking)
		plan_look(api, 0);
}

/* A look that is under way began before whatever is to be seen: the next one follows it at once. */
void api_look_now(struct api *api)
{
	api->wants_look = api->is_looking;
	if (api->shield && !api->is_looking)
		timer_set(&api->birth.loop->timers, &api->look, api->birth.loop->now_ms);
}

/* -- birth -- */

static bool begin_shield(struct api *api)
{
	if (!api->config->admin.len)
		return true;
	api->shield = shield_new(api->birth.loop, api->config->admin);
	api->wants_look = api->is_looking;
	if (api->shield && !api->is_looking)
		timer_set(&api->birth.loop->timers, &api->look, api->birth.loop->now_ms);
	return api->shield != NULL;
}

enum result api_new(const struct api_birth *birth, struct api **out)
{
	struct api *api = calloc(1, sizeof(*api));

	if (!api)
		return RESULT_NO_MEMORY;
	api->birth = *birth;
	api->config = birth->config;
	api->born_wall_ns = api_wall_ns(api);
	timer_init(&api->look, look);
	list_init(&api->orders);
	stream_init(api);
	if (!begin_shield(api)) {
		free(api);
		return RESULT_NO_MEMORY;
	}
	*out = api;
	return RESULT_OK;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	shield_free(api->shield);
	orders_free(api);
	stream_free(api);
	timer_cancel(&api->birth.loop->timers, &api->look);
	status_forget(&api->status);
	free(api);
}

/* -- routes -- */

void api_get_document(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct arguments arguments;

	(void)context;
	if (!arguments_begin(&arguments, request, answer, names))
		return;
	answer->status = 200;
	answer->type = SPAN("application/json");
	answer->lasting = span_make(api_document, api_document_len);
}

static const struct web_route routes[] = {
	{ "/api/v1/now", METHOD_GET, PERMIT_SEE, api_get_now },
	{ "/api/v1/stream", METHOD_GET, PERMIT_SEE, api_get_stream },
	{ "/api/v1/incidents", METHOD_GET, PERMIT_SEE, api_get_incidents },
	{ "/api/v1/incidents/{id}", METHOD_GET, PERMIT_SEE, api_get_incident },
	{ "/api/v1/incidents/{id}/totals", METHOD_GET, PERMIT_SEE, api_get_incident_totals },
	{ "/api/v1/incidents/{id}/acknowledge", METHOD_POST, PERMIT_ACKNOWLEDGE, api_acknowledge },
	{ "/api/v1/incidents/{id}/contain", METHOD_POST, PERMIT_ACKNOWLEDGE, api_contain },
	{ "/api/v1/incidents/{id}/close", METHOD_POST, PERMIT_ACKNOWLEDGE, api_close },
	{ "/api/v1/incidents/{id}/reopen", METHOD_POST, PERMIT_ACKNOWLEDGE, api_reopen },
	{ "/api/v1/incidents/{id}/owner", METHOD_POST, PERMIT_ACKNOWLEDGE, api_give },
	{ "/api/v1/incidents/{id}/note", METHOD_POST, PERMIT_ACKNOWLEDGE, api_note },
	{ "/api/v1/events", METHOD_GET, PERMIT_SEARCH, api_get_events },
	{ "/api/v1/events/export", METHOD_GET, PERMIT_SEARCH, api_export_events },
	{ "/api/v1/requests/{id}", METHOD_GET, PERMIT_EXPLAIN, api_explain },
	{ "/api/v1/totals", METHOD_GET, PERMIT_SEE, api_get_totals },
	{ "/api/v1/sites", METHOD_GET, PERMIT_SEE, api_get_sites },
	{ "/api/v1/sites/{name}", METHOD_GET, PERMIT_SEE, api_get_site },
	{ "/api/v1/protection", METHOD_GET, PERMIT_SEE, api_get_protection },
	{ "/api/v1/bans", METHOD_POST, PERMIT_OPERATE, api_ban },
	{ "/api/v1/bans/{network}", METHOD_DELETE, PERMIT_OPERATE, api_unban },
	{ "/api/v1/sites/{name}/level", METHOD_POST, PERMIT_OPERATE, api_set_level },
	{ "/api/v1/sites/{name}/bypass", METHOD_POST, PERMIT_OPERATE, api_begin_bypass },
	{ "/api/v1/sites/{name}/bypass", METHOD_DELETE, PERMIT_OPERATE, api_end_bypass },
	{ "/api/v1/sites/{name}/maintenance", METHOD_POST, PERMIT_OPERATE, api_begin_maintenance },
	{ "/api/v1/sites/{name}/maintenance", METHOD_DELETE, PERMIT_OPERATE, api_end_maintenance },
	{ "/api/v1/health", METHOD_GET, PERMIT_SEE, api_get_health },
	{ "/api/v1/config", METHOD_GET, PERMIT_PROPOSE, api_get_config },
	{ "/api/v1/config/schema", METHOD_GET, PERMIT_PROPOSE, api_get_config_schema },
	{ "/api/v1/config/history", METHOD_GET, PERMIT_PROPOSE, api_get_config_history },
	{ "/api/v1/config/confirm", METHOD_POST, PERMIT_PROPOSE, api_confirm_config },
	{ "/api/v1/openapi.json", METHOD_GET, 0, api_get_document },  /* 0: it is the same for everybody, and in the documentation anyway */
};

bool api_shield_is_away(const struct api *api)
{
	return api->shield && api->failures >= API_AWAY;
}

void api_routes(struct api *api, struct web_routes *out)
{
	assert(out->table_count < WEB_TABLES_MAX);
	out->tables[out->table_count].list = routes;
	out->tables[out->table_count].count = sizeof(routes) / sizeof(routes[0]);
	out->tables[out->table_count].context = api;
	out->table_count++;
}
