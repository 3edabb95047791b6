/* /api/v1/approvals: what waits for a second pair of eyes. */
#include "event/json.h"
#include "hub/people/approval_kept.h"
#include "hub/people/inside.h"
#include "hub/people/routes/routes.h"
#include "incident/text.h"

#include "base/banned.h"

#define LISTED_MAX 200u
#define WHY_MAX 111u

static void put(struct json_writer *writer, const struct approval *approval, uint64_t now_ms)
{
	bool is_over = approval->status == APPROVAL_WAITING && approval_is_over(approval, now_ms);

	json_put_number(writer, SPAN("id"), approval->number);
	json_put_text(writer, SPAN("what"), span_of(approval_kind_name(approval->kind)));
	json_put_text(writer, SPAN("status"), span_of(approval_status_name(is_over ? APPROVAL_OVER : approval->status)));
	json_put_text(writer, SPAN("author"), approval->author);
	json_put_text(writer, SPAN("tenant"), approval->tenant);
	json_put_text(writer, SPAN("object"), approval->object);
	json_put_text(writer, SPAN("detail"), approval->detail);
	json_put_time_ms(writer, SPAN("at"), approval->asked_ms);
	json_put_time_ms(writer, SPAN("decided"), approval->decided_ms);
	json_put_text(writer, SPAN("decided_by"), approval->decided_by);
	json_put_text(writer, SPAN("why"), approval->why);
}

/* -- the list -- */

struct listing {
	const struct person_view *caller;
	struct json_writer writer;
	uint64_t now_ms;
	unsigned count;
};

static bool list_one(void *context, const struct approval *approval, uint64_t version)
{
	struct listing *listing = context;

	(void)version;
	if (!person_sees(listing->caller, approval->tenant))
		return true;
	json_open(&listing->writer, SPAN_NONE, '{');
	put(&listing->writer, approval, listing->now_ms);
	json_close(&listing->writer, '}');
	return ++listing->count < LISTED_MAX;
}

void route_approvals_get(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	struct listing listing = { .caller = people_caller(people, request), .now_ms = request_ms(request) };
	enum result result;

	people_answer_begin(answer, &listing.writer);
	json_open(&listing.writer, SPAN("approvals"), '[');
	result = approval_each(people->store, list_one, &listing);
	json_close(&listing.writer, ']');
	if (result == RESULT_OK)
		people_answer_end(answer, &listing.writer, 200);
	else
		people_not_kept(answer, result);
}

/* -- deciding -- */

/* Security, fails closed: another person, at once, of what he may see. */
static bool may_decide(const struct person_view *caller, const struct approval *approval, uint64_t now_ms, bool is_yes, struct web_answer *answer)
{
	if (!person_sees(caller, approval->tenant))
		web_refuse(answer, 404, "not-found", "there is no such approval");
	else if (approval->status != APPROVAL_WAITING || approval_is_over(approval, now_ms))
		web_refuse(answer, 409, "not-possible", "it does not wait any more");
	else if (is_yes && span_equal(people_base_name(caller->name), people_base_name(approval->author)))
		web_refuse(answer, 403, "own-approval", "whoever asked for it cannot approve it: that is what four eyes are for");
	else
		return true;
	return false;
}

/* An approval of an older hub may wait for what nobody here does. */
static enum result do_it(struct people *people, const struct approval *approval, struct complaints *complaints)
{
	if (people->applies[approval->kind].apply)
		return people->applies[approval->kind].apply(people->applies[approval->kind].context, approval, complaints);
	complain(complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "this hub cannot do that");
	return RESULT_REFUSED;
}

/* Decided first, so that it is done once at most; what then cannot be done has failed, and says why. */
static void apply(struct people *people, struct approval *approval, uint64_t version, uint64_t wall_ns, char why[AUDIT_OBJECT_BYTES])
{
	struct complaints complaints;
	enum result result;

	complaints_init(&complaints);
	result = do_it(people, approval, &complaints);
	if (result != RESULT_OK) {
		text_set(why, AUDIT_OBJECT_BYTES, complaints.count ? complaints.list[0].text : span_of(result_name(result)));
		approval->status = APPROVAL_FAILED;
		approval->why = span_of(why);
		if (approval_decide(people, approval, version + 1, "approval.failed", wall_ns) != RESULT_OK)
			approval->status = APPROVAL_FAILED;  /* the answer says so, if nothing else does */
	}
	complaints_done(&complaints);
}

static void decide(struct people *people, struct web_request *request, struct web_answer *answer, struct span why, bool is_yes)
{
	const struct person_view *caller = people_caller(people, request);
	char failure[AUDIT_OBJECT_BYTES];
	struct approval approval;
	struct json_writer writer;
	struct json *root;
	uint64_t number, version;
	enum result result = span_to_u64(request->parts[0], INT64_MAX, &number) == RESULT_OK ? approval_find(people->store, number, &approval, &version, &root) : RESULT_NOT_FOUND;

	if (result != RESULT_OK) {
		if (result == RESULT_NOT_FOUND)
			web_refuse(answer, 404, "not-found", "there is no such approval");
		else
			people_not_kept(answer, result);
		return;
	}
	if (may_decide(caller, &approval, request_ms(request), is_yes, answer)) {
		approval.status = is_yes ? APPROVAL_APPROVED : APPROVAL_REJECTED;
		approval.decided_by = caller->name;
		approval.decided_ms = request_ms(request);
		approval.why = why;
		result = approval_decide(people, &approval, version, is_yes ? "approval.approve" : "approval.reject", request->wall_ns);
		if (result == RESULT_OK && is_yes)
			apply(people, &approval, version, request->wall_ns, failure);
		if (result == RESULT_IO)
			web_refuse(answer, 503, "not-recorded", "it could not be written down, so nothing was done");
		else if (result != RESULT_OK)
			people_not_kept(answer, result);
		else if (approval.status == APPROVAL_FAILED)
			web_refuse(answer, 409, "not-possible", "it was approved, and could not be done: %.*s", SPAN_ARG(approval.why));
		else {
			people_answer_begin(answer, &writer);
			put(&writer, &approval, request_ms(request));
			people_answer_end(answer, &writer, 200);
		}
	}
	json_drop(root);
}

static void read_and_decide(struct people *people, struct web_request *request, struct web_answer *answer, bool is_yes)
{
	static const char *const allowed[] = { "why", NULL };
	struct span why = SPAN_NONE;
	struct json *body;

	if (!people_body(request, answer, allowed, &body))
		return;
	if (people_text(body, answer, "why", 0, WHY_MAX, &why))
		decide(people, request, answer, why.at ? why : SPAN(""), is_yes);
	json_drop(body);
}

void route_approve(void *context, struct web_request *request, struct web_answer *answer)
{
	read_and_decide(context, request, answer, true);
}

/* His own too: he has thought better of it. */
void route_reject(void *context, struct web_request *request, struct web_answer *answer)
{
	read_and_decide(context, request, answer, false);
}
