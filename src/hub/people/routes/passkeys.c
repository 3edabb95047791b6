/* Passkeys: what a browser is asked for, and what it answered. */
#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"
#include "hub/people/routes/passkeys.h"
#include "hub/people/routes/routes.h"

#include "base/banned.h"

#define TIMEOUT_MS 120000u
#define FIELD_MAX ((size_t)24 << 10)     /* of base64url */
#define USER_ID_LEN 16u

/* A passkey is of a host name; browsers have none for an address. */
bool passkeys_are_possible(const struct people *people)
{
	struct address address;

	return people->passkeys && people->settings.url && address_read(people_site(people), &address) != RESULT_OK;
}

enum result passkeys_new(struct passkeys **out)
{
	struct passkeys *passkeys = calloc(1, sizeof(*passkeys));

	if (!passkeys)
		return RESULT_NO_MEMORY;
	challenges_init(&passkeys->challenges);
	*out = passkeys;
	return RESULT_OK;
}

void passkeys_free(struct passkeys *passkeys)
{
	free(passkeys);
}

/* -- what a browser is to ask its authenticator for -- */

bool passkeys_are_here(const struct people *people, struct web_answer *answer)
{
	if (passkeys_are_possible(people))
		return true;
	web_refuse(answer, 409, "not-possible", "passkeys need a host name: hub.name in the configuration, and the console opened by it");
	return false;
}

static void put_base64url(struct json_writer *writer, struct span name, const uint8_t *bytes, size_t len)
{
	char text[BASE64URL_LEN(FIDO_ID_MAX)];

	base64url_write(bytes, len, text);
	json_put_text(writer, name, span_make(text, BASE64URL_LEN(len)));
}

static bool put_challenge(struct people *people, struct json_writer *writer, struct span purpose, uint64_t now_ms)
{
	uint8_t challenge[CHALLENGE_LEN];

	if (challenge_make(&people->passkeys->challenges, purpose, now_ms, challenge) != RESULT_OK)
		return false;
	put_base64url(writer, SPAN("challenge"), challenge, sizeof(challenge));
	json_put_number(writer, SPAN("timeout"), TIMEOUT_MS);
	return true;
}

struct span passkeys_purpose(const struct people *people, char out[PURPOSE_BYTES])
{
	snprintf(out, PURPOSE_BYTES, "create %s", people->admitted.session.key);
	return span_of(out);
}

static void put_parameters(struct json_writer *writer)
{
	static const char *const list = "[{\"type\":\"public-key\",\"alg\":-7},{\"type\":\"public-key\",\"alg\":-8},{\"type\":\"public-key\",\"alg\":-257}]";
	enum result result = buffer_print(writer->out, ",\"pubKeyCredParams\":%s", list);

	if (writer->result == RESULT_OK)
		writer->result = result;
	json_open(writer, SPAN("authenticatorSelection"), '{');
	json_put_text(writer, SPAN("residentKey"), SPAN("required"));
	json_put_bool(writer, SPAN("requireResidentKey"), true);
	json_put_text(writer, SPAN("userVerification"), SPAN("required"));
	json_close(writer, '}');
	json_put_text(writer, SPAN("attestation"), SPAN("none"));
}

static bool put_known(void *context, const struct credential *credential)
{
	struct json_writer *writer = context;

	json_open(writer, SPAN_NONE, '{');
	json_put_text(writer, SPAN("type"), SPAN("public-key"));
	put_base64url(writer, SPAN("id"), credential->key.id, credential->key.id_len);
	json_close(writer, '}');
	return true;
}

static void put_user(struct json_writer *writer, const struct person *person)
{
	uint8_t id[USER_ID_LEN] = { 0 };     /* tells no name to whoever holds the authenticator */

	memcpy(id, &person->birth, sizeof(person->birth));
	json_open(writer, SPAN("user"), '{');
	put_base64url(writer, SPAN("id"), id, sizeof(id));
	json_put_text(writer, SPAN("name"), span_of(person->name));
	json_put_text(writer, SPAN("displayName"), span_of(person->display));
	json_close(writer, '}');
}

void route_passkey_options_new(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	char purpose[PURPOSE_BYTES];
	struct json_writer writer;
	struct person person;
	enum result result;

	if (!passkeys_are_here(people, answer) || !people_self(people, request, answer, &person))
		return;
	people_answer_begin(answer, &writer);
	json_open(&writer, SPAN("publicKey"), '{');
	json_open(&writer, SPAN("rp"), '{');
	json_put_text(&writer, SPAN("id"), people_site(people));
	json_put_text(&writer, SPAN("name"), SPAN("Bouclier"));
	json_close(&writer, '}');
	put_user(&writer, &person);
	if (!put_challenge(people, &writer, passkeys_purpose(people, purpose), request_ms(request))) {
		people_not_kept(answer, RESULT_NO_MEMORY);
		return;
	}
	put_parameters(&writer);
	json_open(&writer, SPAN("excludeCredentials"), '[');
	result = credential_each(people->store, &person, put_known, &writer);
	json_close(&writer, ']');
	json_close(&writer, '}');
	if (result == RESULT_OK)
		people_answer_end(answer, &writer, 200);
	else
		people_not_kept(answer, result);
}

/* Whose passkeys there are is told to nobody: the authenticator knows its own. */
void route_passkey_options(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	struct json_writer writer;

	if (!passkeys_are_here(people, answer))
		return;
	people_answer_begin(answer, &writer);
	json_open(&writer, SPAN("publicKey"), '{');
	if (!put_challenge(people, &writer, SPAN("get"), request_ms(request))) {
		people_not_kept(answer, RESULT_NO_MEMORY);
		return;
	}
	json_put_text(&writer, SPAN("rpId"), people_site(people));
	json_open(&writer, SPAN("allowCredentials"), '[');
	json_close(&writer, ']');
	json_put_text(&writer, SPAN("userVerification"), SPAN("required"));
	json_close(&writer, '}');
	people_answer_end(answer, &writer, 200);
}

/* -- what it answered -- */

/* A member of the credential's response, decoded into OUT. */
static bool read_field(const struct json *response, const char *name, struct buffer *out)
{
	struct span text = json_text_of(json_find(response, name));
	size_t len = base64url_bytes(text.len);
	char *room = text.len && text.len <= FIELD_MAX ? buffer_reserve(out, len) : NULL;

	if (!room || base64url_read(text, room, len) != RESULT_OK)
		return false;
	buffer_commit(out, len);
	return true;
}

void response_done(struct response *response)
{
	buffer_done(&response->id);
	buffer_done(&response->client_data);
	buffer_done(&response->data);
	buffer_done(&response->signature);
}

/* As browsers write it: the scheme's own port is not said. */
static struct span origin_of(const struct people *people)
{
	struct span origin = span_of(people->settings.url), port = span_starts(origin, SPAN("https://")) ? SPAN(":443") : SPAN(":80");

	return span_ends(origin, port) ? span_take(origin, origin.len - port.len) : origin;
}

enum result response_read(struct people *people, const struct json *credential, bool is_new, struct span purpose, uint64_t now_ms, struct response *out)
{
	const struct json *response = json_find(credential, "response");
	enum result result;

	*out = (struct response){ 0 };
	buffer_init(&out->id, FIELD_MAX);
	buffer_init(&out->client_data, FIELD_MAX);
	buffer_init(&out->data, FIELD_MAX);
	buffer_init(&out->signature, FIELD_MAX);
	if (!read_field(credential, "rawId", &out->id) || !read_field(response, "clientDataJSON", &out->client_data) ||
	    !read_field(response, is_new ? "attestationObject" : "authenticatorData", &out->data) || (!is_new && !read_field(response, "signature", &out->signature)))
		return RESULT_MALFORMED;
	result = client_data_read(buffer_span(&out->client_data), is_new ? SPAN("webauthn.create") : SPAN("webauthn.get"), origin_of(people), out->challenge);
	return result == RESULT_OK ? challenge_check(&people->passkeys->challenges, purpose, now_ms, out->challenge) : result;
}
