/* /api/v1/people: accounts, for administrators, within their own tenants. Roles and tenants of people need four eyes (roles.c). */
#include "event/json.h"
#include "hub/people/routes/person.h"
#include "hub/people/routes/routes.h"
#include "incident/text.h"

#include "base/banned.h"

#define CODE_MS (7ull * 86400000u)

/* An administrator of some tenants sees, and changes, nobody who sees more than he. */
bool person_is_his(const struct people *people, const struct person *person)
{
	const struct tenant_set *mine = &people->admitted.tenants;

	return mine->is_all || (person->tenants.count && tenant_set_within(&person->tenants, mine));  /* one of no tenant is nobody's of some */
}

/* -- the list -- */

void person_tell(struct web_answer *answer, const struct person *person)
{
	struct json_writer writer;

	people_answer_begin(answer, &writer);
	person_put(&writer, person);
	people_answer_end(answer, &writer, 200);
}

struct listing {
	struct people *people;
	struct json_writer writer;
};

void person_put(struct json_writer *writer, const struct person *person)
{
	people_put_person(writer, person, person->totp[0] != 0);
	json_put_bool(writer, SPAN("disabled"), person->is_disabled);
	json_put_bool(writer, SPAN("enrolled"), person->password[0] != 0);
	json_put_text(writer, SPAN("certificate"), span_of(person->certificate));
	json_put_text(writer, SPAN("oidc_subject"), span_of(person->oidc_subject));
	json_put_time_ms(writer, SPAN("last_seen"), person->seen_ms);
}

static bool list_one(void *context, const struct person *person)
{
	struct listing *listing = context;

	if (!person_is_his(listing->people, person))
		return true;
	json_open(&listing->writer, SPAN_NONE, '{');
	person_put(&listing->writer, person);
	json_close(&listing->writer, '}');
	return true;
}

void route_people_get(void *context, struct web_request *request, struct web_answer *answer)
{
	struct listing listing = { .people = context };
	enum result result;

	(void)request;
	people_answer_begin(answer, &listing.writer);
	json_open(&listing.writer, SPAN("people"), '[');
	result = person_each(listing.people->store, list_one, &listing);
	json_close(&listing.writer, ']');
	if (result == RESULT_OK)
		people_answer_end(answer, &listing.writer, 200);
	else
		people_not_kept(answer, result);
}

/* -- a code -- */

enum result person_give_code(struct person *person, uint64_t now_ms, char out[SECRET_CODE_BYTES])
{
	secret_code_draw(out);
	person->code_until_ms = now_ms + CODE_MS;
	return secret_code_hash(span_of(out), person->code);
}

bool person_keep(struct people *people, struct web_request *request, struct web_answer *answer, const struct person *person, const char *what, struct span detail,
                 struct audit_words words)
{
	struct document_change change;
	struct buffer text;
	enum result result;
	bool is_kept = false;

	buffer_init(&text, PERSON_TEXT_MAX);
	result = person_change(person, &text, &change);
	if (result == RESULT_OK)
		is_kept = people_commit(people, answer, request->wall_ns, &(struct people_act){ people->admitted.view.name, what, span_of(person->name), detail, words }, &change, 1);
	else
		people_not_kept(answer, result);
	buffer_done(&text);
	return is_kept;
}

void person_tell_code(struct web_answer *answer, const char *code, uint64_t until_ms, unsigned status, uint64_t approval)
{
	struct json_writer writer;

	people_answer_begin(answer, &writer);
	json_put_text(&writer, SPAN("code"), span_of(code));
	json_put_time_ms(&writer, SPAN("expires"), until_ms);
	if (approval)
		json_put_number(&writer, SPAN("approval"), approval);
	people_answer_end(answer, &writer, status);
}

/* -- a new one -- */

struct counting {
	unsigned count;
};

static bool count_one(void *context, const struct person *person)
{
	(void)person;
	((struct counting *)context)->count++;
	return true;
}

static bool has_room(struct people *people, struct web_answer *answer)
{
	struct counting counting = { 0 };
	enum result result = person_each(people->store, count_one, &counting);

	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (counting.count >= PEOPLE_MAX)
		web_refuse(answer, 409, "full", "there are %u accounts, which is all that there can be", counting.count);
	return result == RESULT_OK && counting.count < PEOPLE_MAX;
}

/* He is there at once, with what nobody else has to approve: nothing. Roles and tenants come with four eyes, or at once where there are only two. */
static void make(struct people *people, struct web_request *request, struct web_answer *answer, struct person *person, const struct roles_wish *wish)
{
	char code[SECRET_CODE_BYTES];
	uint64_t number = 0;
	bool needs_eyes;
	enum result result = approval_is_needed(people, people_caller(people, request), &needs_eyes);

	if (result == RESULT_OK)
		result = person_give_code(person, request_ms(request), code);
	if (result != RESULT_OK) {
		people_not_kept(answer, result);
		return;
	}
	/* Tenants without a role show nothing; but they say whose account it is: an administrator of others has no hand on it while it waits. */
	person->tenants = wish->tenants;
	if (!needs_eyes)
		person->roles = wish->roles;
	if (person_keep(people, request, answer, person, "person.make", SPAN_NONE, needs_eyes ? AUDIT_SAY(ROLES_WAIT) : AUDIT_SAY(ROLES_ALONE)) &&
	    (!needs_eyes || roles_ask(people, request, answer, person, wish, &number)))
		person_tell_code(answer, code, person->code_until_ms, needs_eyes ? 202 : 200, number);
	explicit_bzero(code, sizeof(code));
}

static void read_new(struct people *people, struct web_request *request, struct web_answer *answer, const struct json *body)
{
	static struct roles_wish wish;       /* the loop's thread alone; large for a stack */
	char account[PERSON_NAME_BYTES];
	struct person person;
	struct span name, display;

	if (!people_text(body, answer, "name", 1, PERSON_NAME_BYTES - 1, &name))
		return;
	if (person_name_read(name, account) != RESULT_OK) {
		web_refuse(answer, 400, "bad-member", "name has to be of letters, digits and . _ - @, and begin with a letter or a digit");
		return;
	}
	display = span_of(account);
	person_init(&person, account, request_ms(request));
	if ((json_find(body, "display") && !people_text(body, answer, "display", 1, PERSON_DISPLAY_BYTES - 1, &display)) || !people_language(body, answer, person.language) ||
	    !roles_read(people, body, answer, &wish) || !has_room(people, answer))
		return;
	text_set(person.display, sizeof(person.display), display);
	make(people, request, answer, &person, &wish);
}

void route_person_make(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const allowed[] = { "name", "display", "roles", "tenants", "language", NULL };
	struct json *body;

	if (!people_body(request, answer, allowed, &body))
		return;
	if (!json_find(body, "roles") || !json_find(body, "tenants"))
		web_refuse(answer, 400, "bad-member", "roles and tenants have to be there");
	else
		read_new(context, request, answer, body);
	json_drop(body);
}

/* -- one who is there -- */

bool person_of_path(struct people *people, struct web_request *request, struct web_answer *answer, struct person *out)
{
	char name[PERSON_NAME_BYTES];
	enum result result = person_name_read(request->parts[0], name);

	if (result == RESULT_OK)
		result = person_load(people->store, span_of(name), out);
	else
		result = RESULT_NOT_FOUND;
	if (result == RESULT_OK && !person_is_his(people, out))
		result = RESULT_NOT_FOUND;   /* whoever may not see him does not learn that he is there */
	if (result == RESULT_NOT_FOUND)
		web_refuse(answer, 404, "not-found", "there is no such account");
	else if (result != RESULT_OK)
		people_not_kept(answer, result);
	return result == RESULT_OK;
}

static bool is_root(const struct web_request *request)
{
	return request->door == WEB_LOCAL_SOCKET && request->peer_uid == 0;
}

/* Would it give ADMITTED the eyes of somebody else who may approve? Root of the machine could write them into the store itself: it may, and all are told. */
static bool is_guarded(struct people *people, struct web_request *request, struct web_answer *answer, const struct person *person)
{
	bool needs_eyes = false;
	enum result result = is_root(request) || !(role_permits(person->roles) & PERMIT_APPROVE) ? RESULT_OK : approval_is_needed(people, people_caller(people, request), &needs_eyes);

	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (needs_eyes)
		web_refuse(answer, 409, "not-possible", "who may approve can be given a new start only where his roles were taken away before, with four eyes, or by root of the machine");
	return result == RESULT_OK && !needs_eyes;
}

/* For whoever has lost his password or his second factor: both are gone, and he chooses anew. */
void route_person_code(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	char code[SECRET_CODE_BYTES];
	struct person person;

	if (!person_of_path(people, request, answer, &person) || !is_guarded(people, request, answer, &person))
		return;
	person.password[0] = person.totp[0] = person.new_totp[0] = 0;
	person.epoch = person_draw();
	if (person_give_code(&person, request_ms(request), code) != RESULT_OK)
		people_not_kept(answer, RESULT_NO_MEMORY);
	else if (person_keep(people, request, answer, &person, "person.code", SPAN_NONE, AUDIT_SAY(NEW_START))) {
		person_tell_code(answer, code, person.code_until_ms, 200, 0);
		if (is_root(request) && people->settings.announce)
			people->settings.announce(people->settings.announce_context, span_of(person.name), SPAN("person.code"));
	}
	explicit_bzero(code, sizeof(code));
}
