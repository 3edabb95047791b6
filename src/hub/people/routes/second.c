/* /api/v1/me/totp: a second factor from an authenticator. */
#include "base/hash.h"
#include "event/json.h"
#include "hub/people/routes/hashing.h"
#include "hub/people/routes/routes.h"
#include "incident/text.h"

#include "base/banned.h"

/* Keeps PERSON as WHAT changed it. */
static bool keep(struct people *people, struct web_request *request, struct web_answer *answer, const struct person *person, const char *what)
{
	struct document_change change;
	struct buffer text;
	enum result result;
	bool is_kept = false;

	buffer_init(&text, PERSON_TEXT_MAX);
	result = person_change(person, &text, &change);
	if (result == RESULT_OK)
		is_kept = people_commit(people, answer, request->wall_ns, &(struct people_act){ span_of(person->name), what, span_of(person->name), .detail = SPAN_NONE }, &change, 1);
	else
		people_not_kept(answer, result);
	buffer_done(&text);
	return is_kept;
}

static void tell_secret(const struct people *people, struct web_answer *answer, const struct person *person, const uint8_t *secret)
{
	char base32[TOTP_BASE32_LEN + 1];
	struct json_writer writer;
	struct buffer uri;
	enum result result;

	totp_secret_write(secret, base32);
	buffer_init(&uri, 2048);
	result = totp_uri_write(base32, people_site(people), span_of(person->name), &uri);
	people_answer_begin(answer, &writer);
	json_put_text(&writer, SPAN("secret"), span_of(base32));
	json_put_text(&writer, SPAN("uri"), buffer_span(&uri));
	if (result == RESULT_OK)
		people_answer_end(answer, &writer, 200);
	else
		people_not_kept(answer, result);
	buffer_done(&uri);
	explicit_bzero(base32, sizeof(base32));
}

/* What he had stays in force until the new one is confirmed. Whoever has one already has shown it when he logged in. */
void route_totp_begin(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	uint8_t secret[TOTP_SECRET_LEN];
	struct person person;
	enum result result;

	if (!people_self(people, request, answer, &person))
		return;
	if (person.totp[0]) {
		web_refuse(answer, 409, "not-possible", "there is one already; take it away first");
		return;
	}
	random_fill(secret, sizeof(secret));
	result = secret_seal(people->key, span_of(person.name), secret, sizeof(secret), person.new_totp);
	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (keep(people, request, answer, &person, "person.totp.begin"))
		tell_secret(people, answer, &person, secret);
	explicit_bzero(secret, sizeof(secret));
}

/* -- confirming: the session is drawn anew, for it has proved more -- */

static enum result check_new(const struct people *people, struct person *person, struct span code, uint64_t wall_s)
{
	uint8_t secret[TOTP_SECRET_LEN];
	enum result result = secret_open(people->key, span_of(person->name), span_of(person->new_totp), secret, sizeof(secret));

	if (result == RESULT_OK)
		result = totp_check(secret, code, wall_s, 0, &person->totp_step);
	explicit_bzero(secret, sizeof(secret));
	return result;
}

static void confirm(struct people *people, struct web_request *request, struct web_answer *answer, struct person *person)
{
	memcpy(person->totp, person->new_totp, sizeof(person->totp));
	person->new_totp[0] = 0;
	person->epoch = person_draw();
	(void)people_enter(people, request, answer,
	                   &(struct entry_wish){ .person = person, .way = people->admitted.session.way, .has_second = true, .old = &people->admitted.session, .what = "person.totp" });
}

void route_totp_confirm(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const allowed[] = { "code", NULL };
	struct people *people = context;
	struct lockout_who who;
	struct person person;
	struct json *body;
	struct span code;
	uint64_t wait_ms;

	if (!people_self(people, request, answer, &person) || !people_body(request, answer, allowed, &body))
		return;
	who = lockout_who(span_of(person.name), &request->source);
	wait_ms = lockout_wait(&people->lockout, who, request_ms(request));
	if (!people_text(body, answer, "code", 6, 6, &code)) {
		/* said */
	} else if (!person.new_totp[0]) {
		web_refuse(answer, 409, "not-possible", "there is nothing to confirm");
	} else if (wait_ms) {
		people_locked(request, answer, wait_ms);
	} else if (check_new(people, &person, code, request->wall_ns / 1000000000) == RESULT_OK) {
		confirm(people, request, answer, &person);
	} else {
		(void)lockout_failed(&people->lockout, who, request_ms(request));
		web_refuse(answer, 403, "wrong-credentials", "the code is wrong; is the clock of the authenticator right?");
	}
	json_drop(body);
}

/* -- taking it away needs the password again: a session that was left open is not enough -- */

static void password_was_checked(struct hashing *hashing)
{
	struct people *people = hashing->people;
	struct person person;
	enum result result;

	if (hashing->job.result != RESULT_OK) {
		(void)lockout_failed(&people->lockout, hashing->who, hashing->wall_ns / 1000000);
		if (people_write_down(people, hashing->answer, hashing->wall_ns, &(struct audit_action){ span_of(hashing->name), SPAN("person.totp.refused"), span_of(hashing->name), .words = AUDIT_SAY(PASSWORD) }))
			web_refuse(hashing->answer, 403, "wrong-credentials", "the password is another one");
		return;
	}
	if (!hashing->request)
		return;
	result = person_load(people->store, span_of(hashing->name), &person);
	if (result == RESULT_OK && person.epoch != hashing->epoch)
		result = RESULT_REFUSED;
	if (result != RESULT_OK) {
		people_not_kept(hashing->answer, result);
		return;
	}
	person.totp[0] = person.new_totp[0] = 0;
	if (keep(people, hashing->request, hashing->answer, &person, "person.totp.end"))
		people_done(hashing->answer);
}

static void begin_end(struct people *people, struct web_request *request, struct web_answer *answer, const struct person *person, struct span password)
{
	struct lockout_who who = lockout_who(span_of(person->name), &request->source);
	uint64_t wait_ms = lockout_wait(&people->lockout, who, request_ms(request));
	struct hashing *hashing;

	if (wait_ms) {
		people_locked(request, answer, wait_ms);
		return;
	}
	hashing = hashing_new(people, request, answer, password_was_checked);
	if (!hashing)
		return;
	hashing->who = who;
	hashing->epoch = person->epoch;
	text_set(hashing->name, sizeof(hashing->name), span_of(person->name));
	hashing_begin(hashing, password, person->password, false);
}

void route_totp_end(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const allowed[] = { "password", NULL };
	struct people *people = context;
	struct person person;
	struct json *body;
	struct span password;

	if (!people_self(people, request, answer, &person) || !people_body(request, answer, allowed, &body))
		return;
	if (people_text(body, answer, "password", 1, PASSWORD_LEN_MAX, &password))
		begin_end(people, request, answer, &person, password);
	json_drop(body);
}
