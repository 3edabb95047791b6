/* The reserved path where the answer of somebody who was asked comes:
 *
 *     POST admit?ask=PUZZLE&work=SOLUTION      of the page's script: 204 and the cookie; 403: wait instead
 *     GET  admit?ask=PUZZLE&work=SOLUTION&to=  the same, of a client that follows redirects: 303, or the page with the wait
 *     GET  admit?ask=PUZZLE&to=/path           after the wait: 303 and the cookie; too early: the page again
 *
 * A ; may stand for a &: so that a page's text needs no &amp;.
 *
 * Where guard only observes by now, everybody who was asked before goes where he wanted to go: he would be let in there.
 */
#include "edge/challenge/inner.h"
#include "edge/observing/observing.h"

#include "base/banned.h"

bool challenge_is_admit(const struct request *request)
{
	return span_equal(request->head.path, SPAN(CHALLENGE_ADMIT)) && request->connection->worker->common->challenge &&
	       edge_settings_of(request->site->site->sections)->challenge != EDGE_CHALLENGE_OFF;
}

struct span parameter_of(struct span text, struct span name)
{
	while (text.len) {
		size_t both = span_find(text, '&'), other = span_find(text, ';');
		size_t end = both < other ? both : other;
		struct span value = span_take(text, end);

		text = span_skip(text, end + 1);
		if (span_equal(span_cut(&value, '='), name))
			return value;
	}
	return SPAN_NONE;
}

/* Security: only ever a path of this site ("//elsewhere" and "/\elsewhere" are others), and nothing that would end a field. */
static bool is_own_path(struct span path)
{
	if (!path.len || path.at[0] != '/' || (path.len > 1 && (path.at[1] == '/' || path.at[1] == '\\')))
		return false;
	for (size_t i = 0; i < path.len; i++) {
		if ((unsigned char)path.at[i] <= ' ' || (unsigned char)path.at[i] >= 0x7f)
			return false;
	}
	return true;
}

static struct span target_of(struct request *request)
{
	struct span said = parameter_of(request->head.query, SPAN("to")), target = SPAN_NONE;
	struct buffer text;

	buffer_init(&text, CHALLENGE_TO_MAX);
	if (percent_read(said, &text) == RESULT_OK && is_own_path(buffer_span(&text)))
		target = arena_copy(&request->arena, buffer_span(&text));
	buffer_done(&text);
	return target.len ? target : SPAN("/");
}

/* It goes back to where it wanted to go; a script does so itself. */
static enum step_outcome let_go(struct request *request, enum reason reason)
{
	bool is_script = request->head.method == METHOD_POST;

	request->decision = DECISION_ALLOW;
	request->reason = reason;
	if (is_script)
		return request_answer_with(request, 204, SPAN_NONE, SPAN_NONE, SPAN_NONE);
	return request_answer_with(request, 303, SPAN_NONE, SPAN_NONE, target_of(request));
}

/* Too early: what is left of the same wait. */
static enum step_outcome wait_on(struct request *request, const struct visit *visit, struct span text)
{
	struct challenge_ask ask = { .to = target_of(request) };

	return challenge_ask_again(visit, text, &ask) == RESULT_OK ? challenge_answer_page(request, &ask) : let_go(request, REASON_WAITING);
}

/* What did not let in leads to the wait, never round in circles: the script knows the way (challenge.js). */
static enum step_outcome answer_work(struct request *request, const struct visit *visit, struct span ask, struct span work)
{
	struct token token;

	if (challenge_admit_work(request->connection->worker->common->challenge, visit, ask, work, &token) == RESULT_OK) {
		visit_give(request, visit, &token);
		return let_go(request, REASON_ADMITTED);
	}
	if (observes(request))
		return let_go(request, REASON_WAITING);
	request->decision = DECISION_CHALLENGE;
	request->reason = REASON_WAITING;
	if (request->head.method == METHOD_POST)
		return request_answer_with(request, 403, SPAN_NONE, SPAN_NONE, SPAN_NONE);
	return wait_on(request, visit, ask);
}

static enum step_outcome answer_wait(struct request *request, const struct visit *visit, struct span ask)
{
	struct token token;
	uint64_t left_ms = 0;
	enum result result = challenge_admit_wait(request->connection->worker->common->challenge, visit, ask, &token, &left_ms);

	if (result == RESULT_MORE && !observes(request))
		return wait_on(request, visit, ask);
	if (result == RESULT_OK)
		visit_give(request, visit, &token);
	return let_go(request, result == RESULT_OK ? REASON_ADMITTED : REASON_WAITING);
}

/* Another site's page sends the visitor's browser here: what it would earn or lose is not his wish. */
static bool is_from_elsewhere(const struct request *request)
{
	const struct field *site = fields_find_name(&request->head.fields, SPAN("sec-fetch-site"));

	return site && !span_equal(site->value, SPAN("same-origin")) && !span_equal(site->value, SPAN("none"));
}

enum step_outcome challenge_admit(struct request *request)
{
	struct span query = request->head.query, ask = parameter_of(query, SPAN("ask")), work = parameter_of(query, SPAN("work"));
	enum method method = request->head.method;
	struct visit visit;

	if (method != METHOD_GET && method != METHOD_HEAD && method != METHOD_POST)
		return request_answer(request, 405, DECISION_BLOCK, REASON_METHOD);
	if (!visit_of(request, &visit))
		return request_answer(request, 404, DECISION_ALLOW, REASON_WAITING);
	if (visit_is_admitted(&visit) || is_from_elsewhere(request))  /* somebody went back to this page; or never was on it */
		return let_go(request, REASON_ADMITTED);
	return work.len ? answer_work(request, &visit, ask, work) : answer_wait(request, &visit, ask);
}
