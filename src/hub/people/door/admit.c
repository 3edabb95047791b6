/* Before every handler: who asks, may he, does he want to (CSRF), and is he not too fast. Security, fails closed. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "hub/people/inside.h"
#include "hub/web/origin.h"
#include "incident/text.h"
#include "net/mac.h"

#include "base/banned.h"

#define BEARER "Bearer "
#define NOBODY_UID 65534u            /* where the roles have no user of their own they run as nobody, and so do strangers: it is no name for anybody */
#define CSRF_FIELD "x-bouclier-csrf"

static const struct person_view nobody;

const struct person_view *people_caller(const struct people *people, const struct web_request *request)
{
	return people->admitted.request == request ? &people->admitted.view : &nobody;
}

struct span people_cookie_name(const struct web_request *request)
{
	return request->door == WEB_TLS ? SPAN("__Host-bouclier_session") : SPAN("bouclier_session");
}

/* -- who it is -- */

uint32_t people_must(const struct people *people, const struct person *person, const struct session *session)
{
	uint32_t must = person->must_change && session->way == SESSION_BY_PASSWORD ? MUST_CHANGE_PASSWORD : 0;
	bool may_do_without = session->has_second || (session->way != SESSION_BY_PASSWORD && session->way != SESSION_BY_CODE);

	return people->settings.needs_second_factor && !may_do_without ? must | MUST_ENROL_SECOND_FACTOR : must;
}

static void view_tenants(struct admitted *out)
{
	out->view.tenants = tenant_set_ask(&out->tenants, out->tenant_spans);
}

static void view_local(struct admitted *out, const char *user)
{
	snprintf(out->who, sizeof(out->who), "local:%s", user);
	out->tenants = (struct tenant_set){ .is_all = true };
	out->view = (struct person_view){ PERSON_BY_SOCKET, span_of(out->who), span_of(out->who), ROLE_ADMINISTRATOR, PERMIT_ALL | PERMIT_SELF, { 0 } };
}

/* The kernel said who it is. */
static bool know_local(const struct people *people, const struct web_request *request, struct admitted *out)
{
	if (request->door != WEB_LOCAL_SOCKET || request->peer_uid == NOBODY_UID)
		return false;
	if (request->peer_uid == 0)
		view_local(out, "root");
	else if (request->peer_uid == people->settings.hub_uid)
		view_local(out, "bouclier-hub");
	else if (request->peer_uid == people->settings.shield_uid)
		view_local(out, "bouclier");
	return out->view.way != PERSON_NOBODY;
}

static void view_break_glass(struct admitted *out)
{
	snprintf(out->who, sizeof(out->who), "break-glass:%s", out->session.person);
	out->tenants = (struct tenant_set){ .is_all = true };
	out->view = (struct person_view){ PERSON_BY_BREAK_GLASS, span_of(out->who), span_of(out->session.person), ROLE_ADMINISTRATOR, PERMIT_ALL | PERMIT_SELF, { 0 } };
}

static void view_session(const struct people *people, struct admitted *out)
{
	const struct person *person = &out->person;

	out->must = people_must(people, person, &out->session);
	out->tenants = person->tenants;
	text_set(out->who, sizeof(out->who), span_of(person->name));
	out->view = (struct person_view){ PERSON_BY_SESSION, span_of(out->who), span_of(person->display), person->roles,
		                          PERMIT_SELF | (out->must ? 0 : role_permits(person->roles)), { 0 } };
}

void people_view(const struct people *people, struct admitted *out)
{
	if (out->session.way == SESSION_BY_BREAK_GLASS)
		view_break_glass(out);
	else
		view_session(people, out);
	view_tenants(out);
}

/* The store learns seldom that a session goes on: a write of it for every request would be a wait for the disk. */
static void keep_going(const struct people *people, struct session *session, uint64_t wall_ms)
{
	struct document_change change;
	struct buffer text;

	if (wall_ms < session->seen_ms + SESSION_SEEN_MS)
		return;
	session->seen_ms = wall_ms;
	buffer_init(&text, SESSION_TEXT_MAX);
	if (session_change(session, &text, &change) == RESULT_OK && store_documents_change(people->store, &change, 1, NULL) == RESULT_OK)
		session->version++;
	buffer_done(&text);
}

/* RESULT_NOT_FOUND: nobody, or not any more. */
static enum result know_session(const struct people *people, const struct web_request *request, struct admitted *out)
{
	struct span secret = web_cookie(request, people_cookie_name(request));
	enum result result = session_find(people->store, secret, request_ms(request), &out->session);

	if (result != RESULT_OK)
		return result;
	if (out->session.way != SESSION_BY_BREAK_GLASS) {
		result = person_load(people->store, span_of(out->session.person), &out->person);
		if (result == RESULT_OK && (out->person.is_disabled || out->person.epoch != out->session.epoch))
			result = RESULT_NOT_FOUND;
		if (result != RESULT_OK)
			return result;
	}
	memcpy(out->secret, secret.at, secret.len);
	people_view(people, out);
	keep_going(people, &out->session, request_ms(request));
	return RESULT_OK;
}

static void note_use(const struct people *people, struct program_token *token, uint64_t wall_ms)
{
	struct document_change change;
	struct buffer text;

	if (wall_ms < token->used_ms + SESSION_SEEN_MS)
		return;
	token->used_ms = wall_ms;
	buffer_init(&text, PROGRAM_TOKEN_TEXT_MAX);
	if (program_token_change(token, &text, &change) != RESULT_OK || store_documents_change(people->store, &change, 1, NULL) != RESULT_OK)
		token->used_ms = 0;  /* nobody sees when it was used: no reason to refuse it */
	buffer_done(&text);
}

static enum result know_token(const struct people *people, struct span text, uint64_t wall_ms, struct admitted *out)
{
	static struct program_token token;   /* the loop's thread alone; large for a stack */
	enum result result = program_token_find(people->store, text, wall_ms, &token);

	if (result == RESULT_OK)
		result = person_load(people->store, span_of(token.person), &out->person);
	if (result == RESULT_OK && (out->person.is_disabled || out->person.birth != token.birth))
		result = RESULT_NOT_FOUND;
	if (result != RESULT_OK)
		return result;
	tenant_set_meet(&token.tenants, &out->person.tenants, &out->tenants);
	snprintf(out->who, sizeof(out->who), "%s/token:%s", out->person.name, token.name);
	out->view = (struct person_view){ PERSON_BY_TOKEN, span_of(out->who), span_of(token.name), 0, token.scopes & role_permits(out->person.roles) & PROGRAM_TOKEN_PERMITS, { 0 } };
	view_tenants(out);
	note_use(people, &token, wall_ms);
	return RESULT_OK;
}

static enum result know(const struct people *people, const struct web_request *request, struct admitted *out)
{
	const struct field *field = fields_find(&request->head->fields, FIELD_AUTHORIZATION);

	if (know_local(people, request, out)) {
		view_tenants(out);
		return RESULT_OK;
	}
	if (field && span_starts_nocase(field->value, SPAN(BEARER)))
		return fields_count(&request->head->fields, FIELD_AUTHORIZATION) == 1
		               ? know_token(people, span_trim(span_skip(field->value, sizeof(BEARER) - 1)), request_ms(request), out) : RESULT_NOT_FOUND;
	return know_session(people, request, out);
}

/* -- how fast, and does he want to -- */

static bool is_too_fast(struct people *people, const struct web_request *request, const struct admitted *who, struct web_answer *answer)
{
	bool is_somebody = who->view.way != PERSON_NOBODY;
	const struct gcra *gcra = is_somebody ? &people->person_pace : &people->source_pace;
	struct span what = is_somebody ? who->view.name : span_make((const char *)request->source.bytes, address_is_v4(&request->source) ? 16 : 8);
	uint64_t *tat = &(is_somebody ? people->person_paces : people->source_paces)[hash_span(hash_process_seed(), what) % PACE_PLACES];
	struct gcra_answer verdict;

	if (who->view.way == PERSON_BY_SOCKET)  /* who has the machine needs nobody's patience */
		return false;
	verdict = gcra_ask(gcra, *tat, request->wall_ns / 1000, 1);
	*tat = verdict.tat;
	if (!verdict.is_allowed)
		web_refuse(answer, 429, "too-many-requests", "that was too fast; wait a moment");
	return !verdict.is_allowed;
}

static bool is_safe(const struct web_request *request)
{
	return request->head->method == METHOD_GET || request->head->method == METHOD_HEAD;
}

static bool is_meant(const struct web_request *request, const struct admitted *who)
{
	const struct field *field = fields_find_name(&request->head->fields, SPAN(CSRF_FIELD));
	char due[SECRET_BYTES];

	if (who->view.way != PERSON_BY_SESSION && who->view.way != PERSON_BY_BREAK_GLASS)
		return true;             /* nothing that a browser adds by itself has let him in */
	return field && field->value.len == sizeof(due) - 1 && session_csrf(span_of(who->secret), due) == RESULT_OK &&
	       mac_equal((const uint8_t *)due, (const uint8_t *)field->value.at, sizeof(due) - 1);
}

static bool has_json(const struct web_request *request)
{
	const struct field *field = fields_find(&request->head->fields, FIELD_CONTENT_TYPE);
	struct span rest = field ? field->value : SPAN_NONE;

	return span_equal_nocase(span_trim(span_cut(&rest, ';')), SPAN("application/json"));
}

/* Whoever changes something from a browser shows that it is our page that asks. For logging in too: nobody is to be logged in as somebody else. */
static bool is_wanted(const struct web_request *request, const struct admitted *who, uint32_t permit, struct web_answer *answer)
{
	bool is_page = who->view.way == PERSON_BY_SESSION || who->view.way == PERSON_BY_BREAK_GLASS;

	if (is_safe(request) || request->door == WEB_LOCAL_SOCKET)
		return true;
	if (web_origin(request) == WEB_ORIGIN_OTHER)
		web_refuse(answer, 403, "bad-origin", "another site's page asks for this");
	else if (is_page && !has_json(request) && request->body.len)
		web_refuse(answer, 403, "bad-csrf", "changes have to come as application/json");
	else if (is_page && permit && !is_meant(request, who))
		web_refuse(answer, 403, "bad-csrf", "X-Bouclier-CSRF has to be what GET /api/v1/session said");
	else
		return true;
	return false;
}

static bool may(const struct admitted *who, uint32_t permit, struct web_answer *answer)
{
	if ((who->view.permits & permit) == permit)
		return true;
	if (who->view.way == PERSON_NOBODY)
		web_refuse(answer, 401, "not-logged-in", "log in first");
	else if (who->must)
		web_refuse(answer, 403, "must-first", "the password or the second factor comes first: see `must` of GET /api/v1/session");
	else
		web_refuse(answer, 403, "forbidden", "your roles do not let you do this");
	return false;
}

bool people_admit(void *context, struct web_request *request, uint32_t permit, struct web_answer *answer)
{
	struct people *people = context;
	struct admitted *who = &people->admitted;
	enum result result;

	explicit_bzero(who, sizeof(*who));
	result = know(people, request, who);
	if (result != RESULT_OK) {
		explicit_bzero(who, sizeof(*who));
		if (result != RESULT_NOT_FOUND && result != RESULT_MALFORMED && permit) {
			people_not_kept(answer, result);
			return false;
		}
	}
	if (is_too_fast(people, request, who, answer) || !is_wanted(request, who, permit, answer) || !may(who, permit, answer)) {
		explicit_bzero(who, sizeof(*who));
		return false;
	}
	who->request = request;
	return true;
}
