/* PATCH and DELETE of /api/v1/people/{name}. */
#include "base/encode.h"
#include "event/json.h"
#include "hub/people/routes/person.h"
#include "hub/people/routes/routes.h"
#include "incident/text.h"

#include "base/banned.h"

static bool read_members(struct web_answer *answer, const struct json *body, struct person *person)
{
	struct span display, certificate, subject;
	unsigned char bytes[32];

	if ((json_find(body, "display") && !people_text(body, answer, "display", 1, PERSON_DISPLAY_BYTES - 1, &display)) || !people_language(body, answer, person->language))
		return false;
	if (json_find(body, "display"))
		text_set(person->display, sizeof(person->display), display);
	if (json_find(body, "certificate")) {
		if (!people_text(body, answer, "certificate", 0, SECRET_HASH_BYTES - 1, &certificate))
			return false;
		if (certificate.len && hex_read(certificate, bytes, sizeof(bytes)) != RESULT_OK) {
			web_refuse(answer, 400, "bad-member", "certificate has to be the SHA-256 of one, 64 hexadecimal digits, or empty");
			return false;
		}
		person->certificate[0] = 0;
		if (certificate.len)
			hex_write(bytes, sizeof(bytes), person->certificate);
	}
	if (json_find(body, "oidc_subject")) {
		if (!people_text(body, answer, "oidc_subject", 0, PERSON_SUBJECT_BYTES - 1, &subject))
			return false;
		text_set(person->oidc_subject, sizeof(person->oidc_subject), subject);
	}
	return true;
}

struct likeness {
	const struct person *person;
	bool is_there;
};

static bool look_for(void *context, const struct person *person)
{
	struct likeness *likeness = context;
	const struct person *mine = likeness->person;

	likeness->is_there = strcmp(person->name, mine->name) != 0 && ((mine->certificate[0] && strcmp(mine->certificate, person->certificate) == 0) ||
	                                                               (mine->oidc_subject[0] && strcmp(mine->oidc_subject, person->oidc_subject) == 0));
	return !likeness->is_there;
}

static bool is_unique(struct people *people, struct web_answer *answer, const struct person *person)
{
	struct likeness likeness = { .person = person };
	enum result result = person_each(people->store, look_for, &likeness);

	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (likeness.is_there)
		web_refuse(answer, 409, "not-possible", "this certificate, or this oidc_subject, is another account's");
	return result == RESULT_OK && !likeness.is_there;
}

/* A way in of somebody who may approve would be a second pair of eyes for whoever sets it. */
static bool is_guarded(struct people *people, struct web_request *request, struct web_answer *answer, const struct json *body, const struct person *person)
{
	bool needs_eyes = false, is_way_in = json_find(body, "certificate") || json_find(body, "oidc_subject");
	enum result result = is_way_in ? approval_is_needed(people, people_caller(people, request), &needs_eyes) : RESULT_OK;

	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (needs_eyes && role_permits(person->roles) & PERMIT_APPROVE && !span_equal(people_base_name(people->admitted.view.name), span_of(person->name)))
		web_refuse(answer, 409, "not-possible", "who may approve gets his ways in before he gets that role, or sets them himself");
	else
		return true;
	return false;
}

/* At once, without four eyes: it takes rights away, and may be urgent. Only nobody may be left. */
static bool may_disable(struct people *people, struct web_answer *answer, const struct person *person)
{
	bool has_other = true;
	enum result result = !person->is_disabled && roles_is_administrator(person) ? roles_has_other(people, person, &has_other) : RESULT_OK;

	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (!has_other)
		web_refuse(answer, 409, "last-administrator", "nobody else could administer the hub");
	return result == RESULT_OK && has_other;
}

static void change(struct people *people, struct web_request *request, struct web_answer *answer, const struct json *body, struct person *person)
{
	const struct json *disabled = json_find(body, "disabled");

	if (disabled && !json_has_bool(disabled)) {
		web_refuse(answer, 400, "bad-member", "disabled has to be true or false");
		return;
	}
	if (!read_members(answer, body, person) || !is_guarded(people, request, answer, body, person) || !is_unique(people, answer, person))
		return;
	if (disabled && json_bool_of(disabled) != person->is_disabled) {
		if (!may_disable(people, answer, person))
			return;
		person->is_disabled = !person->is_disabled;
		person->epoch = person_draw();
	}
	if (person_keep(people, request, answer, person, "person.change", request->body, AUDIT_SAY(NOTHING)))
		person_tell(answer, person);
}

void route_person_change(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const allowed[] = { "display", "roles", "tenants", "language", "disabled", "certificate", "oidc_subject", NULL };
	struct people *people = context;
	struct person person;
	struct json *body;
	bool has_roles;

	if (!person_of_path(people, request, answer, &person) || !people_body(request, answer, allowed, &body))
		return;
	has_roles = json_find(body, "roles") || json_find(body, "tenants");
	if (has_roles && json_length(body) > (size_t)(json_find(body, "roles") != NULL) + (json_find(body, "tenants") != NULL))
		web_refuse(answer, 400, "bad-member", "roles and tenants are changed by themselves, without other members");
	else if (has_roles)
		roles_change(people, request, answer, &person, body);
	else
		change(people, request, answer, body, &person);
	json_drop(body);
}

void route_person_end(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	struct person person;

	if (person_of_path(people, request, answer, &person))
		roles_end(people, request, answer, &person);
}
