/* Codes that work once: of the first start, of new accounts, and break-glass. */
#include <stdio.h>

#include "event/json.h"
#include "hub/people/routes/hashing.h"
#include "hub/people/routes/routes.h"
#include "incident/text.h"

#include "base/banned.h"

#define CODE_TYPED_MAX 128u
#define BREAK_GLASS_MS 900000u

/* Codes have 130 random bits: nobody guesses one, so a right one is never made to wait. Otherwise any stranger could keep these doors shut, which are for when no other is
 * open. A wrong one counts as a failure, and while there is a pause it is not even written down. */

/* -- a password chosen with a code -- */

static void refuse_code(struct people *people, struct web_answer *answer, struct lockout_who who, struct span name, uint64_t wall_ns)
{
	(void)lockout_failed(&people->lockout, who, wall_ns / 1000000);
	if (people_write_refused(people, answer, wall_ns, name, AUDIT_SAY(CODE)))
		web_refuse(answer, 401, "wrong-credentials", "the name or the code is wrong, or it was used or is over");
}

/* The account that the code is for, as it is to be: one that somebody made, which has a code of its own, or a new first administrator. RESULT_REFUSED. */
static enum result find_owner(struct people *people, const char *name, const char *code, uint64_t now_ms, struct person *out, bool *is_first)
{
	enum result result = person_load(people->store, span_of(name), out);

	*is_first = result == RESULT_NOT_FOUND && people_is_first_start(people);
	if (*is_first) {
		person_init(out, name, now_ms);
		out->roles = ROLE_ADMINISTRATOR;
		out->tenants.is_all = true;
		return secret_equal(code, people->first_code) ? RESULT_OK : RESULT_REFUSED;
	}
	if (result == RESULT_NOT_FOUND)
		return RESULT_REFUSED;
	if (result == RESULT_OK && (out->is_disabled || !secret_equal(code, out->code) || now_ms >= out->code_until_ms))
		return RESULT_REFUSED;
	return result;
}

static void password_was_made(struct hashing *hashing)
{
	struct people *people = hashing->people;
	struct person person;
	enum result result;
	bool is_first;

	if (!hashing->request)
		return;
	/* Anew: somebody may have used the code while this one was hashed. */
	result = find_owner(people, hashing->name, hashing->text[0], hashing->wall_ns / 1000000, &person, &is_first);
	if (result == RESULT_REFUSED) {
		refuse_code(people, hashing->answer, hashing->who, span_of(hashing->name), hashing->wall_ns);
		return;
	}
	if (result != RESULT_OK || hashing->job.result != RESULT_OK) {
		people_not_kept(hashing->answer, result != RESULT_OK ? result : hashing->job.result);
		return;
	}
	text_set(person.password, sizeof(person.password), span_of(hashing->job.encoded));
	person.code[0] = 0;
	person.code_until_ms = 0;
	person.must_change = false;
	person.epoch = person_draw();
	if (people_enter(people, hashing->request, hashing->answer,
	                 &(struct entry_wish){ .person = &person, .way = SESSION_BY_CODE, .what = is_first ? "person.first" : "person.enrol" }) && is_first)
		explicit_bzero(people->first_code, sizeof(people->first_code));
}

static void begin(struct people *people, struct web_request *request, struct web_answer *answer, struct span code, struct span name, struct span password)
{
	struct hashing *hashing = hashing_new(people, request, answer, password_was_made);
	const char *complaint = password_complaint(password, name, people_site(people));
	uint64_t wait_ms;
	struct person person;
	enum result result;
	bool is_first;

	if (!hashing)
		return;
	hashing->who = lockout_who(name, &request->source);
	wait_ms = lockout_wait(&people->lockout, hashing->who, request_ms(request));
	result = person_name_read(name, hashing->name);
	if (result == RESULT_OK)
		result = secret_code_hash(code, hashing->text[0]);
	if (result == RESULT_OK)
		result = find_owner(people, hashing->name, hashing->text[0], request_ms(request), &person, &is_first);
	if (result != RESULT_OK && wait_ms)
		people_locked(request, answer, wait_ms);
	else if (result != RESULT_OK)
		refuse_code(people, answer, hashing->who, name, request->wall_ns);
	else if (complaint)
		web_refuse(answer, 400, "weak-password", "the password %s", complaint);
	if (result != RESULT_OK || complaint)
		hashing_end(hashing);
	else
		hashing_begin(hashing, password, NULL, true);
}

void route_first_start(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const allowed[] = { "code", "name", "password", NULL };
	struct people *people = context;
	struct span code, name, password;
	struct json *body;

	if (!people_body(request, answer, allowed, &body))
		return;
	if (people_text(body, answer, "code", 1, CODE_TYPED_MAX, &code) && people_text(body, answer, "name", 1, PERSON_NAME_BYTES - 1, &name) &&
	    people_text(body, answer, "password", 1, PASSWORD_LEN_MAX, &password))
		begin(people, request, answer, code, name, password);
	json_drop(body);
}

/* -- break-glass -- */

/* Only root of this machine gets one, and only by the hub's own socket, where the kernel says so. */
void route_break_glass_code(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	char code[SECRET_CODE_BYTES], hash[SECRET_HASH_BYTES];
	struct json_writer writer;

	if (request->door != WEB_LOCAL_SOCKET || request->peer_uid != 0) {
		web_refuse(answer, 403, "forbidden", "only root of the hub's machine gets such a code");
		return;
	}
	secret_code_draw(code);
	if (secret_code_hash(span_of(code), hash) != RESULT_OK)
		people_not_kept(answer, RESULT_NO_MEMORY);
	else if (people_write_down(people, answer, request->wall_ns,
	                           &(struct audit_action){ people_caller(people, request)->name, SPAN("break-glass.code"), .words = AUDIT_SAY(MINUTES, SPAN("15")) })) {
		people->break_glass.until_ms = request_ms(request) + BREAK_GLASS_MS;
		memcpy(people->break_glass.hash, hash, sizeof(hash));
		people_answer_begin(answer, &writer);
		json_put_text(&writer, SPAN("code"), span_of(code));
		json_put_time_ms(&writer, SPAN("expires"), people->break_glass.until_ms);
		people_answer_end(answer, &writer, 200);
	}
	explicit_bzero(code, sizeof(code));
}

static void enter_by_glass(struct people *people, struct web_request *request, struct web_answer *answer, const char *name, struct span why)
{
	struct break_glass used = people->break_glass;
	char reason[AUDIT_OBJECT_BYTES];

	text_set(reason, sizeof(reason), why);
	people->break_glass = (struct break_glass){ 0 };
	if (people_enter(people, request, answer, &(struct entry_wish){ .name = name, .why = reason, .way = SESSION_BY_BREAK_GLASS, .has_second = true, .what = "break-glass.login" })) {
		if (people->settings.announce)
			people->settings.announce(people->settings.announce_context, span_of(name), SPAN("break-glass.login"));
	} else {
		people->break_glass = used;
	}
}

static void judge_glass(struct people *people, struct web_request *request, struct web_answer *answer, const struct json *body)
{
	const struct lockout_who who = lockout_who(SPAN("break-glass:"), &request->source);
	uint64_t now_ms = request_ms(request), wait_ms = lockout_wait(&people->lockout, who, now_ms);
	char account[PERSON_NAME_BYTES], hash[SECRET_HASH_BYTES];
	struct span name, code, why;

	if (!people_text(body, answer, "name", 1, PERSON_NAME_BYTES - 1, &name) || !people_text(body, answer, "code", 1, CODE_TYPED_MAX, &code) ||
	    !people_text(body, answer, "why", 1, 111, &why))
		return;
	if (person_name_read(name, account) == RESULT_OK && secret_code_hash(code, hash) == RESULT_OK && secret_equal(hash, people->break_glass.hash) &&
	    now_ms < people->break_glass.until_ms)
		enter_by_glass(people, request, answer, account, why);
	else if (wait_ms)
		people_locked(request, answer, wait_ms);
	else
		refuse_code(people, answer, who, name, request->wall_ns);
}

void route_break_glass(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const allowed[] = { "name", "code", "why", NULL };
	struct json *body;

	if (!people_body(request, answer, allowed, &body))
		return;
	judge_glass(context, request, answer, body);
	json_drop(body);
}
