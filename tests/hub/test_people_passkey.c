/* Passkeys, with an authenticator of our own: a key of P-256, the data and signatures of WebAuthn. */
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "base/encode.h"
#include "hub/people/passkey/client_data.h"
#include "net/digest.h"
#include "people_stage.h"

#define ORIGIN "https://hub.town.example"
#define SITE "hub.town.example"

static struct stage stage;

static int begin(void **state)
{
	(void)state;
	stage_init(&stage, false);
	return 0;
}

static int end(void **state)
{
	(void)state;
	stage_done(&stage);
	return 0;
}

/* What an authenticator does, and what it may be made to do wrong. */
struct authenticator {
	EVP_PKEY *key;
	const char *site, *origin, *type;
	uint8_t flags, id[16];
	uint32_t counter;
	bool crosses, spoils;
};

static struct authenticator authenticator_new(uint8_t id)
{
	struct authenticator made = { .key = EVP_EC_gen("P-256"), .site = SITE, .origin = ORIGIN, .flags = 5, .counter = 7 };

	assert_non_null(made.key);
	memset(made.id, id, sizeof(made.id));
	return made;
}

static void put(struct buffer *out, const void *bytes, size_t count)
{
	assert_ok(buffer_append(out, span_make(bytes, count)));
}

static void put_front(const struct authenticator *authenticator, struct buffer *out, uint8_t more_flags)
{
	uint8_t hash[DIGEST_LEN], rest[5] = { authenticator->flags | more_flags, (uint8_t)(authenticator->counter >> 24), (uint8_t)(authenticator->counter >> 16),
		                              (uint8_t)(authenticator->counter >> 8), (uint8_t)authenticator->counter };

	assert_ok(digest_plain(span_of(authenticator->site), hash));
	put(out, hash, sizeof(hash));
	put(out, rest, sizeof(rest));
}

/* RFC 9053: {1: 2, 3: -7, -1: 1, -2: x, -3: y}. */
static void put_key(const struct authenticator *authenticator, struct buffer *out)
{
	unsigned char point[65];
	size_t len = 0;

	assert_int_equal(EVP_PKEY_get_octet_string_param(authenticator->key, "pub", point, sizeof(point), &len), 1);
	assert_int_equal(len, sizeof(point));
	put(out, "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", 10);
	put(out, point + 1, 32);
	put(out, "\x22\x58\x20", 3);
	put(out, point + 33, 32);
}

static void put_client_data(const struct authenticator *authenticator, const char *type, struct span challenge, struct buffer *out)
{
	assert_ok(buffer_print(out, "{\"type\":\"%s\",\"challenge\":\"%.*s\",\"origin\":\"%s\",\"crossOrigin\":%s,\"other\":\"ignored\"}", authenticator->type ? authenticator->type : type,
	                       SPAN_ARG(challenge), authenticator->origin, authenticator->crosses ? "true" : "false"));
}

static void put_base64(struct buffer *out, const char *name, struct span bytes)
{
	char text[BASE64URL_LEN(2048)];

	assert_true(bytes.len <= 2048);
	base64url_write(bytes.at, bytes.len, text);
	assert_ok(buffer_print(out, "\"%s\":\"%.*s\"", name, (int)BASE64URL_LEN(bytes.len), text));
}

/* navigator.credentials.create, as the console sends it. */
static void create(const struct authenticator *authenticator, struct span challenge, struct buffer *out)
{
	struct buffer data, attestation, client;
	uint8_t lengths[2] = { 0, sizeof(authenticator->id) };

	buffer_init(&data, 2048), buffer_init(&attestation, 2048), buffer_init(&client, 2048);
	put_front(authenticator, &data, 0x40);
	put(&data, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	put(&data, lengths, sizeof(lengths));
	put(&data, authenticator->id, sizeof(authenticator->id));
	put_key(authenticator, &data);
	put(&attestation, "\xa3\x63" "fmt\x64none\x67" "attStmt\xa0\x68" "authData\x58", 29);
	assert_ok(buffer_append_byte(&attestation, (char)buffer_len(&data)));
	assert_ok(buffer_append(&attestation, buffer_span(&data)));
	put_client_data(authenticator, "webauthn.create", challenge, &client);
	assert_ok(buffer_print(out, "{\"name\":\"my key\",\"credential\":{\"type\":\"public-key\","));
	put_base64(out, "rawId", span_make((const char *)authenticator->id, sizeof(authenticator->id)));
	assert_ok(buffer_print(out, ",\"response\":{"));
	put_base64(out, "clientDataJSON", buffer_span(&client));
	assert_ok(buffer_append_byte(out, ','));
	put_base64(out, "attestationObject", buffer_span(&attestation));
	assert_ok(buffer_print(out, "}}}"));
	buffer_done(&data), buffer_done(&attestation), buffer_done(&client);
}

static void sign(const struct authenticator *authenticator, struct span data, struct span client, struct buffer *out)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char signature[128], hash[DIGEST_LEN];
	size_t len = sizeof(signature);

	assert_ok(digest_plain(client, hash));
	assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, authenticator->key), 1);
	assert_int_equal(EVP_DigestSignUpdate(context, data.at, data.len), 1);
	assert_int_equal(EVP_DigestSignUpdate(context, hash, sizeof(hash)), 1);
	assert_int_equal(EVP_DigestSignFinal(context, signature, &len), 1);
	EVP_MD_CTX_free(context);
	signature[len - 3] ^= authenticator->spoils;
	put(out, signature, len);
}

/* navigator.credentials.get. */
static void get(const struct authenticator *authenticator, struct span challenge, struct buffer *out)
{
	struct buffer data, client, signature;

	buffer_init(&data, 2048), buffer_init(&client, 2048), buffer_init(&signature, 2048);
	put_front(authenticator, &data, 0);
	put_client_data(authenticator, "webauthn.get", challenge, &client);
	sign(authenticator, buffer_span(&data), buffer_span(&client), &signature);
	assert_ok(buffer_print(out, "{\"credential\":{\"type\":\"public-key\","));
	put_base64(out, "rawId", span_make((const char *)authenticator->id, sizeof(authenticator->id)));
	assert_ok(buffer_print(out, ",\"response\":{"));
	put_base64(out, "clientDataJSON", buffer_span(&client));
	assert_ok(buffer_append_byte(out, ','));
	put_base64(out, "authenticatorData", buffer_span(&data));
	assert_ok(buffer_append_byte(out, ','));
	put_base64(out, "signature", buffer_span(&signature));
	assert_ok(buffer_print(out, "}}}"));
	buffer_done(&data), buffer_done(&client), buffer_done(&signature);
}

static void challenge_of(struct browser *browser, const char *path, char out[64])
{
	struct reply *reply = ask(&stage, browser, METHOD_POST, path, "");

	assert_status(reply, 200);
	assert_ok(span_to_text(json_text_of(json_find(json_find(reply->json, "publicKey"), "challenge")), out, 64));
}

static struct reply *send_new(struct browser *browser, const struct authenticator *authenticator, const char *challenge)
{
	struct buffer body;
	struct reply *reply;

	buffer_init(&body, 16384);
	create(authenticator, span_of(challenge), &body);
	assert_ok(buffer_append_byte(&body, 0));
	reply = ask(&stage, browser, METHOD_POST, "/api/v1/me/passkeys", buffer_span(&body).at);
	buffer_done(&body);
	return reply;
}

static struct reply *send_login(struct browser *browser, const struct authenticator *authenticator, const char *challenge)
{
	struct buffer body;
	struct reply *reply;

	buffer_init(&body, 16384);
	get(authenticator, span_of(challenge), &body);
	assert_ok(buffer_append_byte(&body, 0));
	reply = ask(&stage, browser, METHOD_POST, "/api/v1/session/passkey", buffer_span(&body).at);
	buffer_done(&body);
	return reply;
}

static struct reply *log_in_by(struct browser *browser, const struct authenticator *authenticator)
{
	char challenge[64];

	challenge_of(browser, "/api/v1/session/passkey/options", challenge);
	return send_login(browser, authenticator, challenge);
}

static void enrol(struct browser *agnes, const struct authenticator *authenticator)
{
	char challenge[64];

	challenge_of(agnes, "/api/v1/me/passkeys/options", challenge);
	assert_status(send_new(agnes, authenticator, challenge), 200);
}

static void a_passkey_lets_in(void **unused)
{
	struct authenticator key = authenticator_new(1);
	struct browser agnes = { .door = WEB_TLS }, other = { .door = WEB_TLS, .source = 2 };
	struct reply *reply;
	char path[128];

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	enrol(&agnes, &key);
	key.counter++;
	assert_status(log_in_by(&other, &key), 200);
	reply = ask(&stage, &other, METHOD_GET, "/api/v1/me/passkeys", "");
	assert_int_equal(json_length(json_find(reply->json, "passkeys")), 1);
	snprintf(path, sizeof(path), "/api/v1/me/passkeys/%s", json_text_of(json_find(json_item(json_find(reply->json, "passkeys"), 0), "id")).at);
	reply = ask(&stage, &other, METHOD_POST, "/api/v1/me/passkeys/options", "");
	assert_int_equal(json_length(json_find(json_find(reply->json, "publicKey"), "excludeCredentials")), 1);
	assert_status(ask(&stage, &other, METHOD_DELETE, path, ""), 204);
	key.counter++;
	assert_refused(log_in_by(&other, &key), 401, "wrong-credentials");
	EVP_PKEY_free(key.key);
}

/* Everything that makes an assertion somebody else's, or of somewhere else. */
static void what_is_wrong_lets_nobody_in(void **unused)
{
	struct authenticator key = authenticator_new(1), stranger = authenticator_new(1);
	struct browser agnes = { .door = WEB_TLS }, other = { .door = WEB_TLS, .source = 2 };

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	enrol(&agnes, &key);
	for (unsigned i = 0; i < 10; i++) {
		struct authenticator wrong = i == 0 ? stranger : key;

		wrong.counter = 100;
		wrong.origin = i == 1 ? "https://hub.town.example.evil" : i == 2 ? "http://hub.town.example" : ORIGIN;
		wrong.site = i == 3 ? "evil" : SITE;
		wrong.type = i == 4 ? "webauthn.create" : NULL;
		wrong.flags = i == 5 ? 1 : i == 6 ? 4 : 5;  /* without proof, without presence */
		wrong.crosses = i == 7;
		wrong.spoils = i == 8;
		wrong.id[0] = i == 9 ? 77 : 1;
		assert_refused(log_in_by(&other, &wrong), 401, "wrong-credentials");
		stage.wall_ns += SECONDS(1);
	}
	key.counter = 100;
	assert_status(log_in_by(&other, &key), 200);
	assert_int_equal(entries_of(&stage, "session.refused"), 10);
	EVP_PKEY_free(key.key);
	EVP_PKEY_free(stranger.key);
}

static void a_challenge_is_met_once_and_in_time(void **unused)
{
	struct authenticator key = authenticator_new(1);
	struct browser agnes = { .door = WEB_TLS }, other = { .door = WEB_TLS, .source = 2 };
	char challenge[64];

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	enrol(&agnes, &key);
	challenge_of(&other, "/api/v1/session/passkey/options", challenge);
	key.counter++;
	assert_status(send_login(&other, &key, challenge), 200);
	key.counter++;
	assert_refused(send_login(&other, &key, challenge), 401, "wrong-credentials");
	challenge_of(&other, "/api/v1/session/passkey/options", challenge);
	stage.wall_ns += SECONDS(300);
	assert_refused(send_login(&other, &key, challenge), 401, "wrong-credentials");
	assert_refused(send_login(&other, &key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), 401, "wrong-credentials");
	assert_refused(send_login(&other, &key, ""), 401, "wrong-credentials");
	challenge_of(&agnes, "/api/v1/me/passkeys/options", challenge);  /* for something else */
	assert_refused(send_login(&other, &key, challenge), 401, "wrong-credentials");
	EVP_PKEY_free(key.key);
}

/* A counter that does not grow: somebody has a copy. One that is always 0 says nothing. */
static void a_copy_is_noticed(void **unused)
{
	struct authenticator key = authenticator_new(1), none = authenticator_new(2);
	struct browser agnes = { .door = WEB_TLS }, other = { .door = WEB_TLS, .source = 2 };

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	none.counter = 0;
	enrol(&agnes, &key);
	enrol(&agnes, &none);
	assert_refused(log_in_by(&other, &key), 401, "wrong-credentials");
	key.counter++;
	assert_status(log_in_by(&other, &key), 200);
	assert_refused(log_in_by(&other, &key), 401, "wrong-credentials");
	assert_status(log_in_by(&other, &none), 200);
	assert_status(log_in_by(&other, &none), 200);
	EVP_PKEY_free(key.key);
	EVP_PKEY_free(none.key);
}

static void a_new_one_is_made_in_its_own_session(void **unused)
{
	struct authenticator key = authenticator_new(1);
	struct browser agnes = { .door = WEB_TLS }, boris = { .door = WEB_TLS, .source = 2 }, nobody = { .door = WEB_TLS, .source = 3 };
	char challenge[64];

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	someone(&stage, &boris, "boris", ROLE_VIEWER, NULL);
	assert_refused(ask(&stage, &nobody, METHOD_POST, "/api/v1/me/passkeys/options", ""), 401, "not-logged-in");
	challenge_of(&boris, "/api/v1/me/passkeys/options", challenge);
	assert_refused(send_new(&agnes, &key, challenge), 400, "bad-passkey");
	challenge_of(&agnes, "/api/v1/session/passkey/options", challenge);
	assert_refused(send_new(&agnes, &key, challenge), 400, "bad-passkey");
	challenge_of(&agnes, "/api/v1/me/passkeys/options", challenge);
	key.origin = "https://evil.example";
	assert_refused(send_new(&agnes, &key, challenge), 400, "bad-passkey");
	key.origin = ORIGIN;
	key.flags = 1;
	assert_refused(send_new(&agnes, &key, challenge), 400, "bad-passkey");
	key.flags = 5;
	assert_status(send_new(&agnes, &key, challenge), 200);
	assert_refused(send_new(&agnes, &key, challenge), 400, "bad-passkey");
	/* A key that is somebody's does not become somebody else's. */
	challenge_of(&boris, "/api/v1/me/passkeys/options", challenge);
	assert_refused(send_new(&boris, &key, challenge), 409, "changed-meanwhile");
	assert_refused(ask(&stage, &boris, METHOD_DELETE, "/api/v1/me/passkeys/0123", ""), 404, "not-found");
	EVP_PKEY_free(key.key);
}

static void who_goes_takes_his_passkeys_with_him(void **unused)
{
	struct authenticator key = authenticator_new(1);
	struct browser agnes = { .door = WEB_TLS }, boris = { .door = WEB_TLS, .source = 2 }, other = { .door = WEB_TLS, .source = 3 };

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	someone(&stage, &boris, "boris", ROLE_VIEWER, NULL);
	enrol(&boris, &key);
	assert_status(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/boris", "{\"disabled\":true}"), 200);
	key.counter++;
	assert_refused(log_in_by(&other, &key), 401, "wrong-credentials");
	assert_status(ask(&stage, &agnes, METHOD_DELETE, "/api/v1/people/boris", ""), 204);
	someone(&stage, &boris, "boris", ROLE_ADMINISTRATOR, NULL);
	key.counter++;
	assert_refused(log_in_by(&other, &key), 401, "wrong-credentials");
	EVP_PKEY_free(key.key);
}

static void client_data(void **unused)
{
	static const struct { const char *text; enum result result; } rows[] = {
		{ "{\"type\":\"t\",\"challenge\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"origin\":\"o\"}", RESULT_OK },
		{ "{\"type\":\"t\",\"challenge\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"origin\":\"o\",\"crossOrigin\":true}", RESULT_REFUSED },
		{ "{\"type\":\"t\",\"challenge\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"origin\":\"o\",\"crossOrigin\":1}", RESULT_MALFORMED },
		{ "{\"type\":\"T\",\"challenge\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"origin\":\"o\"}", RESULT_REFUSED },
		{ "{\"type\":\"t\",\"challenge\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"origin\":\"O\"}", RESULT_REFUSED },
		{ "{\"type\":\"t\",\"type\":\"t\",\"challenge\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"origin\":\"o\"}", RESULT_MALFORMED },
		{ "{\"type\":\"t\",\"challenge\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"origin\":\"o\"}", RESULT_MALFORMED },
		{ "{\"type\":\"t\",\"challenge\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\",\"origin\":\"o\"}", RESULT_MALFORMED },
		{ "[]", RESULT_MALFORMED }, { "", RESULT_MALFORMED },
	};
	uint8_t challenge[CHALLENGE_LEN];

	(void)unused;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_result(client_data_read(span_of(rows[i].text), SPAN("t"), SPAN("o"), challenge), rows[i].result);
}

static void attestations(void **unused)
{
	static const struct { struct span bytes; bool is_good; } rows[] = {
		{ SPAN_INIT("\xa3\x63" "fmt\x64none\x67" "attStmt\xa0\x68" "authData\x42xy"), true },
		{ SPAN_INIT("\xa3\x68" "authData\x42xy\x63" "fmt\x66packed\x67" "attStmt\xa2\x63" "alg\x26\x63" "x5c\x81\x41z"), true },
		{ SPAN_INIT("\xa3\x63" "fmt\x64none\x67" "attStmt\xa0\x68" "authData\x42xyz"), false },
		{ SPAN_INIT("\xa3\x63" "fmt\x64none\x67" "attStmt\xa0\x68" "authData\x43xy"), false },
		{ SPAN_INIT("\xa2\x63" "fmt\x64none\x67" "attStmt\xa0"), false },
		{ SPAN_INIT("\xa3\x63" "fmt\x64none\x63" "fmt\x64none\x68" "authData\x42xy"), false },
		{ SPAN_INIT("\xa3\x63" "fmt\x64none\x67" "attStmt\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x01\x68" "authData\x42xy"), false },
		{ SPAN_INIT("\xa3\x63" "fmt\x64none\x67" "attStmt\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x68" "authData\x42xy"), false },
		{ SPAN_INIT("\xbf\x63" "fmt\x64none\x67" "attStmt\xa0\x68" "authData\x42xy\xff"), false },
		{ SPAN_INIT("\xa3\x63" "fmt\x64none\x67" "attStmt\xa0\x68" "authData\x5b\xff\xff\xff\xff\xff\xff\xff\xff"), false },
	};
	struct span found;

	(void)unused;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_result(attestation_read(rows[i].bytes, &found), rows[i].is_good ? RESULT_OK : RESULT_MALFORMED);
		if (rows[i].is_good)
			assert_span(found, "xy");
		for (size_t cut = 0; cut < rows[i].bytes.len; cut++)
			assert_true(!rows[i].is_good || attestation_read(span_take(rows[i].bytes, cut), &found) == RESULT_MALFORMED);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_passkey_lets_in), TEST(what_is_wrong_lets_nobody_in), TEST(a_challenge_is_met_once_and_in_time), TEST(a_copy_is_noticed), TEST(a_new_one_is_made_in_its_own_session),
		TEST(who_goes_takes_his_passkeys_with_him), cmocka_unit_test(client_data), cmocka_unit_test(attestations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
