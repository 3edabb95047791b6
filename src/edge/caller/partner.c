/* Who shows a partner's token (guard/partner.h). */
#include "edge/request.h"

#include "guard/partner.h"

#include "base/banned.h"

/* Whatever a head that was refused makes of the name. */
static bool is_ours(struct span name)
{
	return span_starts_nocase(span_trim(name), SPAN(PARTNER_FIELD));
}

/* Security: a token is a secret between two. Of two fields nobody knows which is meant. */
void caller_take_partner(struct request *request)
{
	struct fields *fields = &request->head.fields;
	unsigned kept = 0, count = 0;

	for (unsigned i = 0; i < fields->count; i++) {
		if (is_ours(fields->list[i].name)) {
			request->caller.shown_partner = count++ ? SPAN_NONE : fields->list[i].value;
			continue;
		}
		if (kept != i)
			fields->list[kept] = fields->list[i];
		kept++;
	}
	fields->count = kept;
}

/* Where anybody on the way could have read it, it proves nothing: a proxy that we trust had TLS itself, or is to have it. */
static bool came_in_private(const struct request *request)
{
	return request->connection->is_tls || request->is_source_trusted;
}

void caller_meet_partner(struct request *request)
{
	const struct edge_common *common = request->connection->worker->common;
	const struct guard_site_settings *settings = guard_site_settings(request->site->site);
	const struct loop *loop = &request->connection->worker->loop;
	struct caller *caller = &request->caller;

	if (!caller->shown_partner.len || !settings || !came_in_private(request))
		return;
	caller->partner = partner_find(&settings->partners, caller->shown_partner, (int64_t)(request->wall_ns / 1000000));
	if (!caller->partner)
		return;
	caller->is_over_budget = common->rates && !partner_is_within(caller->partner, common->rates, request->site->key, loop->now_ns / 1000);
	caller->is_excused = !caller->is_over_budget;
	caller_saw_token(request);
	caller_choose_lane(caller);
}

void caller_charge_partner(const struct request *request, uint64_t cost_us)
{
	const struct edge_common *common = request->connection->worker->common;

	if (request->caller.partner && common->rates)
		partner_charge(request->caller.partner, common->rates, request->site->key, cost_us, request->connection->worker->loop.now_ns / 1000);
}
