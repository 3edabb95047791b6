/* Who shows a partner's token (guard/partner.h). */
#include "edge/request.h"

#include "guard/partner.h"
#include "message/scan.h"

#include "base/banned.h"

/* Of a head that was refused, whatever follows the name there. Another name that only begins with it is somebody else's. */
static bool is_ours(struct span name)
{
	struct span word = span_trim(name);
	const char *end = scan_class(word.at, word.at + word.len, BYTE_TOKEN);

	return span_equal_nocase(span_take(word, (size_t)(end - word.at)), SPAN(PARTNER_FIELD));
}

/* Security: a token is a secret between two. Of two fields nobody knows which is meant. */
static struct span take_out(struct fields *fields)
{
	struct span shown = SPAN_NONE;
	unsigned kept = 0, count = 0;

	for (unsigned i = 0; i < fields->count; i++) {
		if (is_ours(fields->list[i].name)) {
			shown = count++ ? SPAN_NONE : fields->list[i].value;
			continue;
		}
		if (kept != i)
			fields->list[kept] = fields->list[i];
		kept++;
	}
	fields->count = kept;
	return shown;
}

void caller_take_partner(struct request *request)
{
	request->caller.shown_partner = take_out(&request->head.fields);
}

void caller_drop_partner(struct fields *trailers)
{
	(void)take_out(trailers);
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
