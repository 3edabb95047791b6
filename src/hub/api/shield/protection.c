/* What the shield does for whom. */
#include <stdlib.h>

#include "hub/api/shield/orders.h"

#include "base/banned.h"

#define HOUR_S 3600u

struct protection {
	struct api *api;
	struct web_request *request;     /* NULL: whoever asked has left */
	struct web_answer *answer;
	struct json_writer json;
};

static void put_reasons(struct json_writer *json, const struct json *level)
{
	struct span rest = json_text_of(json_find(level, "for"));

	json_open(json, SPAN("reasons"), '[');
	while (rest.len) {
		struct span word = span_trim(span_cut(&rest, ','));

		if (word.len)
			json_put_text(json, SPAN_NONE, word);
	}
	json_close(json, ']');
}

static void put_level(struct api *api, const struct hub_site *site, const struct json *object, struct json_writer *json)
{
	const struct json *said;
	enum level level = sites_level(api, site, &said);

	(void)object;
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("site"), site->name);
	json_put_text(json, SPAN("level"), span_of(level_name(level)));
	put_reasons(json, said);
	json_put_bool(json, SPAN("forced"), json_bool_of(json_find(said, "forced")));
	json_put_value(json, SPAN("floor"), json_find(said, "floor"));
	json_close(json, '}');
}

static void put_guard(struct api *api, const struct hub_site *site, const struct json *object, struct json_writer *json)
{
	const struct json *mode = json_find(json_find(object, "guard"), "mode");

	(void)api;
	if (!mode)
		return;
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("site"), site->name);
	json_put_value(json, SPAN("mode"), mode);
	json_close(json, '}');
}

static void put_bypass_of(struct span site, const struct json *bypass, struct json_writer *json)
{
	if (!bypass)
		return;
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("site"), site);
	json_put_value(json, SPAN("until"), json_find(bypass, "until"));
	json_put_value(json, SPAN("reason"), json_find(bypass, "reason"));
	json_close(json, '}');
}

static void put_bypass(struct api *api, const struct hub_site *site, const struct json *object, struct json_writer *json)
{
	(void)api;
	put_bypass_of(site->name, json_find(object, "bypass"), json);
}

static void put_maintenance(struct api *api, const struct hub_site *site, const struct json *object, struct json_writer *json)
{
	const struct json *closed = json_find(object, "maintenance");

	(void)api;
	if (!closed)
		return;
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("site"), site->name);
	json_put_value(json, SPAN("until"), json_find(closed, "until"));
	json_put_value(json, SPAN("message"), json_find(closed, "message"));
	json_put_value(json, SPAN("allow"), json_find(closed, "allow"));
	json_close(json, '}');
}

static void each_site(struct protection *protection, const struct store_tenants *tenants,
                      void (*put)(struct api *, const struct hub_site *, const struct json *, struct json_writer *))
{
	struct api *api = protection->api;

	for (size_t i = 0; i < api->config->site_count; i++) {
		const struct hub_site *site = &api->config->sites[i];
		const struct status_site *status = status_find(&api->status, site->name);

		if (tenants_see(tenants, site->tenant))
			put(api, site, status ? status->object : NULL, &protection->json);
	}
}

static bool put_challenged(void *context, const struct store_total *total)
{
	struct json_writer *json = context;

	if (!total->site.len)
		return true;
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("site"), total->site);
	json_put_number(json, SPAN("count"), total->count);
	json_close(json, '}');
	return true;
}

static enum result put_challenges(struct protection *protection, const struct store_tenants *tenants)
{
	uint64_t now_s = api_wall_ns(protection->api) / 1000000000u;
	const struct store_totals_ask ask = { .tenants = *tenants, .from_s = now_s - HOUR_S, .to_s = now_s + 1, .grain = STORE_MINUTE,
		                              .kind = SPAN("decisions.challenge"), .by_site = true };
	enum result result;

	json_open(&protection->json, SPAN("challenges"), '[');
	result = store_totals(protection->api->birth.store, &ask, NULL, put_challenged, &protection->json);
	json_close(&protection->json, ']');
	return result;
}

static enum result put_sites(struct protection *protection, const struct store_tenants *tenants)
{
	struct json_writer *json = &protection->json;

	json_open(json, SPAN("levels"), '[');
	each_site(protection, tenants, put_level);
	json_close(json, ']');
	json_open(json, SPAN("guards"), '[');
	each_site(protection, tenants, put_guard);
	json_close(json, ']');
	json_open(json, SPAN("bypass"), '[');
	put_bypass_of(SPAN("*"), json_find(protection->api->status.root, "bypass"), json);
	each_site(protection, tenants, put_bypass);
	json_close(json, ']');
	json_open(json, SPAN("maintenance"), '[');
	each_site(protection, tenants, put_maintenance);
	json_close(json, ']');
	return put_challenges(protection, tenants);
}

/* -- what is the node's: bans, and who was let in -- */

static void put_nothing(struct json_writer *json, bool has_bans)
{
	if (!has_bans) {
		json_open(json, SPAN("bans"), '[');
		json_close(json, ']');
		json_put_number(json, SPAN("bans_more"), 0);
	}
	json_open(json, SPAN("admitted"), '[');
	json_close(json, ']');
}

static void leave(void *context, struct web_request *request)
{
	struct protection *protection = context;

	(void)request;
	protection->request = NULL;
}

static void finish(struct protection *protection)
{
	if (protection->request) {
		answer_end(protection->answer, &protection->json);
		web_finish(protection->request);
	}
	free(protection);
}

/* Availability, fails open: a shield that does not answer leaves the lists empty, and the page. */
static struct json *read_answer(const struct shield_answer *said)
{
	struct json *root = NULL;

	if (said->result != RESULT_OK || said->status != 200 || json_read(said->body, &root) != RESULT_OK)
		return NULL;
	return root;
}

static void told_admitted(void *context, const struct shield_answer *said)
{
	struct protection *protection = context;
	struct json *root = protection->request ? read_answer(said) : NULL;

	if (root)
		json_put_value(&protection->json, SPAN("admitted"), json_find(root, "admitted"));
	else if (protection->request)
		put_nothing(&protection->json, true);
	if (root)
		json_drop(root);
	finish(protection);
}

static bool ask(struct protection *protection, struct span path, void (*done)(void *context, const struct shield_answer *said))
{
	const struct shield_question question = { .method = SPAN("GET"), .path = path, .wait_ms = SHIELD_ASK_MS, .done = done, .context = protection };

	return protection->api->shield && shield_ask(protection->api->shield, &question) == RESULT_OK;
}

static void told_bans(void *context, const struct shield_answer *said)
{
	struct protection *protection = context;
	struct json *root = protection->request ? read_answer(said) : NULL;

	if (root) {
		json_put_value(&protection->json, SPAN("bans"), json_find(root, "bans"));
		json_put_number(&protection->json, SPAN("bans_more"), json_number_of(json_find(root, "more")));
		json_drop(root);
		if (ask(protection, SPAN("/admit"), told_admitted))
			return;
		put_nothing(&protection->json, true);
	} else if (protection->request) {
		put_nothing(&protection->json, false);
	}
	finish(protection);
}

void api_get_protection(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct api *api = context;
	const struct store_tenants *tenants = &api_caller(api, request)->tenants;
	struct arguments arguments;
	struct protection *protection;
	enum result result;

	if (!arguments_begin(&arguments, request, answer, names))
		return;
	protection = calloc(1, sizeof(*protection));
	if (!protection) {
		answer_store_failed(answer, RESULT_NO_MEMORY);
		return;
	}
	*protection = (struct protection){ .api = api, .request = request, .answer = answer };
	answer_begin(answer, &protection->json);
	result = put_sites(protection, tenants);
	if (result == RESULT_OK && tenants->is_all && api_shield_is_up(api) && ask(protection, SPAN("/bans"), told_bans)) {
		web_wait(request, leave, protection);
		return;
	}
	put_nothing(&protection->json, false);
	answer_end(answer, &protection->json);
	if (result != RESULT_OK)
		answer_store_failed(answer, result);
	free(protection);
}
