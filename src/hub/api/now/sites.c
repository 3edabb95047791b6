/* How sites are: what the shield says, and what citizens experience. */
#include "config/value.h"
#include "hub/api/inner.h"

#include "base/banned.h"

#define DAY_MS 86400000
#define RATE_S 10u         /* a site's rate is a mean over so many seconds */

const struct hub_site *api_find_site(const struct api *api, const struct store_tenants *tenants, struct span name)
{
	for (size_t i = 0; i < api->config->site_count; i++) {
		const struct hub_site *site = &api->config->sites[i];

		if (span_equal(site->name, name))
			return tenants_see(tenants, site->tenant) ? site : NULL;
	}
	return NULL;
}

static void put_hosts(const struct hub_site *site, struct json_writer *json)
{
	const struct span *hosts = site->hosts.items;

	json_open(json, SPAN("hosts"), '[');
	for (size_t i = 0; i < site->hosts.count; i++)
		json_put_text(json, SPAN_NONE, hosts[i]);
	json_close(json, ']');
}

enum served_state sites_state(struct api *api, const struct hub_site *site, struct group_site_view *view)
{
	struct keep_health health;

	*view = (struct group_site_view){ 0 };
	api->birth.health(api->birth.context, &health);
	if (!group_site_look(api_group(api), site->name, view) || !view->since_s || !view->is_known || health.is_behind || view->recent.has_drops)
		return SERVED_UNKNOWN;
	return view->state == CITIZENS_UNREACHABLE ? SERVED_UNREACHABLE : view->state == CITIZENS_DEGRADED ? SERVED_DEGRADED : SERVED_WELL;
}

static void put_reachable(struct api *api, const struct hub_site *site, const struct json *object, struct json_writer *json)
{
	struct group_site_view view;
	enum served_state state = sites_state(api, site, &view);

	json_open(json, SPAN("reachable"), '{');
	json_put_text(json, SPAN("state"), json_find(object, "maintenance") ? SPAN("maintenance") : span_of(served_state_name(state)));
	json_put_time_ms(json, SPAN("since"), view.since_s * 1000);
	json_close(json, '}');
}

static void put_origin(const struct json *object, struct json_writer *json)
{
	const struct json *list = json_find(object, "origins");
	uint64_t up = 0, total = json_length(list);

	for (size_t i = 0; i < total; i++)
		up += json_bool_of(json_find(json_item(list, i), "up"));
	json_open(json, SPAN("origin"), '{');
	json_put_text(json, SPAN("state"), !object ? SPAN("unknown") : !total ? SPAN("none") : up == total ? SPAN("up") : up ? SPAN("degraded") : SPAN("down"));
	json_put_number(json, SPAN("up"), up);
	json_put_number(json, SPAN("total"), total);
	json_close(json, '}');
}

bool sites_put_certificate(struct api *api, const struct json *certificate, struct json_writer *json)
{
	struct span not_after = json_text_of(json_find(certificate, "not_after"));
	int64_t ms, now_ms = (int64_t)(api_wall_ns(api) / 1000000u);

	if (time_read(not_after, &ms) != RESULT_OK)
		return false;
	json_put_text(json, SPAN("not_after"), not_after);
	json_put_number(json, SPAN("days"), ms > now_ms ? (uint64_t)((ms - now_ms) / DAY_MS) : 0);
	json_put_bool(json, SPAN("self_signed"), json_bool_of(json_find(certificate, "self_signed")));
	return true;
}

static void put_certificate(struct api *api, const struct json *object, struct json_writer *json)
{
	const struct json *certificate = json_find(object, "certificate");
	int64_t ms;

	if (time_read(json_text_of(json_find(certificate, "not_after")), &ms) != RESULT_OK) {
		json_put_null(json, SPAN("certificate"));
		return;
	}
	json_open(json, SPAN("certificate"), '{');
	if (!sites_put_certificate(api, certificate, json))
		json->result = RESULT_MALFORMED;
	json_close(json, '}');
}

static void put_rate(struct api *api, const struct hub_site *site, struct json_writer *json)
{
	struct keep_second seconds[RATE_S];
	size_t count = api->birth.seconds(api->birth.context, site->name, seconds, RATE_S);
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		for (unsigned d = 0; d < DECISION_COUNT; d++)
			sum += seconds[i].decisions[d];
	}
	if (count)
		json_put_number(json, SPAN("rate_per_s"), (sum + count - 1) / count);
	else
		json_put_null(json, SPAN("rate_per_s"));
}

/* What the shield says last; of a shield that is away what the journal said. */
enum level sites_level(struct api *api, const struct hub_site *site, const struct json **said)
{
	const struct status_site *status = status_find(&api->status, site->name);
	struct group_site_view view;
	struct span word;

	*said = status ? json_find(status->object, "level") : NULL;
	word = json_text_of(json_find(*said, "is"));
	for (unsigned i = 0; i < LEVEL_COUNT; i++) {
		if (span_equal(word, span_of(level_name((enum level)i))))
			return (enum level)i;
	}
	return group_site_look(api_group(api), site->name, &view) ? view.level : LEVEL_NORMAL;
}

void sites_put(struct api *api, const struct hub_site *site, struct json_writer *json, bool is_whole)
{
	const struct status_site *status = status_find(&api->status, site->name);
	const struct json *object = status ? status->object : NULL, *level;
	struct span mode = json_text_of(json_find(json_find(object, "waf"), "mode"));

	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("name"), site->name);
	json_put_text(json, SPAN("tenant"), site->tenant);
	put_hosts(site, json);
	put_reachable(api, site, object, json);
	json_put_text(json, SPAN("mode"), mode.len ? mode : site->mode.len && !object ? site->mode : SPAN("off"));
	json_put_bool(json, SPAN("observing"), span_equal(json_text_of(json_find(json_find(object, "guard"), "mode")), SPAN("observe")));
	put_origin(object, json);
	put_certificate(api, object, json);
	json_put_text(json, SPAN("level"), span_of(level_name(sites_level(api, site, &level))));
	put_rate(api, site, json);
	json_put_value(json, SPAN("bypass"), json_find(object, "bypass"));
	json_put_value(json, SPAN("maintenance"), json_find(object, "maintenance"));
	if (is_whole)
		json_put_value(json, SPAN("status"), object);
	json_close(json, '}');
}

/* -- routes -- */

void api_get_sites(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct api *api = context;
	const struct store_tenants *tenants = &api_caller(api, request)->tenants;
	struct arguments arguments;
	struct json_writer json;

	if (!arguments_begin(&arguments, request, answer, names))
		return;
	answer_begin(answer, &json);
	json_open(&json, SPAN("sites"), '[');
	for (size_t i = 0; i < api->config->site_count; i++) {
		if (tenants_see(tenants, api->config->sites[i].tenant))
			sites_put(api, &api->config->sites[i], &json, false);
	}
	json_close(&json, ']');
	answer_end(answer, &json);
}

void api_get_site(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct api *api = context;
	const struct hub_site *site = api_find_site(api, &api_caller(api, request)->tenants, request->parts[0]);
	struct arguments arguments;
	struct json_writer json;

	if (!arguments_begin(&arguments, request, answer, names))
		return;
	if (!site) {
		answer_not_found(answer, "site");
		return;
	}
	answer->status = 200;
	answer->type = SPAN("application/json");
	json_writer_init(&json, &answer->body);
	sites_put(api, site, &json, true);
	if (json.result != RESULT_OK)
		answer_store_failed(answer, json.result);
}
