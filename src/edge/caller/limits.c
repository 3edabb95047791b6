/* The site's rate limits, as a request comes to them and when it is over. */
#include "edge/challenge/challenge.h"
#include "message/path.h"

#include "base/banned.h"

static uint64_t now_us(const struct request *request)
{
	return request->connection->worker->loop.now_ns / 1000;
}

static struct rate_who who_of(const struct request *request)
{
	return (struct rate_who){ source_key_of(&request->source), request->caller.fingerprint, request->caller.kind };
}

/* The path as most origins read it, as routes have it. */
static struct span path_of(struct request *request)
{
	struct span path = request->head.path;
	char *tidy = path_is_plain(path) ? NULL : arena_take(&request->arena, path.len);

	return tidy ? path_tidy(path, tidy) : path;
}

/* Availability: a class of clients is of citizens, too. Who shows a token, where it was issued and within what it has, is not refused for what his class
 * takes, but for what he himself and all together take; and whoever can still prove himself is asked to, and is not held to what all together take until he has. That his
 * source was served well before is no such proof: so was that of whoever tries out his limit. */
bool caller_is_limited(struct request *request, uint64_t *retry_after_us)
{
	struct rate_table *table = request->connection->worker->common->rates;
	enum class_outcome judged;
	struct caller *caller = &request->caller;
	struct rate_verdict verdict = { NULL, 0, NULL };
	struct rate_who who;

	if (!request->site->rate_limits || !table)
		return false;
	caller->limits = rate_limits_find(request->site->rate_limits, path_of(request));
	who = who_of(request);
	verdict.next = caller->limits;
	do {
		verdict = rate_ask(verdict.next, table, &who, now_us(request));
		judged = verdict.limit && rate_is_of_class(verdict.limit) ? challenge_judge_class(request) : CLASS_REFUSED;
	} while (judged == CLASS_EXCUSED);
	*retry_after_us = verdict.retry_after_us;
	caller->is_over_class = judged == CLASS_ASKED;
	return verdict.limit && !caller->is_over_class;
}

void caller_charge_limits(const struct request *request, const struct rate_spent *spent)
{
	struct rate_table *table = request->connection->worker->common->rates;
	struct rate_who who;

	if (!request->caller.limits)
		return;
	who = who_of(request);
	rate_charge(request->caller.limits, table, &who, spent, now_us(request));
}
