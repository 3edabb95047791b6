#include "hub/people/oidc/token.h"

#include "base/encode.h"

#include "base/banned.h"

#define PART_MAX JWT_MAX
#define KEYS_MAX 64u
#define AUDIENCES_MAX 16u

/* -- reading -- */

static enum result read_part(struct span text, struct json **out)
{
	size_t len = base64url_bytes(text.len);
	struct buffer bytes;
	char *to;
	enum result result;

	if (!text.len || len > PART_MAX)
		return RESULT_MALFORMED;
	buffer_init(&bytes, PART_MAX);
	to = buffer_reserve(&bytes, len);
	result = !to ? RESULT_NO_MEMORY : base64url_read(text, to, len);
	if (result == RESULT_OK) {
		buffer_commit(&bytes, len);
		result = json_read(buffer_span(&bytes), out);
	}
	buffer_done(&bytes);
	if (result == RESULT_OK && !json_has_object(*out))
		result = RESULT_MALFORMED;
	return result == RESULT_OK || result == RESULT_NO_MEMORY ? result : RESULT_MALFORMED;
}

/* A member that is there is a text. */
static bool is_text_or_absent(const struct json *object, const char *name)
{
	const struct json *value = json_find(object, name);

	return !value || (json_has_text(value) && json_text_of(value).len);
}

/* `crit` names what has to be understood, and nothing of that is here. */
static enum result read_header(struct jwt *jwt)
{
	struct span algorithm = json_text_of(json_find(jwt->header, "alg")), type = json_text_of(json_find(jwt->header, "typ"));

	if (!is_text_or_absent(jwt->header, "kid") || !is_text_or_absent(jwt->header, "typ") || json_find(jwt->header, "crit") || json_find(jwt->header, "b64") ||
	    (type.len && !span_equal_nocase(type, SPAN("JWT"))))
		return RESULT_REFUSED;
	if (span_equal(algorithm, SPAN("RS256")))
		jwt->algorithm = JWT_RS256;
	else if (span_equal(algorithm, SPAN("ES256")))
		jwt->algorithm = JWT_ES256;
	else
		return RESULT_REFUSED;
	jwt->key_name = json_text_of(json_find(jwt->header, "kid"));
	return RESULT_OK;
}

static enum result read_all(struct span text, struct jwt *jwt)
{
	struct span rest = text, header = span_cut(&rest, '.'), claims = span_cut(&rest, '.');
	enum result result;

	jwt->signature_len = base64url_bytes(rest.len);
	if (!rest.len || jwt->signature_len > sizeof(jwt->signature) || base64url_read(rest, jwt->signature, jwt->signature_len) != RESULT_OK)
		return RESULT_MALFORMED;
	jwt->signed_text = span_take(text, header.len + 1 + claims.len);
	result = read_part(header, &jwt->header);
	if (result == RESULT_OK)
		result = read_part(claims, &jwt->claims);
	return result == RESULT_OK ? read_header(jwt) : result;
}

enum result jwt_read(struct span text, struct jwt *out)
{
	enum result result;

	*out = (struct jwt){ .header = NULL };
	if (text.len > JWT_MAX)
		return RESULT_MALFORMED;
	result = read_all(text, out);
	if (result != RESULT_OK)
		jwt_done(out);
	return result;
}

void jwt_done(struct jwt *jwt)
{
	json_drop(jwt->header);
	json_drop(jwt->claims);
	*jwt = (struct jwt){ .header = NULL };
}

/* -- the signature -- */

static bool has(const struct json *object, const char *name, struct span text)
{
	return span_equal(json_text_of(json_find(object, name)), text);
}

/* The algorithm is of the key's kind, and of what the key says that it is for: a key is never taken for another thing (RFC 8725, 3.1). */
static bool is_suitable(const struct jwt *jwt, const struct json *key)
{
	bool is_rsa = jwt->algorithm == JWT_RS256;

	return json_has_object(key) && has(key, "kty", is_rsa ? SPAN("RSA") : SPAN("EC")) && (is_rsa || has(key, "crv", SPAN("P-256"))) &&
	       (!json_find(key, "use") || has(key, "use", SPAN("sig"))) && (!json_find(key, "alg") || has(key, "alg", is_rsa ? SPAN("RS256") : SPAN("ES256"))) &&
	       (!jwt->key_name.len || has(key, "kid", jwt->key_name));
}

static bool read_number(const struct json *key, const char *name, char *out, size_t size, struct span *number)
{
	struct span text = json_text_of(json_find(key, name));
	size_t len = base64url_bytes(text.len);

	if (!text.len || len > size || base64url_read(text, out, len) != RESULT_OK)
		return false;
	*number = span_make(out, len);
	return true;
}

static enum result check_with(const struct jwt *jwt, const struct json *key)
{
	struct span first, second, signature = span_make(jwt->signature, jwt->signature_len);
	char bytes[2][JWS_RSA_MAX];
	bool is_rsa = jwt->algorithm == JWT_RS256;

	if (!read_number(key, is_rsa ? "n" : "x", bytes[0], sizeof(bytes[0]), &first) || !read_number(key, is_rsa ? "e" : "y", bytes[1], sizeof(bytes[1]), &second))
		return RESULT_REFUSED;
	return is_rsa ? jws_check_rs256(first, second, jwt->signed_text, signature) : jws_check_es256(first, second, jwt->signed_text, signature);
}

enum result jwt_check_signature(const struct jwt *jwt, const struct json *keys)
{
	const struct json *list = json_find(keys, "keys"), *found = NULL;
	size_t count = json_length(list);

	if (!json_has_list(list) || count > KEYS_MAX)
		return RESULT_REFUSED;
	for (size_t i = 0; i < count; i++) {
		if (!is_suitable(jwt, json_item(list, i)))
			continue;
		if (found)
			return RESULT_REFUSED;
		found = json_item(list, i);
	}
	return found ? check_with(jwt, found) : RESULT_NOT_FOUND;
}

/* -- what it says -- */

static bool is_for(const struct json *audience, struct span client_id, bool *is_alone)
{
	size_t count = json_length(audience);
	bool is_there = false;

	*is_alone = json_has_text(audience) || count == 1;
	if (json_has_text(audience))
		return span_equal(json_text_of(audience), client_id);
	if (!json_has_list(audience) || count > AUDIENCES_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!json_has_text(json_item(audience, i)))
			return false;
		is_there |= span_equal(json_text_of(json_item(audience, i)), client_id);
	}
	return is_there;
}

static bool is_for_us(const struct json *claims, struct span client_id)
{
	const struct json *party = json_find(claims, "azp");
	bool is_alone;

	if (!is_for(json_find(claims, "aud"), client_id, &is_alone) || (!is_alone && !party))
		return false;
	return !party || (json_has_text(party) && span_equal(json_text_of(party), client_id));
}

static const char *check_times(const struct json *claims, uint64_t now_s)
{
	const struct json *end = json_find(claims, "exp"), *made = json_find(claims, "iat"), *begin = json_find(claims, "nbf");
	uint64_t made_s = json_number_of(made);

	if (!json_has_number(end) || !json_has_number(made) || (begin && !json_has_number(begin)))
		return "exp or iat is missing, or no number";
	if (now_s >= TOKEN_SKEW_S && json_number_of(end) <= now_s - TOKEN_SKEW_S)
		return "it is over (exp)";
	if (made_s > now_s + TOKEN_SKEW_S || json_number_of(begin) > now_s + TOKEN_SKEW_S)
		return "it is of the future (iat, nbf): do the clocks agree?";
	return made_s + TOKEN_AGE_S + TOKEN_SKEW_S < now_s ? "it was made too long ago (iat)" : NULL;
}

static bool is_wanted_class(const struct json *claims, struct span acr_values)
{
	struct span rest = acr_values, acr = json_text_of(json_find(claims, "acr"));
	bool is_wanted = !acr_values.len;

	while (rest.len && acr.len && !is_wanted)
		is_wanted = span_equal(span_cut(&rest, ' '), acr);
	return is_wanted;
}

static const char *const claim_names[] = {
#define X(id, name) [TOKEN_##id] = name,
	TOKEN_CLAIM_LIST(X)
#undef X
};

/* An address that the provider has not looked at is whatever somebody wrote. */
static const char *find_subject(const struct json *claims, enum token_claim claim, struct span *out)
{
	struct span sub = json_text_of(json_find(claims, "sub")), text = json_text_of(json_find(claims, claim_names[claim]));

	if (!sub.len || sub.len > TOKEN_SUBJECT_MAX)
		return "sub is missing, or too long";
	if (!text.len || text.len > TOKEN_SUBJECT_MAX)
		return "the claim by which people are known is missing, or too long";
	if (claim == TOKEN_EMAIL && !json_bool_of(json_find(claims, "email_verified")))
		return "the provider has not verified the address (email_verified)";
	*out = text;
	return NULL;
}

enum result token_check(const struct json *claims, const struct token_due *due, struct span *subject, const char **why)
{
	*why = NULL;
	if (!json_has_text(json_find(claims, "iss")) || !has(claims, "iss", due->issuer))
		*why = "it is another issuer's (iss)";
	else if (!is_for_us(claims, due->client_id))
		*why = "it is for somebody else (aud, azp)";
	else if (!due->nonce.len || !has(claims, "nonce", due->nonce))
		*why = "it is of another login (nonce)";
	else if (!is_wanted_class(claims, due->acr_values))
		*why = TOKEN_WHY_ACR;
	else
		*why = check_times(claims, due->now_s);
	if (!*why)
		*why = find_subject(claims, due->claim, subject);
	return *why ? RESULT_REFUSED : RESULT_OK;
}
