/* To which origin, and whether now: the step before there is a connection. */
#include "edge/challenge/challenge.h"
#include "edge/inspect/inspect.h"
#include "edge/observing/observing.h"

#include "base/encode.h"
#include "guard/challenge.h"

#include "base/banned.h"

#define NOTICED_MS 250u

/* -- which origin -- */

/* The member's key from the sticky cookie; 0 when there is none. */
static uint64_t sticky_key(const struct request *request)
{
	struct span name = request->route->origins->sticky_cookie;
	const struct fields *fields = &request->head.fields;
	uint64_t key = 0;

	for (unsigned i = 0; name.len && i < fields->count; i++) {
		struct span cookies = fields->list[i].id == FIELD_COOKIE ? fields->list[i].value : SPAN_NONE;

		while (cookies.len) {
			struct span pair = span_trim(span_cut(&cookies, ';'));
			struct span left = span_cut(&pair, '=');

			if (span_equal(left, name) && hex_read(pair, &key, sizeof(key)) == RESULT_OK)
				return key;
		}
	}
	return 0;
}

struct pool_wish request_wish(const struct request *request)
{
	return (struct pool_wish){
		.visitor = span_make((const char *)request->source.bytes, sizeof(request->source.bytes)),
		.sticky = sticky_key(request), .tried = request->tried, .now_ms = request_worker(request)->loop.now_ms,
	};
}

const struct pool_member *request_take_member(struct request *request)
{
	struct pool_wish wish = request_wish(request);

	request->sticky_key = wish.sticky;
	return pool_take(request->route->pool, &wish);
}

static enum step_outcome answer_no_member(struct request *request)
{
	if (request->has_timed_out)
		return request_answer_failed(request, 504, DECISION_DROP, REASON_ORIGIN_TIMEOUT);
	return request_answer_failed(request, request->tries ? 502 : 503, request->tries ? DECISION_DROP : DECISION_LIMIT,
	                             request->tries ? request->failed_reason : REASON_NO_ORIGIN);
}

/* -- the step -- */

/* In vain: the fact tells where, and how long. */
static void end_wait(struct request *request)
{
	if (request->turn.member) {
		request->last_member = request->turn.member;
		request->connect_ns = request_worker(request)->loop.now_ns;
	}
	request_leave_place(request);
}

static enum step_outcome refuse(struct request *request, enum reason reason)
{
	enum step_outcome outcome;

	end_wait(request);
	if (request->caller.is_hasty)
		request->retry_s = CHALLENGE_MARKED_US / 1000000;  /* sooner he is refused again */
	outcome = request->caller.may_be_asked ? challenge_ask_late(request) : STEP_NEXT;
	return outcome != STEP_NEXT ? outcome : request_answer_failed(request, 503, DECISION_LIMIT, reason);
}

/* The place is the request's: on to CONNECT. False: the origin has reached the limit that this site gives it. */
static bool enter(struct request *request)
{
	if (!pool_enter(request->turn.member))
		return false;
	request->member = request->turn.member;
	return true;
}

/* The clock rings when its patience ends, and before that, once, to look whether it has gone. */
static void set_waiting_clock(struct request *request)
{
	uint64_t now_ms = request_worker(request)->loop.now_ms, at_ms = request->turn.until_ms;

	if (now_ms < request->turn.since_ms + NOTICED_MS && request->turn.since_ms + NOTICED_MS < at_ms)
		at_ms = request->turn.since_ms + NOTICED_MS;
	request_set_clock(request, at_ms > now_ms ? (int64_t)(at_ms - now_ms) : 1);
}

/* Who is asked when he has waited in vain is not asked too late for it. */
static uint64_t patience_ms(const struct request *request)
{
	uint64_t patience_ms = (uint64_t)request->route->origins->concurrency.patience_ms;

	return request->caller.may_be_asked && patience_ms > CHALLENGE_WAIT_US / 1000 ? CHALLENGE_WAIT_US / 1000 : patience_ms;
}

static enum step_outcome wait_for_turn(struct request *request)
{
	struct turn *turn = &request->turn;
	uint64_t now_ms = request_worker(request)->loop.now_ms;

	if (!turn->until_ms)
		turn->until_ms = now_ms + patience_ms(request);
	turn->has_waited = true;
	turn->since_ms = now_ms;
	set_waiting_clock(request);
	return STEP_WAIT;
}

/* A wait that somebody notices, or a refusal: not what a browser's own requests do to one another for a moment. */
static void note_wait(const struct request *request)
{
	origin_press(request->turn.member->origin, request_worker(request)->loop.now_ms);
}

/* Who took more than his token has is refused for that, and says nothing of the origin. */
static void note_refusal(struct request *request)
{
	if (request->caller.lane == LANE_GREEDY)
		return;
	note_wait(request);
	request_press(request);
	request_count_pressure(request, true);
}

/* It is observed, and has its place: what would have become of it. */
static enum admission_answer note_answer(struct request *request, enum admission_answer answer)
{
	bool is_news = !would_be_over(request);  /* or it was held off before, and counted for that */

	if (answer == ADMISSION_WAIT && request_projected_wait_us(request) >= (uint64_t)NOTICED_MS * 1000) {
		note_wait(request);
		if (is_news)
			request_count_pressure(request, false);
	}
	if (answer == ADMISSION_WAIT)
		observe(request, DECISION_QUEUE, REASON_NONE);
	if (answer == ADMISSION_REFUSE && is_news) {
		note_refusal(request);
		observe(request, request->caller.may_be_asked ? DECISION_CHALLENGE : DECISION_LIMIT, request->caller.may_be_asked ? REASON_CHALLENGED : REASON_QUEUE_FULL);
	}
	return ADMISSION_GO;
}

static enum step_outcome ask_members(struct request *request)
{
	struct pool_wish wish = request_wish(request);
	struct turn *turn = &request->turn;

	request->sticky_key = wish.sticky;
	turn->entry = request_entry(request);
	wish.may_wait = true;
	while ((turn->member = pool_choose(request->route->pool, &wish))) {
		enum admission_answer answer = turn_ask(request);

		if (turn->entry.is_observed)
			answer = note_answer(request, answer);
		if (answer == ADMISSION_WAIT)
			return wait_for_turn(request);
		if (answer == ADMISSION_REFUSE) {
			note_refusal(request);
			turn->member = NULL;
			return refuse(request, REASON_QUEUE_FULL);
		}
		if (enter(request))
			return STEP_NEXT;
		wish.tried |= (uint64_t)1 << (turn->member - request->route->pool->members);
		request_leave_place(request);
	}
	return answer_no_member(request);
}

/* A client that has closed its half may have gone, and nothing else ever tells of a browser that was closed (HTTP/2 says it, and ends the request
 * itself); or it has said all and listens, as nc does: for as long as nobody would notice a wait, it is believed to listen. */
static bool has_gone(const struct request *request)
{
	return !request->is_h2 && request->connection->has_hung_up && request_worker(request)->loop.now_ms >= request->turn.since_ms + NOTICED_MS;
}

static enum step_outcome go_on_waiting(struct request *request)
{
	struct worker *worker = request_worker(request);
	struct turn *turn = &request->turn;
	enum turn_state state = turn_look(request);
	bool is_noticed = worker->loop.now_ms - turn->since_ms >= NOTICED_MS;

	if (is_noticed)
		note_wait(request);
	if (has_gone(request)) {
		turn->is_given_up = true;
		end_wait(request);
		return request_hang_up(request, REASON_CLIENT_GONE);
	}
	if (state == TURN_WAITS && worker->loop.now_ms < turn->until_ms) {
		set_waiting_clock(request);
		return STEP_WAIT;
	}
	if (state != TURN_HELD) {
		note_refusal(request);
		return refuse(request, state == TURN_WAITS ? REASON_QUEUE_LATE : REASON_QUEUE_FULL);
	}
	pthread_mutex_lock(&worker->turns.lock);
	list_remove(&turn->node);
	pthread_mutex_unlock(&worker->turns.lock);
	timer_cancel(&worker->loop.timers, &request->timer);
	if (is_noticed)
		request_count_pressure(request, false);
	if (enter(request))
		return STEP_NEXT;
	note_refusal(request);
	return refuse(request, REASON_QUEUE_FULL);
}

static enum step_outcome take_member(struct request *request)
{
	request->member = request_take_member(request);
	return request->member ? STEP_NEXT : answer_no_member(request);
}

enum step_outcome step_queue(struct request *request)
{
	enum step_outcome outcome;

	if (request_is_probe(request)) {
		request->reason = REASON_PROBE;
		/* 202: observing rules noticed it. */
		return request_answer_with(request, request->waf && inspect_is_refusal(request) ? 202 : 204, SPAN_NONE, SPAN_NONE, SPAN_NONE);
	}
	if (request->turn.member)
		return go_on_waiting(request);
	if (request->route->origins->concurrency.mode == CONCURRENCY_OFF || request_is_bypassed(request))
		return take_member(request);
	outcome = observes(request) ? STEP_NEXT : request_await_front(request);
	return outcome == STEP_NEXT ? ask_members(request) : outcome;
}
