/* Making passkeys, listing them, and taking them away. */
#include "hub/people/routes/passkeys.h"
#include "hub/people/routes/routes.h"
#include "incident/text.h"

#include "base/banned.h"

struct finding {
	unsigned count;
};

static bool count_one(void *context, const struct credential *credential)
{
	(void)credential;
	((struct finding *)context)->count++;
	return true;
}

bool people_has_passkey(struct people *people, const struct person *person)
{
	struct finding finding = { 0 };

	return credential_each(people->store, person, count_one, &finding) == RESULT_OK && finding.count;
}

static void put_credential(struct json_writer *writer, const struct credential *credential)
{
	json_put_text(writer, SPAN("id"), span_of(credential->hash));
	json_put_text(writer, SPAN("name"), span_of(credential->name));
	json_put_time_ms(writer, SPAN("made"), credential->made_ms);
	json_put_time_ms(writer, SPAN("used"), credential->used_ms);
}

/* -- a new one -- */

static enum result read_new(struct people *people, const struct json *body, uint64_t now_ms, struct credential *out)
{
	char purpose[PURPOSE_BYTES], site[256];
	struct response response;
	struct span data;
	enum result result = response_read(people, json_find(body, "credential"), true, passkeys_purpose(people, purpose), now_ms, &response);

	if (result == RESULT_OK)
		result = span_to_text(people_site(people), site, sizeof(site));
	if (result == RESULT_OK)
		result = attestation_read(buffer_span(&response.data), &data);
	if (result == RESULT_OK)
		result = fido_read(site, data, &out->key);
	if (result == RESULT_OK)
		result = secret_hash(span_make((const char *)out->key.id, out->key.id_len), out->hash);
	if (result == RESULT_OK)
		result = challenge_meet(&people->passkeys->challenges, now_ms, response.challenge);
	response_done(&response);
	return result;
}

static void keep_new(struct people *people, struct web_request *request, struct web_answer *answer, const struct credential *credential)
{
	struct document_change change;
	struct json_writer writer;
	struct buffer text;
	enum result result;

	buffer_init(&text, CREDENTIAL_TEXT_MAX);
	result = credential_change(credential, &text, &change);
	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (people_commit(people, answer, request->wall_ns, &(struct people_act){ span_of(credential->person), "passkey.make", span_of(credential->name), .detail = SPAN_NONE }, &change, 1)) {
		people_answer_begin(answer, &writer);
		put_credential(&writer, credential);
		people_answer_end(answer, &writer, 200);
	}
	buffer_done(&text);
}

void route_passkey_make(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const allowed[] = { "name", "credential", NULL };
	struct people *people = context;
	struct credential credential = { .made_ms = request_ms(request) };
	struct finding finding = { 0 };
	struct span name = SPAN_NONE;
	struct person person;
	struct json *body;
	enum result result;

	if (!passkeys_are_here(people, answer) || !people_self(people, request, answer, &person) || !people_body(request, answer, allowed, &body))
		return;
	if (people_text(body, answer, "name", 0, CREDENTIAL_NAME_BYTES - 1, &name)) {
		text_set(credential.name, sizeof(credential.name), name.len ? name : SPAN("passkey"));
		text_set(credential.person, sizeof(credential.person), span_of(person.name));
		credential.birth = person.birth;
		result = credential_each(people->store, &person, count_one, &finding);
		if (result != RESULT_OK)
			people_not_kept(answer, result);
		else if (finding.count >= PASSKEYS_MAX)
			web_refuse(answer, 409, "full", "you have %u passkeys; take one away first", finding.count);
		else if (read_new(people, body, request_ms(request), &credential) != RESULT_OK)
			web_refuse(answer, 400, "bad-passkey", "this was not made for this hub, in this session, within five minutes");
		else
			keep_new(people, request, answer, &credential);
	}
	json_drop(body);
}

/* -- the list, and the end of one -- */

static bool list_one(void *context, const struct credential *credential)
{
	json_open(context, SPAN_NONE, '{');
	put_credential(context, credential);
	json_close(context, '}');
	return true;
}

void route_passkeys_get(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	struct json_writer writer;
	struct person person;
	enum result result;

	if (!people_self(people, request, answer, &person))
		return;
	people_answer_begin(answer, &writer);
	json_open(&writer, SPAN("passkeys"), '[');
	result = credential_each(people->store, &person, list_one, &writer);
	json_close(&writer, ']');
	if (result == RESULT_OK)
		people_answer_end(answer, &writer, 200);
	else
		people_not_kept(answer, result);
}

struct search {
	struct span id;
	struct credential found;
};

static bool match(void *context, const struct credential *credential)
{
	struct search *search = context;

	if (!span_equal(span_of(credential->hash), search->id))
		return true;
	search->found = *credential;
	return false;
}

void route_passkey_end(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	struct search search = { .id = request->parts[0] };
	struct document_change change = { DOCUMENT_CREDENTIAL, SPAN_NONE, SPAN_NONE, 0, DOCUMENT_ANY };
	struct person person;
	enum result result;

	if (!people_self(people, request, answer, &person))
		return;
	result = credential_each(people->store, &person, match, &search);
	change.key = span_of(search.found.hash);
	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (!search.found.hash[0])
		web_refuse(answer, 404, "not-found", "you have no such passkey");
	else if (people_commit(people, answer, request->wall_ns, &(struct people_act){ span_of(person.name), "passkey.end", span_of(search.found.name), .detail = SPAN_NONE }, &change, 1))
		people_done(answer);
}
