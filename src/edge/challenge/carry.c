/* The form of a stranger: read, sealed, sent along with the page; and what comes back, which goes on as if it had come at once.
 *
 * Limits   CARRY_BODY_MAX bytes of urlencoded text, with a length announced, sent by a page of this very site
 */
#include "edge/challenge/inner.h"
#include "edge/observing/observing.h"

#include "base/banned.h"

#define COMES_BACK_MAX (CARRY_TEXT_LEN(CARRY_BODY_MAX) + 512)
#define REFUSED_RETRY_S 10u

/* A body that is read before anything is decided. In the request's arena. */
struct collected {
	char *text;
	size_t len, size;
	enum step_outcome (*then)(struct request *request, struct span body);
};

/* Only what a person's browser sends again as it was goes back to it: everything else is told when to come back. */
enum step_outcome challenge_refuse(struct request *request)
{
	request->retry_s = REFUSED_RETRY_S;
	return request_answer(request, 429, DECISION_LIMIT, REASON_CHALLENGED);
}

static struct span field_of(const struct request *request, struct span name)
{
	const struct field *field = fields_find_name(&request->head.fields, name);

	return field ? field->value : SPAN_NONE;
}

/* Security: a page of another site cannot have its form carried. Browsers say it themselves; older ones name the page's origin. */
static bool is_of_this_site(const struct request *request)
{
	struct span origin = field_of(request, SPAN("origin")), site = field_of(request, SPAN("sec-fetch-site"));

	if (site.len)
		return span_equal(site, SPAN("same-origin"));
	if (span_starts_nocase(origin, SPAN("https://")))
		origin = span_skip(origin, 8);
	else if (span_starts_nocase(origin, SPAN("http://")))
		origin = span_skip(origin, 7);
	else
		return false;
	return span_equal_nocase(origin, request->head.authority);
}

static bool is_urlencoded(const struct request *request)
{
	struct span type = field_of(request, SPAN("content-type"));

	return span_equal_nocase(span_trim(span_cut(&type, ';')), SPAN("application/x-www-form-urlencoded")) &&
	       !fields_find(&request->head.fields, FIELD_CONTENT_ENCODING);
}

/* -- reading -- */

static enum step_outcome collect(struct request *request, size_t max, enum step_outcome (*then)(struct request *request, struct span body))
{
	const struct body_size *body = &request->head.body;
	struct collected *collected;

	if (request->head.method != METHOD_POST || !is_urlencoded(request) || !body->is_known || !body->bytes || body->bytes > max)
		return challenge_refuse(request);
	collected = arena_new(&request->arena, struct collected);
	if (collected)
		*collected = (struct collected){ arena_take(&request->arena, (size_t)body->bytes), 0, (size_t)body->bytes, then };
	if (!collected || !collected->text)
		return request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
	request->collected = collected;
	request_body_begin(request);
	request->is_holding = request->up_has_begun = true;
	request_set_clock(request, request->route->settings->timeouts.idle_ms);
	return challenge_collect(request);
}

static enum step_outcome collected_all(struct request *request)
{
	struct collected *collected = request->collected;

	request->collected = NULL;
	request->is_holding = request->up_has_begun = false;
	request->up_is_whole = true;
	timer_cancel(&request->connection->worker->loop.timers, &request->timer);
	return collected->then(request, span_make(collected->text, collected->len));
}

static enum step_outcome wait_for_more(struct request *request, bool has_moved)
{
	if (has_moved)
		request_set_clock(request, request->route->settings->timeouts.idle_ms);
	request_body_ask(request);
	if (request->reason != REASON_CLIENT_SLOW && !request_body_is_slow(request))
		return STEP_WAIT;
	request->collected = NULL;
	return request_answer(request, 408, DECISION_DROP, REASON_CLIENT_SLOW);
}

enum step_outcome challenge_collect(struct request *request)
{
	struct collected *collected = request->collected;
	size_t before = collected->len;
	struct span piece;
	enum result result;

	while ((result = request_body_peek(request, &piece)) == RESULT_OK) {
		piece = span_take(piece, collected->size - collected->len);
		if (!piece.len)
			break;  /* a length that was announced is kept: it cannot be more */
		memcpy(collected->text + collected->len, piece.at, piece.len);
		collected->len += piece.len;
		request_body_take(request, piece.len);
	}
	if (result == RESULT_END)
		return collected_all(request);
	if (result == RESULT_MORE)
		return wait_for_more(request, collected->len != before);
	request->collected = NULL;
	if (result == RESULT_NO_MEMORY)
		return request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
	return request_answer_fault(request, request->fault == HTTP_FAULT_NONE ? HTTP_FAULT_BODY_SHORT : request->fault);
}

/* -- away -- */

/* Path and query: what it was sent to. Without memory, empty. */
static struct span url_of(struct request *request)
{
	const struct request_head *head = &request->head;
	struct buffer text;
	struct span url = SPAN_NONE;

	buffer_init(&text, CARRY_URL_MAX);
	if (buffer_append(&text, head->path) == RESULT_OK && (!head->has_query || buffer_append(&text, SPAN("?")) == RESULT_OK) &&
	    buffer_append(&text, head->query) == RESULT_OK)
		url = arena_copy(&request->arena, buffer_span(&text));
	buffer_done(&text);
	return url;
}

static enum step_outcome send_along(struct request *request, struct span body)
{
	size_t len = CARRY_TEXT_LEN(body.len);
	char *sealed = arena_take(&request->arena, len);
	struct span url = url_of(request);
	struct visit visit;

	if (!visit_of(request, &visit) || !sealed || !url.len || carry_seal(&visit.asker, url, body, sealed) != RESULT_OK)
		return challenge_refuse(request);
	return challenge_ask_visitor(request, &visit, span_make(sealed, len));
}

enum step_outcome challenge_carry(struct request *request)
{
	/* What comes back is longer than what went. */
	if (!is_of_this_site(request) || request->route->settings->limits.body_bytes < (int64_t)COMES_BACK_MAX)
		return challenge_refuse(request);
	return collect(request, CARRY_BODY_MAX, send_along);
}

/* -- and back -- */

bool challenge_is_carried(const struct request *request)
{
	return request->head.method == METHOD_POST && !request->is_carried && request->head.has_query &&
	       span_ends(request->head.query, SPAN(CHALLENGE_CARRIED)) &&
	       (request->head.query.len == sizeof(CHALLENGE_CARRIED) - 1 ||
	        request->head.query.at[request->head.query.len - sizeof(CHALLENGE_CARRIED)] == '&');
}

/* As the visitor's browser sent it first: without our parameter. */
static void unmark(struct request_head *head)
{
	size_t mark = sizeof(CHALLENGE_CARRIED) - 1;

	if (head->query.len == mark) {
		head->has_query = false;
		head->query = SPAN_NONE;
		mark++;
	} else {
		head->query.len -= ++mark;
	}
	if (span_ends(head->target, SPAN(CHALLENGE_CARRIED)))
		head->target.len -= mark;
}

/* Rules, and the origin, see the length of what they get. */
static enum result set_length(struct request *request, size_t len)
{
	struct fields *fields = &request->head.fields;
	char *digits = arena_take(&request->arena, DECIMAL_MAX);

	if (!digits)
		return RESULT_NO_MEMORY;
	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->list[i].id == FIELD_CONTENT_LENGTH)
			fields->list[i].value = span_make(digits, decimal_write(len, digits));
	}
	request->head.body = (struct body_size){ len ? BODY_LENGTH : BODY_NONE, true, len };
	return RESULT_OK;
}

/* Who shows no token has waited: the form brings its puzzle along. */
static enum result admit(struct request *request, struct visit *visit, struct span ask)
{
	struct token token;
	uint64_t left_ms;
	enum result result;

	if (request->caller.is_admitted || observes(request))  /* it was on when he was asked, perhaps: he is kept waiting no more */
		return RESULT_OK;
	if (visit_is_admitted(visit)) {
		challenge_take_token(request, visit);
		return RESULT_OK;
	}
	result = challenge_admit_wait(request->connection->worker->common->challenge, visit, ask, &token, &left_ms);
	if (result != RESULT_OK)
		return result;
	visit_give(request, visit, &token);
	challenge_take_wait(request, visit, &token);
	return RESULT_OK;
}

/* Security, fails closed: what does not open, and what has come before, goes no further. */
static enum step_outcome take_back(struct request *request, struct span body)
{
	struct span ask = parameter_of(body, SPAN("ask")), sealed = parameter_of(body, SPAN("sealed")), form = SPAN_NONE, url;
	char *text = arena_take(&request->arena, sealed.len + 1);
	struct challenge_ask again = { .sealed = sealed };
	uint64_t number;
	struct visit visit;
	enum result result;

	unmark(&request->head);
	again.to = url = url_of(request);
	if (!text || !url.len || !visit_of(request, &visit) || carry_open(&visit.asker, url, sealed, text, &form, &number) != RESULT_OK)
		return challenge_refuse(request);
	result = admit(request, &visit, ask);
	if (result == RESULT_MORE && challenge_ask_again(&visit, ask, &again) == RESULT_OK)
		return challenge_answer_page(request, &again);  /* for as long as is left */
	if (result != RESULT_OK || !challenge_spend(request->connection->worker->common->challenge, number, visit.now_us))
		return challenge_refuse(request);
	if (set_length(request, form.len) != RESULT_OK)
		return request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
	request->is_carried = true;
	request->carried = form;
	request->up_is_whole = false;
	request->up_bytes = 0;
	return STEP_NEXT;
}

enum step_outcome challenge_bring_back(struct request *request)
{
	return collect(request, COMES_BACK_MAX, take_back);
}
