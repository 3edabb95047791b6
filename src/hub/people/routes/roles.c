/* What people may, and whose things they see: asked for by one, approved by another. */
#include "hub/people/routes/person.h"

#include "base/banned.h"

#define DETAIL_MAX ((size_t)16 << 10)

bool roles_is_administrator(const struct person *person)
{
	return person->roles & ROLE_ADMINISTRATOR && person->tenants.is_all && !person->is_disabled;
}

struct search {
	const struct person *person;
	bool found;
};

static bool look_at(void *context, const struct person *person)
{
	struct search *search = context;
	bool may_enter = person->password[0] || person->certificate[0] || person->oidc_subject[0];

	search->found = may_enter && roles_is_administrator(person) && strcmp(person->name, search->person->name) != 0;
	return !search->found;
}

enum result roles_has_other(struct people *people, const struct person *person, bool *out)
{
	struct search search = { .person = person };
	enum result result = person_each(people->store, look_at, &search);

	*out = search.found;
	return result;
}

/* -- what is wished -- */

static bool read_roles(const struct json *list, uint32_t *out)
{
	uint32_t roles = 0;

	if (!json_has_list(list))
		return false;
	for (size_t i = 0; i < json_length(list); i++) {
		uint32_t role = role_of(json_text_of(json_item(list, i)));

		if (!role)
			return false;
		roles |= role;
	}
	*out = roles;
	return true;
}

bool roles_read(struct people *people, const struct json *body, struct web_answer *answer, struct roles_wish *wish)
{
	const struct json *roles = json_find(body, "roles"), *tenants = json_find(body, "tenants");

	if (roles && !read_roles(roles, &wish->roles))
		web_refuse(answer, 400, "bad-member", "roles has to be a list of viewer, analyst, operator, approver, auditor, administrator");
	else if (tenants && (tenant_set_read(tenants, &wish->tenants) != RESULT_OK || !tenant_set_within(&wish->tenants, &people->admitted.tenants)))
		web_refuse(answer, 400, "bad-member", "tenants may have those that you see yourself, or [\"*\"] where you see all");
	else
		return true;
	return false;
}

static enum result write_wish(const struct roles_wish *wish, struct buffer *out)
{
	struct json_writer writer;

	json_writer_init(&writer, out);
	json_open(&writer, SPAN_NONE, '{');
	json_open(&writer, SPAN("roles"), '[');
	for (unsigned i = 0; i < ROLE_COUNT; i++) {
		if (wish->roles & 1u << i)
			json_put_text(&writer, SPAN_NONE, span_of(role_name(i)));
	}
	json_close(&writer, ']');
	tenant_set_put(&writer, SPAN("tenants"), &wish->tenants);
	json_close(&writer, '}');
	return writer.result;
}

/* -- asking -- */

/* An approver of one tenant may look at what is of that tenant alone. */
static struct span tenant_of(const struct tenant_set *set)
{
	return !set->is_all && set->count == 1 ? span_of(set->list[0]) : SPAN_NONE;
}

static bool ask(struct people *people, struct web_request *request, struct web_answer *answer, const struct person *person, struct span tenant, struct span detail, uint64_t *number)
{
	enum result result = approval_ask(people, people_caller(people, request), APPROVAL_ROLES, tenant, span_of(person->name), detail, request->wall_ns, number);

	if (result == RESULT_REFUSED)
		web_refuse(answer, 503, "not-recorded", "the audit log cannot be written, so nothing was done");
	else if (result == RESULT_LIMIT)
		web_refuse(answer, 409, "full", "too much waits for approval already");
	else if (result != RESULT_OK)
		people_not_kept(answer, result);
	return result == RESULT_OK;
}

bool roles_ask(struct people *people, struct web_request *request, struct web_answer *answer, const struct person *person, const struct roles_wish *wish, uint64_t *number)
{
	struct buffer detail;
	bool is_asked;

	buffer_init(&detail, DETAIL_MAX);
	if (write_wish(wish, &detail) == RESULT_OK) {
		is_asked = ask(people, request, answer, person, tenant_of(&wish->tenants), buffer_span(&detail), number);
	} else {
		people_not_kept(answer, RESULT_NO_MEMORY);
		is_asked = false;
	}
	buffer_done(&detail);
	return is_asked;
}

static void tell_waiting(struct web_answer *answer, uint64_t number)
{
	struct json_writer writer;

	people_answer_begin(answer, &writer);
	json_put_number(&writer, SPAN("approval"), number);
	people_answer_end(answer, &writer, 202);
}

/* False: ANSWER says that nobody could administer the hub afterwards. */
static bool leaves_somebody(struct people *people, struct web_answer *answer, const struct person *person, const struct roles_wish *wish)
{
	bool stays = wish && wish->roles & ROLE_ADMINISTRATOR && wish->tenants.is_all, has_other = true;
	enum result result = roles_is_administrator(person) && !stays ? roles_has_other(people, person, &has_other) : RESULT_OK;

	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (!has_other)
		web_refuse(answer, 409, "last-administrator", "nobody else could administer the hub");
	return result == RESULT_OK && has_other;
}

void roles_change(struct people *people, struct web_request *request, struct web_answer *answer, struct person *person, const struct json *body)
{
	static struct roles_wish wish;       /* the loop's thread alone; large for a stack */
	uint64_t number;
	bool needs_eyes;
	enum result result = approval_is_needed(people, people_caller(people, request), &needs_eyes);

	wish = (struct roles_wish){ person->roles, person->tenants };
	if (result != RESULT_OK) {
		people_not_kept(answer, result);
		return;
	}
	if (!roles_read(people, body, answer, &wish) || !leaves_somebody(people, answer, person, &wish))
		return;
	if (needs_eyes) {
		if (roles_ask(people, request, answer, person, &wish, &number))
			tell_waiting(answer, number);
		return;
	}
	person->roles = wish.roles;
	person->tenants = wish.tenants;
	person->epoch = person_draw();
	if (person_keep(people, request, answer, person, "person.roles", SPAN_NONE, AUDIT_SAY(ALONE)))
		person_tell(answer, person);
}

/* Whoever could approve takes a pair of eyes with him when he goes. */
void roles_end(struct people *people, struct web_request *request, struct web_answer *answer, const struct person *person)
{
	const struct document_change change = { DOCUMENT_PERSON, span_of(person->name), SPAN_NONE, 0, person->version };
	uint64_t number;
	bool needs_eyes = false;
	enum result result = role_permits(person->roles) & PERMIT_APPROVE ? approval_is_needed(people, people_caller(people, request), &needs_eyes) : RESULT_OK;

	if (result != RESULT_OK) {
		people_not_kept(answer, result);
		return;
	}
	if (!leaves_somebody(people, answer, person, NULL))
		return;
	if (needs_eyes) {
		if (ask(people, request, answer, person, tenant_of(&person->tenants), SPAN("{\"end\":true}"), &number))
			tell_waiting(answer, number);
	} else if (people_commit(people, answer, request->wall_ns, &(struct people_act){ people->admitted.view.name, "person.end", span_of(person->name), .detail = SPAN_NONE }, &change, 1)) {
		people_done(answer);
	}
}

/* -- approved -- */

static enum result apply(struct people *people, struct person *person, const struct json *detail, struct complaints *complaints)
{
	bool is_end = json_bool_of(json_find(detail, "end")), stays = false, has_other = true;
	struct roles_wish wish = { person->roles, person->tenants };
	struct document_change change = { DOCUMENT_PERSON, span_of(person->name), SPAN_NONE, 0, person->version };
	struct buffer text;
	enum result result = RESULT_OK;

	if (!is_end && (!read_roles(json_find(detail, "roles"), &wish.roles) || tenant_set_read(json_find(detail, "tenants"), &wish.tenants) != RESULT_OK))
		return RESULT_MALFORMED;
	stays = !is_end && wish.roles & ROLE_ADMINISTRATOR && wish.tenants.is_all;
	if (roles_is_administrator(person) && !stays)
		result = roles_has_other(people, person, &has_other);
	if (result == RESULT_OK && !has_other) {
		complain(complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "nobody else could administer the hub");
		return RESULT_REFUSED;
	}
	buffer_init(&text, PERSON_TEXT_MAX);
	person->roles = wish.roles;
	person->tenants = wish.tenants;
	person->epoch = person_draw();
	if (result == RESULT_OK && !is_end)
		result = person_change(person, &text, &change);
	if (result == RESULT_OK)
		result = store_documents_change(people->store, &change, 1, complaints);
	buffer_done(&text);
	return result;
}

enum result person_apply_roles(void *context, const struct approval *approval, struct complaints *complaints)
{
	struct people *people = context;
	struct person person;
	struct json *detail;
	enum result result = person_load(people->store, approval->object, &person);

	if (result == RESULT_NOT_FOUND)
		complain(complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "the account is not there any more");
	if (result == RESULT_OK)
		result = json_read(approval->detail, &detail);
	if (result == RESULT_OK) {
		result = apply(people, &person, detail, complaints);
		json_drop(detail);
	}
	return result;
}
