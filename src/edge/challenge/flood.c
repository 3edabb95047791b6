/* Whose kind floods the site: what he shows counts for little, for that is what the flood has to show, too. One kind has both of them, and pace is what tells
 * them apart: a page that asks at a person's pace waits a moment, for what else its source asks meanwhile. */
#include "edge/challenge/inner.h"
#include "edge/observing/observing.h"

#include "base/banned.h"

struct challenge_memory *challenge_memory_of(const struct request *request)
{
	return request->connection->worker->common->challenge;
}

/* A person who goes to a page, in a window of his own: browsers say so (Fetch metadata), older ones ask for HTML. */
bool challenge_is_navigation(const struct request *request)
{
	const struct fields *fields = &request->head.fields;
	const struct field *dest = fields_find_name(fields, SPAN("sec-fetch-dest")), *accept = fields_find(fields, FIELD_ACCEPT);
	enum method method = request->head.method;

	return (method == METHOD_GET || method == METHOD_HEAD || method == METHOD_POST) && !request_wants_tunnel(request) &&
	       (!dest || span_equal(dest->value, SPAN("document"))) && accept && span_contains(accept->value, SPAN("text/html"));
}

/* What belongs to a page, by its name. Who lies has the budget of parts. */
static bool is_named_as_part(const struct request *request)
{
	static const struct span endings[] = {
		SPAN_INIT(".css"), SPAN_INIT(".js"), SPAN_INIT(".svg"), SPAN_INIT(".png"), SPAN_INIT(".jpg"), SPAN_INIT(".gif"), SPAN_INIT(".webp"),
		SPAN_INIT(".ico"), SPAN_INIT(".woff2"),
	};

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		if (span_ends(request->head.path, endings[i]))
			return true;
	}
	return false;
}

/* There are clients that ask for everything as for a page. */
bool challenge_is_part(const struct request *request)
{
	return is_named_as_part(request) || !challenge_is_navigation(request);
}

/* His browser reloads the page that he was asked for, and may be sent on from there: for one who clicked once. */
static bool has_just_come(const struct visit *visit)
{
	return visit_is_admitted(visit) && visit->asker.now_ms / 1000 <= (uint64_t)visit->shown.made_s + 1;
}

static enum challenge_wish wish_of(const struct request *request, const struct visit *visit, bool is_proven)
{
	if (!challenge_is_part(request))
		return has_just_come(visit) ? CHALLENGE_ENTRY : CHALLENGE_PAGE;
	return is_proven ? CHALLENGE_PART : CHALLENGE_PART_UNPROVEN;
}

/* Where nobody waits for a place at the origin nobody can be sent behind the others. */
static bool is_short(struct request *request)
{
	return request->route->origins->concurrency.mode != CONCURRENCY_OFF && !request_is_priority(request) &&
	       (meter_level(request->site->meter) == LEVEL_ATTACK || request_is_pressed(request));
}

/* Once, and every stranger: that his kind floods may be seen a moment later only. What somebody else's page has his browser ask is not held against him, and has next to
 * nothing; nor is what a program asks that has shown nothing. */
void flood_watch(struct request *request, const struct visit *visit)
{
	struct caller *caller = &request->caller;
	bool is_proven, is_nothing, is_at_human_pace;

	if (caller->is_paced || !caller_is_stranger(caller) || !is_short(request))
		return;
	caller->is_paced = true;
	is_proven = visit_is_proven(request, visit);
	is_nothing = challenge_is_part(request) && (caller_is_made_to_ask(request) || (!is_proven && !is_named_as_part(request)));
	is_at_human_pace = !is_nothing && challenge_is_at_human_pace(challenge_memory_of(request), visit, wish_of(request, visit, is_proven));
	caller->is_watched = caller_is_moved_for_kind(caller);
	caller->is_hasty = caller->is_watched && !is_at_human_pace;
}

/* Whom others wait for does not: he fetches a page for all of them (caching.h). */
bool flood_is_to_pause(const struct request *request)
{
	const struct caller *caller = &request->caller;

	return caller->is_watched && caller->lane == LANE_CROWD && !challenge_is_part(request) && !request->is_carried && !request->caching.leads && !observes(request);
}

enum step_outcome flood_pause(struct request *request)
{
	request->pause_until_ms = request_worker(request)->loop.now_ms + CHALLENGE_PAUSE_MS;
	request->is_paused = true;
	request_set_clock(request, CHALLENGE_PAUSE_MS);
	return STEP_WAIT;
}

bool flood_has_paused(struct request *request)
{
	struct loop *loop = &request_worker(request)->loop;

	if (loop->now_ms < request->pause_until_ms)
		return false;
	request->is_paused = false;
	timer_cancel(&loop->timers, &request->timer);
	return true;
}

void flood_look_again(struct request *request, const struct visit *visit)
{
	struct caller *caller = &request->caller;

	caller->is_hasty = !challenge_was_at_human_pace(challenge_memory_of(request), visit, CHALLENGE_PAGE);
	if (caller->is_hasty)
		caller->lane = LANE_GREEDY;
}
