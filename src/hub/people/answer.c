/* What handlers of this room have in common. */
#include <stdio.h>

#include "event/json.h"
#include "hub/people/inside.h"
#include "incident/text.h"

#include "base/banned.h"

#define LANGUAGES "en nl fr de"

bool people_write_down(struct people *people, struct web_answer *answer, uint64_t wall_ns, const struct audit_action *action)
{
	if (audit_add(people->audit, action, wall_ns) == RESULT_OK)
		return true;
	web_refuse(answer, 503, "not-recorded", "the audit log cannot be written, so nothing was done");
	return false;
}

bool people_log(struct people *people, struct web_request *request, struct web_answer *answer, const char *what, struct span object, struct span detail)
{
	return people_write_down(people, answer, request->wall_ns, &(struct audit_action){ people_caller(people, request)->name, span_of(what), object, .detail = detail });
}

bool people_write_refused(struct people *people, struct web_answer *answer, uint64_t wall_ns, struct span object, struct audit_words why)
{
	return people_write_down(people, answer, wall_ns, &(struct audit_action){ SPAN("?"), SPAN("session.refused"), object, .words = why });
}

void people_not_kept(struct web_answer *answer, enum result result)
{
	if (result == RESULT_REFUSED)
		web_refuse(answer, 409, "changed-meanwhile", "somebody else has changed it meanwhile");
	else
		web_refuse(answer, 503, "store-failed", "it could not be kept: %s", result_name(result));
}

/* That it was not done after all is written down too, where that is possible. */
static void say_failed(struct people *people, uint64_t wall_ns, const struct people_act *act, enum result result)
{
	char what[AUDIT_WHAT_BYTES];
	const struct audit_action action = { act->who, span_of(what), act->object, .detail = span_of(result_name(result)) };

	snprintf(what, sizeof(what), "%s.failed", act->what);
	if (audit_add(people->audit, &action, wall_ns) != RESULT_OK)
		return;  /* the answer says that it was not done */
}

bool people_commit(struct people *people, struct web_answer *answer, uint64_t wall_ns, const struct people_act *act, const struct document_change *changes, size_t count)
{
	enum result result;

	if (!people_write_down(people, answer, wall_ns, &(struct audit_action){ act->who, span_of(act->what), act->object, act->detail, act->words }))
		return false;
	result = store_documents_change(people->store, changes, count, NULL);
	if (result == RESULT_OK)
		return true;
	say_failed(people, wall_ns, act, result);
	people_not_kept(answer, result);
	return false;
}

/* -- bodies -- */

struct checking {
	const char *const *allowed;
	struct span unknown;
};

static void check_member(void *context, struct span name, const struct json *value)
{
	struct checking *checking = context;
	bool is_known = false;

	(void)value;
	for (const char *const *at = checking->allowed; *at && !is_known; at++)
		is_known = span_equal(name, span_of(*at));
	if (!is_known && !checking->unknown.at)
		checking->unknown = name;
}

bool people_body(const struct web_request *request, struct web_answer *answer, const char *const *allowed, struct json **out)
{
	struct checking checking = { .allowed = allowed };
	struct json *root = NULL;

	if (json_read(request->body.len ? request->body : SPAN("{}"), &root) != RESULT_OK || !json_has_object(root)) {
		json_drop(root);
		web_refuse(answer, 400, "bad-body", "the body has to be an object in JSON");
		return false;
	}
	json_each(root, check_member, &checking);
	if (checking.unknown.at) {
		char name[64];

		text_set(name, sizeof(name), checking.unknown);
		web_refuse(answer, 400, "unknown-member", "%s is not a member that is known here", name);
		json_drop(root);
		return false;
	}
	*out = root;
	return true;
}

bool people_text(const struct json *body, struct web_answer *answer, const char *name, size_t min, size_t max, struct span *out)
{
	const struct json *value = json_find(body, name);
	struct span text = json_text_of(value);
	bool is_good = value ? json_has_text(value) && text.len >= min && text_is_kept(text, max + 1, false) : min == 0;

	if (is_good)
		*out = text;
	else
		web_refuse(answer, 400, "bad-member", "%s has to be text of %zu to %zu bytes, without control characters", name, min, max);
	return is_good;
}

bool people_language(const struct json *body, struct web_answer *answer, char out[3])
{
	const struct json *value = json_find(body, "language");
	struct span text = json_text_of(value);

	if (!value)
		return true;
	if (text.len != 2 || !span_contains(SPAN(LANGUAGES), text) || span_contains(text, SPAN(" "))) {
		web_refuse(answer, 400, "bad-member", "language has to be one of " LANGUAGES);
		return false;
	}
	memcpy(out, text.at, 2);
	out[2] = 0;
	return true;
}

/* -- answers -- */

void people_answer_begin(struct web_answer *answer, struct json_writer *writer)
{
	buffer_reset(&answer->body);
	json_writer_init(writer, &answer->body);
	json_open(writer, SPAN_NONE, '{');
}

void people_answer_end(struct web_answer *answer, struct json_writer *writer, unsigned status)
{
	json_close(writer, '}');
	if (writer->result == RESULT_OK)
		answer->status = status;
	else
		web_refuse(answer, 503, "busy", "there is no memory for the answer");
}

void people_done(struct web_answer *answer)
{
	answer->status = 204;
}

bool people_self(struct people *people, const struct web_request *request, struct web_answer *answer, struct person *out)
{
	const struct admitted *admitted = &people->admitted;
	enum result result = RESULT_NOT_FOUND;

	if (admitted->request == request && admitted->view.way == PERSON_BY_SESSION)
		result = person_load(people->store, span_of(admitted->person.name), out);
	if (result == RESULT_OK && out->epoch == admitted->session.epoch)
		return true;
	if (result == RESULT_OK || result == RESULT_NOT_FOUND)
		web_refuse(answer, 403, "forbidden", "only a person who is logged in with an account of the hub may do that");
	else
		people_not_kept(answer, result);
	return false;
}

void people_locked(struct web_request *request, struct web_answer *answer, uint64_t wait_ms)
{
	uint64_t seconds = (wait_ms + 999) / 1000;
	char text[DECIMAL_MAX];
	struct json_writer writer;
	struct span digits = span_make(text, decimal_write(seconds, text));

	people_answer_begin(answer, &writer);
	json_open(&writer, SPAN("error"), '{');
	json_put_text(&writer, SPAN("code"), SPAN("locked"));
	json_put_text(&writer, SPAN("text"), SPAN("there were too many attempts; wait"));
	json_close(&writer, '}');
	json_put_number(&writer, SPAN("retry_after_s"), seconds);
	people_answer_end(answer, &writer, 429);
	(void)web_field(request, answer, SPAN("Retry-After"), digits);
}
