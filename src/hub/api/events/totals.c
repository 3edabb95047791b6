/* Exact sums, as series. */
#include <stdio.h>

#include "hub/api/inner.h"

#include "base/banned.h"

#define KIND_MAX 63u
#define BUCKETS_MAX 1500u
#define ROWS_MAX 200000u    /* buckets times sites: what the store walks through for one kind */

static const char *const grains[] = { "minute", "hour", "day", NULL };
static const uint64_t seconds[] = { [STORE_MINUTE] = 60, [STORE_HOUR] = 3600, [STORE_DAY] = 86400 };

struct putting {
	const struct store_totals_ask *ask;
	const struct incident *incident;   /* only of its sites; NULL: of all */
	struct json_writer *json;
	char kind[KIND_MAX + 1];
	bool is_open;
	uint64_t bucket_s, sum;
};

static void put_pair(struct putting *putting, struct span site, uint64_t bucket_s, uint64_t count)
{
	struct json_writer *json = putting->json;

	json_open(json, SPAN_NONE, '[');
	if (putting->ask->by_bucket)
		json_put_number(json, SPAN_NONE, bucket_s);
	else
		json_put_text(json, SPAN_NONE, site);
	json_put_number(json, SPAN_NONE, count);
	json_close(json, ']');
}

static void flush(struct putting *putting)
{
	if (putting->sum)
		put_pair(putting, SPAN_NONE, putting->bucket_s, putting->sum);
	putting->sum = 0;
}

static void end_series(struct putting *putting)
{
	if (!putting->is_open)
		return;
	flush(putting);
	json_close(putting->json, ']');
	json_close(putting->json, '}');
	putting->is_open = false;
}

static void begin_series(struct putting *putting, struct span kind)
{
	if (putting->is_open && span_equal(span_of(putting->kind), kind))
		return;
	end_series(putting);
	if (span_to_text(kind, putting->kind, sizeof(putting->kind)) != RESULT_OK)
		putting->kind[0] = 0;
	json_open(putting->json, SPAN_NONE, '{');
	json_put_text(putting->json, SPAN("kind"), kind);
	json_open(putting->json, SPAN("points"), '[');
	putting->is_open = true;
}

static bool put_total(void *context, const struct store_total *total)
{
	struct putting *putting = context;

	if (putting->incident && putting->incident->site_count && !incident_has_site(putting->incident, total->site))
		return true;
	begin_series(putting, total->kind);
	if (!putting->ask->by_bucket) {
		put_pair(putting, total->site, 0, total->count);
	} else {
		if (total->bucket_s != putting->bucket_s)
			flush(putting);
		putting->bucket_s = total->bucket_s;
		putting->sum += total->count;
	}
	return putting->json->result == RESULT_OK;
}

enum result totals_put_of(struct api *api, const struct store_totals_ask *ask, const struct incident *incident, struct json_writer *json)
{
	struct store_totals_ask whole = *ask;
	struct putting putting = { .ask = ask, .incident = incident, .json = json };
	enum result result;

	whole.by_site |= incident && incident->site_count;
	json_put_time_ms(json, SPAN("from"), ask->from_s * 1000);
	json_put_time_ms(json, SPAN("to"), ask->to_s * 1000);
	json_put_text(json, SPAN("grain"), span_of(grains[ask->grain]));
	json_open(json, SPAN("series"), '[');
	result = store_totals(api->birth.store, &whole, NULL, put_total, &putting);
	end_series(&putting);
	json_close(json, ']');
	return result;
}

static bool is_kind(struct span kind)
{
	for (size_t i = 0; i < kind.len; i++) {
		char c = kind.at[i];

		if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '.' && c != '_' && c != '-')
			return false;
	}
	return kind.len && kind.at[0] != '.';
}

static bool check_size(const struct api *api, const struct store_totals_ask *ask, struct web_answer *answer)
{
	uint64_t buckets = (ask->to_s - ask->from_s) / seconds[ask->grain];

	if (ask->by_bucket && buckets > BUCKETS_MAX)
		web_refuse(answer, 400, "bad-parameter", "from that time to that are %llu points of that grain, %u at most: choose a coarser one", (unsigned long long)buckets, BUCKETS_MAX);
	else if (buckets * (api->config->site_count + 1) > ROWS_MAX && ask->grain != STORE_DAY)
		web_refuse(answer, 400, "bad-parameter", "for as many sites as there are that is too long a time for that grain: choose a coarser one");
	else
		return true;
	return false;
}

/* False: answered. */
static bool read_ask(struct api *api, struct web_request *request, struct web_answer *answer, struct store_totals_ask *ask)
{
	static const char *const names[] = { "kind", "from", "to", "grain", "by", NULL };
	static const char *const by[] = { "bucket", "site", NULL };
	uint64_t now_ms = api_wall_ns(api) / 1000000u;
	struct arguments arguments;

	if (!arguments_begin(&arguments, request, answer, names))
		return false;
	ask->kind = argument_text(&arguments, "kind", KIND_MAX);
	ask->to_s = argument_time(&arguments, "to", now_ms + 1000) / 1000;
	ask->from_s = argument_time(&arguments, "from", ask->to_s * 1000 - 86400000u) / 1000;
	ask->grain = (enum store_grain)argument_word(&arguments, "grain", grains, STORE_HOUR);
	ask->by_site = argument_word(&arguments, "by", by, 0) == 1;
	ask->by_bucket = !ask->by_site;
	if (arguments.is_bad)
		return false;
	if (is_kind(ask->kind) && ask->from_s < ask->to_s)
		return check_size(api, ask, answer);
	web_refuse(answer, 400, "bad-parameter", ask->from_s < ask->to_s ? "the parameter kind: expected a kind of docs/events.md, or the front of some with a point behind it" :
	                                                                   "the parameter to: expected a time after `from`");
	return false;
}

void api_get_totals(void *context, struct web_request *request, struct web_answer *answer)
{
	struct api *api = context;
	struct store_totals_ask ask = { .tenants = api_caller(api, request)->tenants };
	struct json_writer json;
	enum result result;

	if (!read_ask(api, request, answer, &ask))
		return;
	answer_begin(answer, &json);
	result = totals_put_of(api, &ask, NULL, &json);
	answer_end(answer, &json);
	if (result != RESULT_OK)
		answer_store_failed(answer, result);
}
