/* The kernel filter, as the shield told of it. */
#include "hub/api/inner.h"

#include "base/banned.h"

enum api_filter api_filter_state(const struct api *api)
{
	const struct json *filter = json_find(api->status.root, "filter");

	if (!api->status.root)
		return API_FILTER_UNKNOWN;
	if (!filter)
		return API_FILTER_NONE;
	return span_equal(json_text_of(json_find(filter, "state")), SPAN("attached")) ? API_FILTER_ATTACHED : API_FILTER_AWAY;
}

void filter_looked(struct api *api)
{
	uint64_t dropped = json_number_of(json_find(json_find(api->status.root, "filter"), "dropped")), now_ms = api->birth.loop->now_ms;
	struct filter_rate *rate = &api->filter;

	if (api_filter_state(api) != API_FILTER_ATTACHED) {
		*rate = (struct filter_rate){ 0 };
		return;
	}
	/* Fewer than before: it was attached anew. */
	if (rate->at_ms && now_ms > rate->at_ms && dropped >= rate->dropped)
		rate->per_s = (dropped - rate->dropped) * 1000 / (now_ms - rate->at_ms);
	rate->is_known = rate->at_ms && dropped >= rate->dropped;
	rate->dropped = dropped;
	rate->at_ms = now_ms;
}

void filter_put_packets(const struct api *api, bool is_all, struct json_writer *json)
{
	if (!is_all || !api->filter.is_known) {
		json_put_null(json, SPAN("packets"));
		return;
	}
	json_open(json, SPAN("packets"), '{');
	json_put_number(json, SPAN("dropped_per_s"), api->filter.per_s);
	json_close(json, '}');
}
