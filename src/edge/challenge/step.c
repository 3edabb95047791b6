/* Who is asked: strangers who want a page, neither known nor partners, while they would wait for long. Never a program, a feed, a picture,
 * nor a bot that DNS proves to be a good one. */
#include "edge/challenge/inner.h"
#include "edge/observing/observing.h"

#include "base/banned.h"

bool challenge_is_page(const struct request *request)
{
	return request->is_own && request->status == 503 && (request->reason == REASON_CHALLENGED || request->reason == REASON_WAITING);
}

/* A flood with tokens, before its kind is seen to flood: nobody who reads asks for pages so fast. */
static bool token_is_hasty(const struct request *request, const struct visit *visit, const struct token *token)
{
	return !challenge_token_is_at_human_pace(challenge_memory_of(request), token, !challenge_is_part(request), visit->now_us);
}

static enum lane lane_in_flood(const struct request *request)
{
	return request->caller.is_hasty ? LANE_GREEDY : LANE_CROWD;
}

/* Nobody is worse off for what he shows, but while there is no room for all: in a flood of his kind, or when he asks faster than a person does. Where he
 * does both, nothing speaks for him. */
static void set_lane_of_token(struct request *request, const struct visit *visit, const struct token *token, bool is_pressed)
{
	struct caller *caller = &request->caller;
	bool is_forced = caller->is_watched;
	enum lane lane = caller->is_watched ? lane_in_flood(request) : caller_is_moved_for_kind(caller) ? LANE_REST : token_queue_lane(token, visit->asker.now_ms);

	if (is_pressed && caller->lane > LANE_KNOWN && token_is_hasty(request, visit, token)) {
		lane = caller->is_watched ? LANE_GREEDY : LANE_REST;
		is_forced = true;
	}
	if (lane < caller->lane || is_forced)
		caller->lane = lane;
}

bool challenge_is_pressed(struct request *request)
{
	return edge_settings_of(request->site->site->sections)->challenge == EDGE_CHALLENGE_ALWAYS || request_is_pressed(request);
}

/* Shown where it was issued: one that is passed around frees nobody else of what he owes. */
static bool is_his_own(const struct visit *visit, bool has_moved)
{
	return !has_moved && visit->shown.lane < TOKEN_LOW;
}

bool challenge_excuses(struct request *request)
{
	struct visit visit;

	if (request->caller.is_excused)
		return true;
	if (!visit_of(request, &visit) || !visit_is_admitted(&visit) || !is_his_own(&visit, token_moves(&visit.asker, &visit.shown)))
		return false;
	caller_saw_token(request);
	request->caller.account = challenge_account_of_token(&visit.shown);
	request->caller.is_excused = challenge_is_within(challenge_memory_of(request), &request->caller.account, visit.now_us);
	return request->caller.is_excused;
}

/* One more request of his account, unless that was charged before. He asks too often, or takes too long of the origins. */
static bool is_beyond_budget(const struct request *request, const struct visit *visit)
{
	struct challenge_memory *memory = challenge_memory_of(request);
	const struct caller *caller = &request->caller;
	bool is_within = caller->is_excused || caller->is_within || challenge_is_within(memory, &caller->account, visit->now_us);

	return !is_within || challenge_owes_time(memory, &caller->account, visit->now_us);
}

static bool is_greedy(const struct request *request, const struct visit *visit)
{
	const struct caller *caller = &request->caller;

	return !caller->is_known && !caller->is_admitted && !caller->is_partner && is_beyond_budget(request, visit);
}

/* A renewed token goes with pages only: what lies about them is what other caches keep. */
void challenge_take_token(struct request *request, struct visit *visit)
{
	bool has_moved = token_moves(&visit->asker, &visit->shown), pressed = challenge_is_pressed(request);

	request->caller.account = challenge_account_of_token(&visit->shown);
	set_lane_of_token(request, visit, &visit->shown, pressed);
	if (is_his_own(visit, has_moved))
		caller_saw_token(request);
	if (has_moved && challenge_is_navigation(request))
		visit_give(request, visit, &visit->shown);
	if (pressed && is_greedy(request, visit))
		request->caller.lane = LANE_GREEDY;
}

/* Nobody with a token is asked again; who goes beyond its budget has next to nothing until it is within again. */
static enum step_outcome go_on_admitted(struct request *request, struct visit *visit)
{
	challenge_take_token(request, visit);
	return STEP_NEXT;
}

void challenge_take_wait(struct request *request, const struct visit *visit, const struct token *token)
{
	set_lane_of_token(request, visit, token, true);
}

/* A program, a picture, a feed: nobody is there to be asked, and it may have what nobody else needs. A POST comes back, or its form goes along with the page. */
static enum step_outcome hold_off(struct request *request, const struct visit *visit)
{
	bool is_page = challenge_is_navigation(request);

	if (!is_page && method_is_safe(request->head.method)) {
		request->caller.lane = request->caller.is_watched ? lane_in_flood(request) : LANE_REST;
		return STEP_NEXT;
	}
	if (observe(request, is_page ? DECISION_CHALLENGE : DECISION_LIMIT, REASON_CHALLENGED)) {
		if (request->caller.is_hasty || request_is_pressed(request))
			request_count_pressure(request, true);
		return STEP_NEXT;
	}
	if (request->caller.is_hasty || request_is_pressed(request))  /* or he is asked for his kind, or because a person wants everybody to be */
		request_hold_off(request);
	if (!method_is_safe(request->head.method))
		return is_page ? challenge_carry(request) : challenge_refuse(request);
	return challenge_ask_visitor(request, visit, SPAN_NONE);
}

/* A person let his source in: he is asked nothing, and his browser has it in writing for as long, for when it comes by another way. */
static enum step_outcome go_on_let_in(struct request *request, struct visit *visit)
{
	uint64_t until_us = request->caller.admitted_until_us, left_s = until_us > visit->now_us ? (until_us - visit->now_us) / 1000000 : 0;
	struct token token;

	if (visit_is_admitted(visit))
		challenge_take_token(request, visit);
	else if (left_s && challenge_is_navigation(request) && challenge_let_in(challenge_memory_of(request), visit, (uint32_t)left_s, &token) == RESULT_OK)
		visit_give(request, visit, &token);
	return STEP_NEXT;
}

/* A wait is a wait, with a cookie or without; and who owes for what he took owes it still. */
static enum step_outcome go_on_passing(struct request *request, const struct visit *visit)
{
	struct caller *caller = &request->caller;

	if (caller->is_watched)
		caller->lane = lane_in_flood(request);
	caller->account = challenge_account_of_pass(visit);
	if (is_beyond_budget(request, visit))
		caller->lane = LANE_GREEDY;
	return STEP_NEXT;
}

/* Whose kind floods is asked for as long as the site is attacked: in his lane there is no room, although others have some. */
static enum step_outcome decide(struct request *request, struct visit *visit)
{
	bool is_short;

	if (challenge_is_carried(request))
		return challenge_bring_back(request);
	if (request->caller.partner)
		return STEP_NEXT;
	if (request->caller.is_admitted)
		return go_on_let_in(request, visit);
	if (visit_is_admitted(visit))
		return go_on_admitted(request, visit);
	if (request->caller.lane < LANE_PLAUSIBLE || request->caller.bot || request_is_priority(request))
		return STEP_NEXT;
	is_short = request->caller.is_watched || challenge_is_pressed(request);
	if (visit_is_proven(request, visit))
		return is_short ? go_on_passing(request, visit) : STEP_NEXT;
	if (is_short)
		return hold_off(request, visit);
	request->caller.may_be_asked = !visit->has_token && method_is_safe(request->head.method) && challenge_is_navigation(request);
	return STEP_NEXT;
}

/* Who waited has a token of the last lane, or without cookies a pass. What he has of it is charged; what his source owes, he owes. */
static bool is_excused_for_waiting(struct request *request, const struct visit *visit)
{
	struct caller *caller = &request->caller;

	if (!visit_is_proven(request, visit) || (visit->has_token && visit->shown.lane < TOKEN_LOW))
		return false;
	caller->account = visit->has_token ? challenge_account_of_token(&visit->shown) : challenge_account_of_pass(visit);
	caller->is_within = challenge_is_within(challenge_memory_of(request), &caller->account, visit->now_us);
	return caller->is_within;
}

/* What is sent to the reserved path is excused: there nothing else could be shown. Who comes with a token from another network is asked, once. */
enum class_outcome challenge_judge_class(struct request *request)
{
	const struct caller *caller = &request->caller;
	struct visit visit;
	bool has_moved, is_spent;

	if (caller->is_within || challenge_excuses(request))  /* of two classes each asks, and he is charged once */
		return CLASS_EXCUSED;
	if (caller->bot || caller->partner || !visit_of(request, &visit))
		return CLASS_REFUSED;
	has_moved = visit.has_token && token_moves(&visit.asker, &visit.shown);
	if (challenge_is_admit(request) || (!has_moved && is_excused_for_waiting(request, &visit)))
		return CLASS_EXCUSED;
	is_spent = !has_moved && visit_is_proven(request, &visit);
	return !is_spent && method_is_safe(request->head.method) && challenge_is_navigation(request) && !request_is_priority(request) ? CLASS_ASKED : CLASS_REFUSED;
}

enum step_outcome challenge_ask_early(struct request *request)
{
	struct visit visit;

	if (!visit_of(request, &visit) || observe(request, DECISION_CHALLENGE, REASON_CHALLENGED))
		return STEP_NEXT;
	return challenge_ask_visitor(request, &visit, SPAN_NONE);
}

enum step_outcome challenge_ask_late(struct request *request)
{
	struct visit visit;

	request->caller.may_be_asked = false;
	if (!visit_of(request, &visit))
		return STEP_NEXT;
	flood_watch(request, &visit);  /* he may have come before anything was short */
	return challenge_ask_visitor(request, &visit, SPAN_NONE);
}

enum step_outcome step_challenge(struct request *request)
{
	enum step_outcome outcome;
	struct visit visit;

	if (request->pause_until_ms && !flood_has_paused(request))
		return STEP_WAIT;
	if (request->collected)
		outcome = challenge_collect(request);
	else if (request_is_probe(request) || request_is_bypassed(request) || !visit_of(request, &visit))
		return STEP_NEXT;
	else if (request->pause_until_ms) {
		if (!request->is_h2 && request->connection->has_hung_up)  /* long enough: he clicked on */
			return request_hang_up(request, REASON_CLIENT_GONE);
		flood_look_again(request, &visit);
		outcome = STEP_NEXT;
	} else {
		flood_watch(request, &visit);
		outcome = decide(request, &visit);
		if (outcome == STEP_NEXT && flood_is_to_pause(request))
			outcome = flood_pause(request);
	}
	if (outcome == STEP_NEXT)
		visit_hide(request);
	return outcome;
}
