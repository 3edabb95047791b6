#include "edge/hits/hits_request.h"

#include "edge/inspect/inspect.h"
#include "waf/score.h"

#include "base/banned.h"

static bool has_hit(const struct hit *hits, unsigned count, const struct waf_match *match)
{
	for (unsigned i = 0; i < count; i++) {
		if (hits[i].rule == match->rule->id && span_equal(hits[i].target, match->name))
			return true;
	}
	return false;
}

/* Rules that add to a score or refuse: what only tells something about a request is no hit. */
static unsigned gather(const struct request *request, struct hit hits[HITS_OF_REQUEST])
{
	unsigned count = 0;

	for (const struct waf_match *match = waf_matches(request->waf); match && count < HITS_OF_REQUEST; match = match->next) {
		if (rule_counts(match->rule) && !has_hit(hits, count, match))
			hits[count++] = (struct hit){ match->rule->id, match->phase, match->name };
	}
	return count;
}

/* A browser resets the stream of a redirect that it follows: that is how forms end that were sent and stored. */
static bool is_judged(const struct request *request)
{
	bool has_left = request->reason == REASON_CLIENT_RESET || request->reason == REASON_CLIENT_GONE;

	return request->reason == REASON_NONE || request->reason == REASON_RULES || request->decision == DECISION_LOG ||
	       (has_left && (request->origin_status || inspect_is_refusal(request)));
}

void hits_of_request(const struct request *request)
{
	struct hits_site *site = request->site ? request->site->hits : NULL;
	struct hit hits[HITS_OF_REQUEST];
	struct hits_request seen;

	if (!site || !request->waf || !is_judged(request) || request_is_probe(request))
		return;
	seen = (struct hits_request){ .source = &request->source, .now_s = (uint32_t)(request->wall_ns / 1000000000u),
		                      .method = request_method(request), .path = request->head.path, .hits = hits,
		                      .count = gather(request, hits), .is_refused = inspect_is_refusal(request),
		                      .is_answered = request->origin_status >= 200 && request->origin_status < 400,
		                      .may_retreat = inspect_may_retreat(request) };
	hits_add(site, request->site->key, &seen);
}
