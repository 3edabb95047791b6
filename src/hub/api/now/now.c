/* GET /api/v1/now: are citizens served, and what goes on. */
#include <stdlib.h>

#include "event/format.h"
#include "hub/api/inner.h"
#include "hub/api/now/now_words.h"

#include "base/banned.h"

#define SITES_SHOWN 200u
#define RATES 60u
#define REASONS_MAX 16u

/* A site, and how much it needs somebody to look. */
struct shown {
	const struct hub_site *site;
	unsigned trouble;
};

struct now {
	struct api *api;
	const struct store_tenants *tenants;
	struct json_writer *json;
	struct shown *sites;
	size_t site_count;
	struct citizens citizens;
	uint64_t in_state[SERVED_UNKNOWN + 1];
	struct span first[SERVED_UNKNOWN + 1];   /* a site of each state */
	enum level level;
	struct span reasons[REASONS_MAX];        /* of the highest level */
	unsigned reason_count;
};

/* -- sites -- */

static void add_reasons(struct now *now, const struct json *level)
{
	struct span rest = json_text_of(json_find(level, "for"));

	while (rest.len && now->reason_count < REASONS_MAX) {
		struct span word = span_trim(span_cut(&rest, ','));
		bool is_there = !word.len;

		for (unsigned i = 0; i < now->reason_count; i++)
			is_there |= span_equal(now->reasons[i], word);
		if (!is_there)
			now->reasons[now->reason_count++] = word;
	}
}

static void add_site(struct now *now, const struct hub_site *site)
{
	const struct status_site *status = status_find(&now->api->status, site->name);
	struct group_site_view view;
	enum served_state state = sites_state(now->api, site, &view);
	const struct json *said;
	enum level level = sites_level(now->api, site, &said);
	bool is_closed = status && json_find(status->object, "maintenance");

	if (level > now->level) {
		now->level = level;
		now->reason_count = 0;
	}
	if (level == now->level && level > LEVEL_NORMAL)
		add_reasons(now, said);
	/* Who closed his site knows that nobody is served there. */
	if (!is_closed) {
		if (!now->in_state[state]++)
			now->first[state] = site->name;
		citizens_sum(&now->citizens, &view.recent);
	}
	now->sites[now->site_count++] = (struct shown){ site, (state == SERVED_UNREACHABLE ? 100u : state == SERVED_DEGRADED ? 50u : 0) + (unsigned)level * 10 + is_closed };
}

static int compare_shown(const void *a, const void *b)
{
	const struct shown *one = a, *other = b;

	return one->trouble != other->trouble ? (one->trouble < other->trouble ? 1 : -1) : span_compare(one->site->name, other->site->name);
}

static void add_sites(struct now *now)
{
	const struct hub_config *config = now->api->config;

	for (size_t i = 0; i < config->site_count; i++) {
		if (tenants_see(now->tenants, config->sites[i].tenant))
			add_site(now, &config->sites[i]);
	}
	qsort(now->sites, now->site_count, sizeof(*now->sites), compare_shown);
}

static void put_sites(struct now *now)
{
	json_open(now->json, SPAN("sites"), '[');
	for (size_t i = 0; i < now->site_count && i < SITES_SHOWN; i++)
		sites_put(now->api, now->sites[i].site, now->json, false);
	json_close(now->json, ']');
	json_put_number(now->json, SPAN("sites_more"), now->site_count > SITES_SHOWN ? now->site_count - SITES_SHOWN : 0);
}

/* -- served -- */

static enum result write_sentence(const void *about, enum desk_language language, struct buffer *out)
{
	return now_words(about, language, out);
}

/* The worst of the sites is how things are; of sites of which nothing is known nobody says that they are well. */
static void put_served(struct now *now)
{
	struct now_said said = { .served = served_of(&now->citizens), .sites = now->site_count };
	enum served_state state = now->in_state[SERVED_UNREACHABLE] ? SERVED_UNREACHABLE : now->in_state[SERVED_DEGRADED] ? SERVED_DEGRADED : SERVED_UNKNOWN;
	struct keep_health health;

	now->api->birth.health(now->api->birth.context, &health);
	if (health.is_behind)
		said.served = (struct served){ .state = SERVED_UNKNOWN };
	else if (state != SERVED_UNKNOWN)
		said.served.state = state;
	else if (said.served.vantage == VANTAGE_UNKNOWN || now->in_state[SERVED_UNKNOWN])
		said.served.state = SERVED_UNKNOWN;
	else
		said.served.state = SERVED_WELL;
	said.troubled = now->in_state[said.served.state];
	said.site = now->first[said.served.state];
	served_open(now->json, SPAN("served"), &said.served);
	served_sentences(now->json, SPAN("sentence"), &said, write_sentence);
	json_close(now->json, '}');
}

static void put_level(struct now *now)
{
	json_put_text(now->json, SPAN("level"), span_of(level_name(now->level)));
	json_open(now->json, SPAN("level_reasons"), '[');
	for (unsigned i = 0; i < now->reason_count; i++)
		json_put_text(now->json, SPAN_NONE, now->reasons[i]);
	json_close(now->json, ']');
}

/* -- rates -- */

static size_t sum_rates(struct now *now, struct keep_second *rates)
{
	struct api *api = now->api;
	struct keep_second one[RATES];
	size_t count = 0;

	if (now->tenants->is_all)
		return api->birth.seconds(api->birth.context, SPAN_NONE, rates, RATES);
	for (size_t i = 0; i < now->site_count; i++) {
		size_t got = api->birth.seconds(api->birth.context, now->sites[i].site->name, one, RATES);

		if (got > count) {
			memset(rates + count, 0, (got - count) * sizeof(*rates));
			count = got;
		}
		for (size_t s = 0; s < got; s++) {
			rates[s].at_s = one[s].at_s;
			for (unsigned d = 0; d < DECISION_COUNT; d++)
				rates[s].decisions[d] += one[s].decisions[d];
		}
	}
	return count;
}

static void put_rates(struct now *now)
{
	struct keep_second rates[RATES] = { 0 };
	size_t count = sum_rates(now, rates);
	struct json_writer *json = now->json;

	json_open(json, SPAN("rates"), '[');
	for (size_t i = 0; i < count; i++) {
		if (!rates[i].at_s)
			continue;  /* before the hub began */
		json_open(json, SPAN_NONE, '{');
		json_put_time_ms(json, SPAN("at"), rates[i].at_s * 1000);
		for (unsigned d = 0; d < DECISION_COUNT; d++)
			json_put_number(json, format_decision((enum decision)d), rates[i].decisions[d]);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_put_number(json, SPAN("rates_grain_s"), 1);
}

/* -- all -- */

static void put_hub(struct now *now)
{
	struct keep_health health;

	now->api->birth.health(now->api->birth.context, &health);
	json_open(now->json, SPAN("hub"), '{');
	json_put_number(now->json, SPAN("lag_s"), health.lag_s);
	json_put_text(now->json, SPAN("edge"), api_shield_is_up(now->api) ? SPAN("up") : SPAN("down"));
	json_close(now->json, '}');
}

enum result now_put(struct api *api, const struct store_tenants *tenants, struct span person, struct json_writer *json)
{
	struct now *now = calloc(1, sizeof(*now));

	if (now)
		now->sites = calloc(api->config->site_count + 1, sizeof(*now->sites));
	if (!now || !now->sites) {
		free(now);
		return RESULT_NO_MEMORY;
	}
	now->api = api;
	now->tenants = tenants;
	now->json = json;
	add_sites(now);
	json_put_time(json, SPAN("at"), api_wall_ns(api));
	put_served(now);
	put_level(now);
	put_rates(now);
	put_sites(now);
	places_put(api, tenants, json);
	incidents_put_open(api, tenants, person, json);
	filter_put_packets(api, tenants->is_all, json);
	put_hub(now);
	free(now->sites);
	free(now);
	return json->result;
}

void api_get_now(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct api *api = context;
	const struct person_view *caller = api_caller(api, request);
	struct arguments arguments;
	struct json_writer json;
	enum result result;

	if (!arguments_begin(&arguments, request, answer, names))
		return;
	answer_begin(answer, &json);
	result = now_put(api, &caller->tenants, caller->name, &json);
	json.result = result;
	answer_end(answer, &json);
}
