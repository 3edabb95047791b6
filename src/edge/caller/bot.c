/* Who says to be a good bot. */
#include "edge/caller/bot_names.h"
#include "edge/request.h"

#include "base/banned.h"

void caller_meet_bot(struct request *request)
{
	struct bot_names *names = request->connection->worker->common->bot_names;
	const struct field *agent = fields_find(&request->head.fields, FIELD_USER_AGENT);
	struct bot_claim claim = { .address = request->source, .bots = request->site->bots };
	const struct bot *bot = NULL;

	if (!names || !claim.bots || !agent || request->fault != HTTP_FAULT_NONE)
		return;
	claim.claimed = bots_claimed(claim.bots, agent->value);
	if (!claim.claimed)
		return;
	switch (bot_names_ask(names, &claim, request->connection->worker->loop.now_ms, &bot)) {
	case BOT_PROVEN:
		request->caller.bot = bot;
		caller_choose_lane(&request->caller);
		break;
	case BOT_REFUTED:
		request->caller.impostor_of = bot;
		break;
	case BOT_UNPROVEN:
		break;
	}
}
