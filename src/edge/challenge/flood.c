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

/* What belongs to a page, of a client that asks for everything as for a page. Who lies has the budget of parts. */
bool challenge_is_part(const struct request *request)
{
	static const struct span endings[] = {
		SPAN_INIT(".css"), SPAN_INIT(".js"), SPAN_INIT(".svg"), SPAN_INIT(".png"), SPAN_INIT(".jpg"), SPAN_INIT(".gif"), SPAN_INIT(".webp"),
		SPAN_INIT(".ico"), SPAN_INIT(".woff2"),
	};

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		if (span_ends(request->head.path, endings[i]))
			return true;
	}
	return !challenge_is_navigation(request);
}

static enum challenge_wish wish_of(const struct request *request)
{
	return challenge_is_part(request) ? CHALLENGE_PART : CHALLENGE_PAGE;
}

/* Everybody is counted: that his kind floods may be seen a moment later only. */
void flood_watch(struct request *request, const struct visit *visit)
{
	struct caller *caller = &request->caller;
	bool is_at_human_pace;

	if (request_is_priority(request) || (meter_level(request->site->meter) != LEVEL_ATTACK && !challenge_is_pressed(request)))
		return;
	is_at_human_pace = challenge_is_at_human_pace(challenge_memory_of(request), visit, wish_of(request));
	caller->is_watched = caller_is_moved_for_kind(caller);
	caller->is_hasty = caller->is_watched && !is_at_human_pace;
}

bool flood_is_to_pause(const struct request *request)
{
	const struct caller *caller = &request->caller;

	return caller->is_watched && caller->lane == LANE_CROWD && !challenge_is_part(request) && !request->is_carried && !observes(request);
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

	caller->is_hasty = !challenge_was_at_human_pace(challenge_memory_of(request), visit, wish_of(request));
	if (caller->is_hasty)
		caller->lane = LANE_GREEDY;
}
