/* /api/v1/me: what everybody changes of his own account. */
#include "event/json.h"
#include "hub/people/routes/hashing.h"
#include "hub/people/routes/routes.h"
#include "incident/text.h"

#include "base/banned.h"

static void tell(struct people *people, struct web_answer *answer)
{
	struct json_writer writer;

	people_answer_begin(answer, &writer);
	people_put_admitted(&writer, people, &people->admitted);
	people_answer_end(answer, &writer, 200);
}

void route_me_get(void *context, struct web_request *request, struct web_answer *answer)
{
	(void)request;
	tell(context, answer);
}

/* -- the password -- */

/* His new hash is there: all his sessions end, but one that begins. */
static void new_was_made(struct hashing *hashing)
{
	struct people *people = hashing->people;
	struct person person;
	enum result result;

	if (!hashing->request)
		return;
	result = person_load(people->store, span_of(hashing->name), &person);
	if (result == RESULT_OK && person.epoch != hashing->epoch)
		result = RESULT_REFUSED;
	if (result == RESULT_OK)
		result = hashing->job.result;
	if (result != RESULT_OK) {
		people_not_kept(hashing->answer, result);
		return;
	}
	text_set(person.password, sizeof(person.password), span_of(hashing->job.encoded));
	person.must_change = false;
	person.code[0] = 0;
	person.epoch = person_draw();
	(void)people_enter(people, hashing->request, hashing->answer,
	                   &(struct entry_wish){ .person = &person, .way = hashing->admitted.session.way, .has_second = hashing->admitted.session.has_second,
	                                         .old = &hashing->admitted.session, .what = "person.password" });
}

static void old_was_checked(struct hashing *hashing)
{
	struct people *people = hashing->people;

	if (hashing->job.result == RESULT_OK) {
		hashing_again(hashing, new_was_made);
		return;
	}
	(void)lockout_failed(&people->lockout, hashing->who, hashing->wall_ns / 1000000);
	if (people_write_down(people, hashing->answer, hashing->wall_ns, &(struct audit_action){ span_of(hashing->name), SPAN("person.password.refused"), span_of(hashing->name), .words = AUDIT_SAY(PASSWORD) }))
		web_refuse(hashing->answer, 403, "wrong-credentials", "the old password is another one");
}

static void change_password(struct people *people, struct web_request *request, struct web_answer *answer, const struct person *person, const struct json *passwords)
{
	const char *complaint;
	struct hashing *hashing;
	struct span old, new;
	struct lockout_who who = lockout_who(span_of(person->name), &request->source);
	uint64_t wait_ms = lockout_wait(&people->lockout, who, request_ms(request));

	if (!json_has_object(passwords) || !people_text(passwords, answer, "old", 0, PASSWORD_LEN_MAX, &old) || !people_text(passwords, answer, "new", 1, PASSWORD_LEN_MAX, &new)) {
		if (!answer->status)
			web_refuse(answer, 400, "bad-member", "password has to have old and new");
		return;
	}
	complaint = password_complaint(new, span_of(person->name), people_site(people));
	if (complaint || wait_ms) {
		if (wait_ms)
			people_locked(request, answer, wait_ms);
		else
			web_refuse(answer, 400, "weak-password", "the password %s", complaint);
		return;
	}
	hashing = hashing_new(people, request, answer, old_was_checked);
	if (!hashing)
		return;
	hashing->who = who;
	hashing->epoch = person->epoch;
	text_set(hashing->name, sizeof(hashing->name), span_of(person->name));
	memcpy(hashing->second, new.at, new.len);
	hashing->second_len = new.len;
	hashing_begin(hashing, old, person->password, false);
}

/* -- the rest -- */

static void keep(struct people *people, struct web_request *request, struct web_answer *answer, struct person *person)
{
	struct document_change change;
	struct buffer text;
	enum result result;

	buffer_init(&text, PERSON_TEXT_MAX);
	result = person_change(person, &text, &change);
	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (people_commit(people, answer, request->wall_ns, &(struct people_act){ span_of(person->name), "person.change", span_of(person->name), .words = AUDIT_SAY(OWN_ACCOUNT) }, &change, 1)) {
		people->admitted.person = *person;
		tell(people, answer);
	}
	buffer_done(&text);
}

static void change(struct people *people, struct web_request *request, struct web_answer *answer, const struct json *body)
{
	const struct json *passwords = json_find(body, "password");
	struct person person;
	struct span display;

	if (!people_self(people, request, answer, &person))
		return;
	if (passwords && json_length(body) == 1) {
		change_password(people, request, answer, &person, passwords);
		return;
	}
	if (passwords) {
		web_refuse(answer, 400, "bad-member", "password is changed by itself, without other members");
		return;
	}
	display = span_of(person.display);
	if ((json_find(body, "display") && !people_text(body, answer, "display", 1, PERSON_DISPLAY_BYTES - 1, &display)) || !people_language(body, answer, person.language))
		return;
	if (display.at != person.display)
		text_set(person.display, sizeof(person.display), display);
	keep(people, request, answer, &person);
}

void route_me_change(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const allowed[] = { "display", "language", "password", NULL };
	struct json *body;

	if (!people_body(request, answer, allowed, &body))
		return;
	change(context, request, answer, body);
	json_drop(body);
}
