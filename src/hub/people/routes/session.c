/* /api/v1/session: who is logged in, logging in with a password or a certificate, logging out. */
#include "event/json.h"
#include "hub/people/routes/hashing.h"
#include "hub/people/routes/routes.h"
#include "net/digest.h"

#include "base/encode.h"

#include "base/banned.h"

/* -- who -- */

static void put_methods(struct json_writer *writer, const struct people *people, const struct web_request *request)
{
	json_open(writer, SPAN("methods"), '[');
	json_put_text(writer, SPAN_NONE, SPAN("password"));
	if (passkeys_are_possible(people))
		json_put_text(writer, SPAN_NONE, SPAN("passkey"));
	if (request->client_certificate.len)
		json_put_text(writer, SPAN_NONE, SPAN("certificate"));
	if (people->oidc)
		json_put_text(writer, SPAN_NONE, SPAN("oidc"));
	json_close(writer, ']');
}

static void tell_nobody(struct people *people, const struct web_request *request, struct web_answer *answer)
{
	struct json_writer writer;

	people_answer_begin(answer, &writer);
	json_open(&writer, SPAN("error"), '{');
	json_put_text(&writer, SPAN("code"), SPAN("not-logged-in"));
	json_put_text(&writer, SPAN("text"), SPAN("log in first"));
	json_close(&writer, '}');
	json_put_bool(&writer, SPAN("first_start"), people_is_first_start(people));
	put_methods(&writer, people, request);
	json_put_text(&writer, SPAN("name"), people_site(people));
	people_answer_end(answer, &writer, 401);
}

void route_session_get(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;

	if (people_caller(people, request)->way == PERSON_NOBODY)
		tell_nobody(people, request, answer);
	else
		people_tell_session(people, answer, &people->admitted);
}

void route_session_end(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	struct document_change change;

	if (!people->admitted.secret[0]) {
		web_refuse(answer, 409, "not-possible", "there is no session to end: you came with a token, or by the hub's own socket");
		return;
	}
	change = session_end(&people->admitted.session);
	if (!people_commit(people, answer, request->wall_ns, &(struct people_act){ people->admitted.view.name, "session.end", people->admitted.view.name, .detail = SPAN_NONE }, &change, 1))
		return;
	people_drop_cookie(request, answer);
	people_done(answer);
}

/* -- with a password -- */

static void fail(struct hashing *hashing, struct audit_words reason)
{
	struct people *people = hashing->people;
	const struct audit_action action = { SPAN("?"), SPAN("session.refused"), span_of(hashing->name), .words = reason };  /* who it was is what nobody knows */

	if (lockout_failed(&people->lockout, hashing->who, hashing->wall_ns / 1000000) && people->settings.announce)
		people->settings.announce(people->settings.announce_context, span_of(hashing->name), SPAN("login.locked"));
	if (audit_add(people->audit, &action, hashing->wall_ns) == RESULT_OK)
		web_refuse(hashing->answer, 401, "wrong-credentials", "the name, the password or the code is wrong");
	else
		web_refuse(hashing->answer, 503, "not-recorded", "the audit log cannot be written, so nobody can log in");
}

/* What TOTP says of him, if he has one. False: it was answered. */
static bool check_second(struct hashing *hashing, struct person *person, bool *has_second)
{
	struct people *people = hashing->people;
	struct span code = span_of(hashing->text[0]);
	uint8_t secret[TOTP_SECRET_LEN];
	enum result result;

	*has_second = person->totp[0] != 0;
	if (!*has_second) {
		bool needs_passkey = people->settings.needs_second_factor && people_has_passkey(people, person);

		if (needs_passkey)
			web_refuse(hashing->answer, 401, "second-factor-needed", "log in with your passkey");
		return !needs_passkey;
	}
	if (!code.len) {
		web_refuse(hashing->answer, 401, "second-factor-needed", "the six digits of your authenticator are needed too");
		return false;
	}
	result = secret_open(people->key, span_of(person->name), span_of(person->totp), secret, sizeof(secret));
	if (result == RESULT_OK)
		result = totp_check(secret, code, hashing->wall_ns / 1000000000, person->totp_step, &person->totp_step);
	explicit_bzero(secret, sizeof(secret));
	if (result != RESULT_OK)
		fail(hashing, result == RESULT_MALFORMED ? AUDIT_SAY(SECOND_FACTOR_SEALED) : AUDIT_SAY(SECOND_FACTOR));
	return result == RESULT_OK;
}

static void password_was_checked(struct hashing *hashing)
{
	struct people *people = hashing->people;
	struct person person;
	bool is_good = hashing->job.result == RESULT_OK && hashing->version, has_second = false;

	if (is_good) {
		enum result result = person_load(people->store, span_of(hashing->name), &person);

		if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
			people_not_kept(hashing->answer, result);
			return;
		}
		is_good = result == RESULT_OK && person.epoch == hashing->epoch && !person.is_disabled;
	}
	if (!is_good) {
		fail(hashing, AUDIT_SAY(PASSWORD));
		return;
	}
	if (!check_second(hashing, &person, &has_second) || !hashing->request)
		return;
	lockout_succeeded(&people->lockout, hashing->who);
	(void)people_enter(people, hashing->request, hashing->answer,
	                   &(struct entry_wish){ .person = &person, .way = SESSION_BY_PASSWORD, .has_second = has_second, .what = "session.begin" });
}

static void begin(struct people *people, struct web_request *request, struct web_answer *answer, struct span name, struct span password, struct span code)
{
	struct hashing *hashing = hashing_new(people, request, answer, password_was_checked);
	struct person person = { 0 };

	if (!hashing)
		return;
	hashing->who = lockout_who(name, &request->source);
	memcpy(hashing->text[0], code.at ? code.at : "", code.len);
	/* An unknown name takes the same way, to the end. */
	if (person_name_read(name, hashing->name) == RESULT_OK && person_load(people->store, span_of(hashing->name), &person) == RESULT_OK && !person.is_disabled && person.password[0]) {
		hashing->version = person.version;
		hashing->epoch = person.epoch;
	}
	hashing_begin(hashing, password, hashing->version ? person.password : NULL, false);
}

void route_session_begin(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const allowed[] = { "name", "password", "totp", NULL };
	struct people *people = context;
	struct span name, password, code = SPAN_NONE;
	struct json *body;
	uint64_t wait_ms;

	if (!people_body(request, answer, allowed, &body))
		return;
	if (people_text(body, answer, "name", 1, PERSON_NAME_BYTES - 1, &name) && people_text(body, answer, "password", 1, PASSWORD_LEN_MAX, &password) &&
	    people_text(body, answer, "totp", 0, 6, &code)) {
		wait_ms = lockout_wait(&people->lockout, lockout_who(name, &request->source), request_ms(request));
		if (wait_ms)
			people_locked(request, answer, wait_ms);
		else
			begin(people, request, answer, name, password, code);
	}
	json_drop(body);
}

/* -- with a certificate -- */

struct owner {
	char fingerprint[SECRET_HASH_BYTES];
	struct person person;
	unsigned found;
};

static bool look_at(void *context, const struct person *person)
{
	struct owner *owner = context;

	if (secret_equal(person->certificate, owner->fingerprint) && !owner->found++)
		owner->person = *person;
	return true;
}

/* TLS has proved that the key is there, and who signed it; whose it is, an administrator has said. */
void route_certificate(void *context, struct web_request *request, struct web_answer *answer)
{
	static struct owner owner;           /* the loop's thread alone; large for a stack */
	struct people *people = context;
	enum result result;

	memset(&owner, 0, sizeof(owner));
	if (!request->client_certificate.len) {
		web_refuse(answer, 401, "wrong-credentials", "the connection has no client certificate");
		return;
	}
	result = secret_hash(request->client_certificate, owner.fingerprint);
	if (result == RESULT_OK)
		result = person_each(people->store, look_at, &owner);
	if (result != RESULT_OK) {
		people_not_kept(answer, result);
	} else if (owner.found != 1 || owner.person.is_disabled) {
		if (people_write_refused(people, answer, request->wall_ns, span_of(owner.fingerprint), AUDIT_SAY(CERTIFICATE)))
			web_refuse(answer, 401, "wrong-credentials", "this certificate is nobody's here; an administrator can say whose it is");
	} else {
		(void)people_enter(people, request, answer, &(struct entry_wish){ .person = &owner.person, .way = SESSION_BY_CERTIFICATE, .has_second = true, .what = "session.begin" });
	}
}
