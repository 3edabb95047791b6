#include "edge/observing/observing.h"

#include "edge/observing/observed.h"

#include "base/banned.h"

bool observes(const struct request *request)
{
	return request->site && request->site->observes;
}

bool observe(struct request *request, enum decision decision, enum reason reason)
{
	if (!observes(request))
		return false;
	if (request->would.decision == DECISION_ALLOW)
		request->would = (struct would){ decision, reason };
	return true;
}

bool observing_counts(const struct plan *plan, uint64_t key)
{
	const struct edge_site *site = plan->observes ? plan_find_site(plan, key) : NULL;

	return site && site->observes;
}

bool observing_lets_in(const struct plan *plan, uint64_t key)
{
	return !plan->has_tenants && observing_counts(plan, key);
}

static struct observed_request seen_of(const struct request *request)
{
	return (struct observed_request){ .source = source_key_of(&request->source), .is_known = request->caller.is_known };
}

void observed_of_request(const struct request *request)
{
	struct observed_request seen = seen_of(request);

	if (!observes(request) || !request->site->observed || request_is_probe(request) || request_is_bypassed(request))
		return;
	observed_add(request->site->observed, OBSERVED_ALL, &seen);
	if (request->would.decision != DECISION_ALLOW)
		observed_add(request->site->observed, observed_kind_of(request->would.decision, request->would.reason), &seen);
}

void observed_ban(const struct request *request)
{
	struct observed_request seen = seen_of(request);

	if (request->site->observed)
		observed_add(request->site->observed, OBSERVED_BAN, &seen);
}
