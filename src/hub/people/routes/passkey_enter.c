/* Logging in with a passkey. */
#include "hub/people/routes/passkeys.h"
#include "hub/people/routes/routes.h"

#include "base/banned.h"

/* Counters only grow; where one does not, there are two of what there should be one of. Those that stay 0 count nothing (most passkeys that are synchronised). */
static bool is_copied(const struct credential *credential, uint32_t counter)
{
	return (counter || credential->key.counter) && counter <= credential->key.counter;
}

static enum result check(struct people *people, const struct json *body, uint64_t now_ms, struct credential *credential, struct person *person, enum audit_said *why)
{
	struct response response;
	char site[256];
	uint32_t counter = 0;
	enum result result = response_read(people, json_find(body, "credential"), false, SPAN("get"), now_ms, &response);

	*why = AUDIT_SAID_PASSKEY;
	if (result == RESULT_OK)
		result = span_to_text(people_site(people), site, sizeof(site));
	if (result == RESULT_OK)
		result = credential_find(people->store, buffer_span(&response.id), credential);
	if (result == RESULT_OK)
		result = fido_check(site, &credential->key, buffer_span(&response.client_data), buffer_span(&response.data), buffer_span(&response.signature), &counter);
	if (result == RESULT_OK)
		result = challenge_meet(&people->passkeys->challenges, now_ms, response.challenge);
	if (result == RESULT_OK)
		result = person_load(people->store, span_of(credential->person), person);
	if (result == RESULT_OK && (person->birth != credential->birth || person->is_disabled))
		result = RESULT_REFUSED;
	if (result == RESULT_OK && is_copied(credential, counter)) {
		*why = AUDIT_SAID_PASSKEY_COPY;
		result = RESULT_REFUSED;
	}
	credential->key.counter = counter;
	response_done(&response);
	return result;
}

/* The counter first: nobody is in whose counter was not kept. */
static bool keep_used(struct people *people, struct web_answer *answer, struct credential *credential, uint64_t now_ms)
{
	struct document_change change;
	struct buffer text;
	enum result result;

	credential->used_ms = now_ms;
	buffer_init(&text, CREDENTIAL_TEXT_MAX);
	result = credential_change(credential, &text, &change);
	if (result == RESULT_OK)
		result = store_documents_change(people->store, &change, 1, NULL);
	buffer_done(&text);
	if (result != RESULT_OK)
		people_not_kept(answer, result);
	return result == RESULT_OK;
}

void route_passkey(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const allowed[] = { "credential", NULL };
	struct people *people = context;
	struct credential credential = { 0 };
	struct person person = { 0 };
	struct json *body;
	enum audit_said why;
	enum result result;

	if (!passkeys_are_here(people, answer) || !people_body(request, answer, allowed, &body))
		return;
	result = check(people, body, request_ms(request), &credential, &person, &why);
	json_drop(body);
	if (result == RESULT_OK) {
		if (keep_used(people, answer, &credential, request_ms(request)))
			(void)people_enter(people, request, answer, &(struct entry_wish){ .person = &person, .way = SESSION_BY_PASSKEY, .has_second = true, .what = "session.begin" });
	} else if (people_write_refused(people, answer, request->wall_ns, span_of(credential.person), (struct audit_words){ .said = why })) {
		web_refuse(answer, 401, "wrong-credentials", "this passkey does not let anybody in here");
	}
}
