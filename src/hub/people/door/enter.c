/* Somebody has proved who he is: a session begins. */
#include <stdio.h>

#include "base/encode.h"
#include "event/json.h"
#include "hub/people/inside.h"
#include "incident/text.h"

#include "base/banned.h"

#define COOKIE_MAX 256u

static void put_roles(struct json_writer *writer, uint32_t roles)
{
	json_open(writer, SPAN("roles"), '[');
	for (unsigned i = 0; i < ROLE_COUNT; i++) {
		if (roles & 1u << i)
			json_put_text(writer, SPAN_NONE, span_of(role_name(i)));
	}
	json_close(writer, ']');
}

void people_put_permits(struct json_writer *writer, struct span name, uint32_t permits)
{
	json_open(writer, name, '[');
	for (unsigned i = 0; i < PERMIT_COUNT; i++) {
		if (permits & 1u << i)
			json_put_text(writer, SPAN_NONE, span_of(permit_name(i)));
	}
	json_close(writer, ']');
}

void people_put_person(struct json_writer *writer, const struct person *person, bool has_second)
{
	json_put_text(writer, SPAN("name"), span_of(person->name));
	json_put_text(writer, SPAN("display"), span_of(person->display));
	json_put_text(writer, SPAN("language"), span_of(person->language));
	put_roles(writer, person->roles);
	tenant_set_put(writer, SPAN("tenants"), &person->tenants);
	json_put_bool(writer, SPAN("second_factor"), has_second);
	json_put_bool(writer, SPAN("totp"), person->totp[0]);
}

/* Doors without an account have one of the view. */
void people_put_admitted(struct json_writer *writer, struct people *people, const struct admitted *admitted)
{
	static struct person person;
	bool has_account = admitted->person.name[0];

	person = admitted->person;
	if (!has_account) {
		text_set(person.name, sizeof(person.name), admitted->view.name);
		text_set(person.display, sizeof(person.display), admitted->view.display);
		text_set(person.language, sizeof(person.language), SPAN("en"));
		person.roles = admitted->view.roles;
	}
	person.tenants = admitted->tenants;
	people_put_person(writer, &person, has_account && (person.totp[0] || people_has_passkey(people, &person)));
}

static void put_must(struct json_writer *writer, uint32_t must)
{
	json_open(writer, SPAN("must"), '[');
	if (must & MUST_CHANGE_PASSWORD)
		json_put_text(writer, SPAN_NONE, SPAN("change-password"));
	if (must & MUST_ENROL_SECOND_FACTOR)
		json_put_text(writer, SPAN_NONE, SPAN("enrol-second-factor"));
	json_close(writer, ']');
}

void people_tell_session(struct people *people, struct web_answer *answer, const struct admitted *admitted)
{
	char csrf[SECRET_BYTES] = "";
	struct json_writer writer;

	if (admitted->secret[0] && session_csrf(span_of(admitted->secret), csrf) != RESULT_OK) {
		people_not_kept(answer, RESULT_NO_MEMORY);
		return;
	}
	people_answer_begin(answer, &writer);
	json_open(&writer, SPAN("person"), '{');
	people_put_admitted(&writer, people, admitted);
	json_close(&writer, '}');
	people_put_permits(&writer, SPAN("permits"), admitted->view.permits);
	json_put_text(&writer, SPAN("csrf"), span_of(csrf));
	json_put_time_ms(&writer, SPAN("expires"), admitted->secret[0] ? session_end_ms(&admitted->session) : 0);
	put_must(&writer, admitted->must);
	people_answer_end(answer, &writer, 200);
}

static bool set_cookie(struct web_request *request, struct web_answer *answer, const char *secret, uint64_t seconds)
{
	char text[COOKIE_MAX];

	snprintf(text, sizeof(text), "%.*s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%llu%s", SPAN_ARG(people_cookie_name(request)), secret, (unsigned long long)seconds,
	         request->door == WEB_TLS ? "; Secure" : "");
	return web_field(request, answer, SPAN("Set-Cookie"), span_of(text));
}

void people_drop_cookie(struct web_request *request, struct web_answer *answer)
{
	(void)set_cookie(request, answer, "", 0);
}

static struct audit_words words_of(const struct entry_wish *wish)
{
	struct span way = span_of(session_way_name(wish->way));

	return wish->why ? AUDIT_SAY(WAY_WHY, way, span_of(wish->why)) : AUDIT_SAY(WAY, way);
}

/* The person's document, the new session, the end of the old one: together. */
static bool keep(struct people *people, struct web_request *request, struct web_answer *answer, const struct entry_wish *wish, const struct session *session)
{
	struct document_change changes[3];
	struct buffer person_text, session_text;
	size_t count = 0;
	char who[WHO_BYTES];
	enum result result;
	bool is_kept = false;

	snprintf(who, sizeof(who), "%s%s", wish->person ? "" : "break-glass:", session->person);
	buffer_init(&person_text, PERSON_TEXT_MAX);
	buffer_init(&session_text, SESSION_TEXT_MAX);
	result = session_change(session, &session_text, &changes[count++]);
	if (result == RESULT_OK && wish->person)
		result = person_change(wish->person, &person_text, &changes[count++]);
	if (wish->old)
		changes[count++] = session_end(wish->old);
	if (result == RESULT_OK)
		is_kept = people_commit(people, answer, request->wall_ns, &(struct people_act){ span_of(who), wish->what, span_of(session->person), .words = words_of(wish) }, changes, count);
	else
		people_not_kept(answer, result);
	buffer_done(&person_text);
	buffer_done(&session_text);
	return is_kept;
}

bool people_enter(struct people *people, struct web_request *request, struct web_answer *answer, const struct entry_wish *wish)
{
	static struct admitted entered;      /* the loop's thread alone; large for a stack */
	uint64_t now_ms = request_ms(request);
	bool is_in = false;

	explicit_bzero(&entered, sizeof(entered));
	if (wish->person)
		wish->person->seen_ms = now_ms;
	if (session_init(&entered.session, wish->person, wish->name, wish->way, wish->has_second, now_ms, entered.secret) != RESULT_OK)
		people_not_kept(answer, RESULT_NO_MEMORY);
	else
		is_in = keep(people, request, answer, wish, &entered.session);
	if (is_in) {
		if (wish->person)
			entered.person = *wish->person;
		people_view(people, &entered);
		people_tell_session(people, answer, &entered);
		(void)set_cookie(request, answer, entered.secret, (entered.session.until_ms - now_ms) / 1000);
	}
	explicit_bzero(&entered, sizeof(entered));
	return is_in;
}
