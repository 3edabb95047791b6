/* ID tokens: made here with keys of our own, good ones and every bad one that we know of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "base/encode.h"
#include "hub/people/oidc/token.h"
#include "net/mac.h"

#define NOW_S 1796025600u
#define GOOD "\"iss\":\"https://login.example\",\"sub\":\"248289\",\"aud\":\"hub\",\"exp\":1796025900,\"iat\":1796025590,\"nonce\":\"n-1\""

static EVP_PKEY *rsa, *ec;
static struct json *keys;
static char modulus[700];

static void encode(const void *bytes, size_t count, char *out)
{
	base64url_write(bytes, count, out);
	out[BASE64URL_LEN(count)] = 0;
}

static void encode_number(EVP_PKEY *key, const char *name, size_t size, char *out)
{
	unsigned char bytes[512];
	BIGNUM *number = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &number), 1);
	assert_int_equal(BN_bn2binpad(number, bytes, (int)size), size);
	encode(bytes, size, out);
	BN_free(number);
}

static int begin(void **state)
{
	char x[64], y[64], text[4096];

	(void)state;
	rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	encode_number(rsa, OSSL_PKEY_PARAM_RSA_N, 256, modulus);
	encode_number(ec, OSSL_PKEY_PARAM_EC_PUB_X, 32, x);
	encode_number(ec, OSSL_PKEY_PARAM_EC_PUB_Y, 32, y);
	snprintf(text, sizeof(text), "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"use\":\"sig\",\"n\":\"%s\",\"e\":\"AQAB\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\",\"x\":\"%s\",\"y\":\"%s\"},"
	                              "{\"kty\":\"RSA\",\"kid\":\"for-encryption\",\"use\":\"enc\",\"n\":\"%s\",\"e\":\"AQAB\"},{\"kty\":\"RSA\",\"kid\":\"one\",\"n\":\"%s\",\"e\":\"AQ\"}]}", modulus, x, y, modulus, modulus);
	assert_int_equal(json_read(span_of(text), &keys), RESULT_OK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
	json_drop(keys);
	return 0;
}

/* The two halves of a signature, out of DER. */
static size_t flatten(unsigned char *signature, size_t len)
{
	const unsigned char *at = signature;
	ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &at, (long)len);

	assert_non_null(both);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(both), signature, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(both), signature + 32, 32), 32);
	ECDSA_SIG_free(both);
	return 64;
}

static const char *sign(EVP_PKEY *key, const char *header, const char *claims)
{
	static char token[8192];
	unsigned char signature[512];
	size_t len = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	encode(header, strlen(header), token);
	strcat(token, ".");
	encode(claims, strlen(claims), token + strlen(token));
	assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &len, (unsigned char *)token, strlen(token)), 1);
	EVP_MD_CTX_free(context);
	if (key == ec)
		len = flatten(signature, len);
	strcat(token, ".");
	encode(signature, len, token + strlen(token));
	return token;
}

static enum result check_signed(const char *token)
{
	struct jwt jwt;
	enum result result = jwt_read(span_of(token), &jwt);

	if (result == RESULT_OK) {
		result = jwt_check_signature(&jwt, keys);
		jwt_done(&jwt);
	}
	return result;
}

static void a_good_signature(void **unused)
{
	(void)unused;
	assert_int_equal(check_signed(sign(rsa, "{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":\"JWT\"}", "{" GOOD "}")), RESULT_OK);
	assert_int_equal(check_signed(sign(ec, "{\"alg\":\"ES256\",\"kid\":\"e\"}", "{" GOOD "}")), RESULT_OK);
	assert_int_equal(check_signed(sign(ec, "{\"alg\":\"ES256\"}", "{" GOOD "}")), RESULT_OK);
}

static void a_bad_header(void **unused)
{
	static const struct { const char *header; enum result result; } bads[] = {
		{ "{\"alg\":\"none\",\"kid\":\"r\"}", RESULT_REFUSED }, { "{\"alg\":\"HS256\",\"kid\":\"r\"}", RESULT_REFUSED }, { "{\"alg\":\"RS384\",\"kid\":\"r\"}", RESULT_REFUSED },
		{ "{\"alg\":\"rs256\",\"kid\":\"r\"}", RESULT_REFUSED }, { "{\"kid\":\"r\"}", RESULT_REFUSED }, { "{\"alg\":[\"RS256\"],\"kid\":\"r\"}", RESULT_REFUSED },
		{ "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"r\"}", RESULT_MALFORMED }, { "[\"RS256\"]", RESULT_MALFORMED }, { "{\"alg\":\"RS256\",\"kid\":7}", RESULT_REFUSED },
		{ "{\"alg\":\"RS256\",\"kid\":\"r\",\"crit\":[\"x\"]}", RESULT_REFUSED }, { "{\"alg\":\"RS256\",\"kid\":\"r\",\"b64\":false}", RESULT_REFUSED },
		{ "{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":\"logout+jwt\"}", RESULT_REFUSED }, { "{\"alg\":\"RS256\",\"kid\":\"unknown\"}", RESULT_NOT_FOUND },
		{ "{\"alg\":\"RS256\",\"kid\":\"e\"}", RESULT_NOT_FOUND }, { "{\"alg\":\"ES256\",\"kid\":\"r\"}", RESULT_NOT_FOUND }, { "{\"alg\":\"RS256\",\"kid\":\"for-encryption\"}", RESULT_NOT_FOUND },
		{ "{\"alg\":\"RS256\",\"kid\":\"one\"}", RESULT_REFUSED }, { "{\"alg\":\"RS256\"}", RESULT_REFUSED }, { "{\"alg\":\"ES256\",\"kid\":\"e\"}", RESULT_REFUSED },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(bads) / sizeof(*bads); i++) {
		if (check_signed(sign(rsa, bads[i].header, "{" GOOD "}")) != bads[i].result)
			fail_msg("%s", bads[i].header);
	}
}

/* The classic: the public key as if it were a shared secret. */
static void a_public_key_is_no_secret(void **unused)
{
	char token[2048];
	uint8_t mac[MAC_LEN];

	(void)unused;
	encode("{\"alg\":\"HS256\",\"kid\":\"r\"}", 25, token);
	strcat(token, ".");
	encode("{" GOOD "}", strlen("{" GOOD "}"), token + strlen(token));
	assert_int_equal(mac_make_any(span_of(modulus), span_of(token), mac), RESULT_OK);
	strcat(token, ".");
	encode(mac, sizeof(mac), token + strlen(token));
	assert_int_equal(check_signed(token), RESULT_REFUSED);
}

static void a_changed_text(void **unused)
{
	char token[8192], *at;
	struct jwt jwt;

	(void)unused;
	snprintf(token, sizeof(token), "%s", sign(rsa, "{\"alg\":\"RS256\",\"kid\":\"r\"}", "{" GOOD "}"));
	for (size_t len = 0; len < strlen(token); len++)
		assert_int_not_equal(jwt_read(span_make(token, len), &jwt) == RESULT_OK ? (jwt_done(&jwt), check_signed(sign(ec, "{\"alg\":\"RS256\",\"kid\":\"r\"}", "{}"))) : RESULT_MALFORMED, RESULT_OK);
	at = strchr(token, '.') + 5;
	*at = *at == 'A' ? 'B' : 'A';
	assert_int_not_equal(check_signed(token), RESULT_OK);
	assert_int_equal(check_signed("a.b.c.d"), RESULT_MALFORMED);
	assert_int_equal(check_signed("e30.e30."), RESULT_MALFORMED);
	assert_int_equal(check_signed(sign(rsa, "{\"alg\":\"RS256\",\"kid\":\"r\"}", "{" GOOD ",\"nonce\":\"n-2\"}")), RESULT_MALFORMED);
}

static void too_long(void **unused)
{
	static char token[JWT_MAX + 2];
	struct jwt jwt;

	(void)unused;
	memset(token, 'A', JWT_MAX + 1);
	assert_int_equal(jwt_read(span_of(token), &jwt), RESULT_MALFORMED);
}

static enum result check_claims(const char *text, const char *acr_values, enum token_claim claim, struct span due_subject)
{
	const struct token_due due = { SPAN("https://login.example"), SPAN("hub"), SPAN("n-1"), span_of(acr_values), claim, NOW_S };
	struct span subject = SPAN_NONE;
	struct json *claims;
	const char *why;
	enum result result;

	assert_int_equal(json_read(span_of(text), &claims), RESULT_OK);
	result = token_check(claims, &due, &subject, &why);
	if (result == RESULT_OK)
		assert_true(span_equal(subject, due_subject));
	else
		assert_non_null(why);
	json_drop(claims);
	return result;
}

static void what_is_taken(void **unused)
{
	(void)unused;
	assert_int_equal(check_claims("{" GOOD "}", "", TOKEN_SUB, SPAN("248289")), RESULT_OK);
	assert_int_equal(check_claims("{" GOOD ",\"acr\":\"two\"}", "one two", TOKEN_SUB, SPAN("248289")), RESULT_OK);
	assert_int_equal(check_claims("{" GOOD ",\"preferred_username\":\"anna\"}", "", TOKEN_USERNAME, SPAN("anna")), RESULT_OK);
	assert_int_equal(check_claims("{" GOOD ",\"email\":\"a@b.example\",\"email_verified\":true}", "", TOKEN_EMAIL, SPAN("a@b.example")), RESULT_OK);
	assert_int_equal(check_claims("{\"iss\":\"https://login.example\",\"sub\":\"1\",\"aud\":[\"x\",\"hub\"],\"azp\":\"hub\",\"exp\":1796025541,\"iat\":1796025660,\"nonce\":\"n-1\"}", "", TOKEN_SUB, SPAN("1")),
	                 RESULT_OK);
}

/* Each but for one thing as it has to be. */
static void what_is_not(void **unused)
{
#define FRONT(iss, aud) "{\"iss\":" iss ",\"sub\":\"1\",\"aud\":" aud ","
#define US FRONT("\"https://login.example\"", "\"hub\"")
#define TIMES "\"exp\":1796025900,\"iat\":1796025590"
#define NONCE ",\"nonce\":\"n-1\""
	static const char *const bads[] = {
		FRONT("\"https://login.example/\"", "\"hub\"") TIMES NONCE "}", FRONT("[\"https://login.example\"]", "\"hub\"") TIMES NONCE "}",
		FRONT("\"https://login.example\"", "\"other\"") TIMES NONCE "}", FRONT("\"https://login.example\"", "[]") TIMES NONCE "}", FRONT("\"https://login.example\"", "[\"hub\",7]") TIMES NONCE ",\"azp\":\"hub\"}",
		FRONT("\"https://login.example\"", "[\"hub\",\"x\"]") TIMES NONCE "}", FRONT("\"https://login.example\"", "[\"hub\",\"x\"]") TIMES NONCE ",\"azp\":\"x\"}", US TIMES NONCE ",\"azp\":\"x\"}",
		US "\"exp\":1796025540,\"iat\":1796025500" NONCE "}", US "\"exp\":1796025900,\"iat\":1796025661" NONCE "}", US "\"exp\":1796025900,\"iat\":1796024900" NONCE "}",
		US "\"exp\":\"1796025900\",\"iat\":1796025590" NONCE "}", US "\"exp\":-1,\"iat\":1796025590" NONCE "}", US "\"iat\":1796025590" NONCE "}", US "\"exp\":1796025900" NONCE "}",
		US TIMES NONCE ",\"nbf\":1796025661}", US TIMES "}", US TIMES ",\"nonce\":\"n-2\"}", US TIMES ",\"nonce\":\"\"}", US TIMES ",\"nonce\":[\"n-1\"]}",
		"{\"iss\":\"https://login.example\",\"sub\":\"\",\"aud\":\"hub\"," TIMES NONCE "}", "{\"iss\":\"https://login.example\",\"aud\":\"hub\"," TIMES NONCE "}", "{}", "[]",
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(bads) / sizeof(*bads); i++) {
		if (check_claims(bads[i], "", TOKEN_SUB, SPAN_NONE) != RESULT_REFUSED)
			fail_msg("%s", bads[i]);
	}
	assert_int_equal(check_claims("{" GOOD "}", "two", TOKEN_SUB, SPAN_NONE), RESULT_REFUSED);
	assert_int_equal(check_claims("{" GOOD ",\"acr\":\"on\"}", "one two", TOKEN_SUB, SPAN_NONE), RESULT_REFUSED);
	assert_int_equal(check_claims("{" GOOD "}", "", TOKEN_USERNAME, SPAN_NONE), RESULT_REFUSED);
	assert_int_equal(check_claims("{" GOOD ",\"email\":\"a@b.example\"}", "", TOKEN_EMAIL, SPAN_NONE), RESULT_REFUSED);
	assert_int_equal(check_claims("{" GOOD ",\"email\":\"a@b.example\",\"email_verified\":\"true\"}", "", TOKEN_EMAIL, SPAN_NONE), RESULT_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_signature), cmocka_unit_test(a_bad_header), cmocka_unit_test(a_public_key_is_no_secret), cmocka_unit_test(a_changed_text),
		cmocka_unit_test(too_long), cmocka_unit_test(what_is_taken), cmocka_unit_test(what_is_not),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
