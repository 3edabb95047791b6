/* An ID token: read, its signature looked at with the provider's keys, and everything that it says with what is due.
 *
 * Shape    jwt_read -> jwt_check_signature -> token_check; a JWS in its compact form, of JSON objects
 * Limits   JWT_MAX bytes; a key's numbers as net/jws.h
 * Errors   security, fails closed. RESULT_MALFORMED: it is none; RESULT_REFUSED: not as it has to be, and WHY says what; RESULT_NOT_FOUND: no key of that name, others may be
 *          fetched; RESULT_NO_MEMORY
 * Owns     a struct jwt its JSON, until jwt_done; its texts point into that, SIGNED_TEXT into what was read
 * Threads  pure functions
 * Source   RFC 7515, RFC 7517, RFC 7519, RFC 8725; OpenID Connect Core 1.0, section 3.1.3.7
 */
#ifndef BOUCLIER_HUB_PEOPLE_OIDC_TOKEN_H
#define BOUCLIER_HUB_PEOPLE_OIDC_TOKEN_H

#include "event/json.h"
#include "net/jws.h"

#define JWT_MAX ((size_t)16 << 10)
#define TOKEN_SKEW_S 60u
#define TOKEN_AGE_S 600u             /* since it was made: it is fetched at once */
#define TOKEN_SUBJECT_MAX 255u       /* of the claim by which somebody is known */

enum jwt_algorithm { JWT_RS256, JWT_ES256 };

struct jwt {
	enum jwt_algorithm algorithm;    /* what is not one of these is refused when it is read: none and HS256 too */
	struct span key_name;            /* kid; empty: not said */
	struct json *header, *claims;
	struct span signed_text;
	char signature[JWS_RSA_MAX];
	size_t signature_len;
};

enum result jwt_read(struct span text, struct jwt *out) must_check;
void jwt_done(struct jwt *jwt);
/* KEYS: a JWK set. Without kid there must be one key of the algorithm's kind, and no other. */
enum result jwt_check_signature(const struct jwt *jwt, const struct json *keys) must_check;

/* X(ID, "name") */
#define TOKEN_CLAIM_LIST(X) X(SUB, "sub") X(USERNAME, "preferred_username") X(EMAIL, "email")
enum token_claim {
#define X(id, name) TOKEN_##id,
	TOKEN_CLAIM_LIST(X)
#undef X
	TOKEN_CLAIMS,
};

struct token_due {
	struct span issuer, client_id, nonce;
	struct span acr_values;          /* separated by spaces; one of them is wanted. Empty: any will do */
	enum token_claim claim;
	uint64_t now_s;
};
#define TOKEN_WHY_ACR "he was not authenticated as acr_values wants (acr)"
/* SUBJECT: by what the person is known. WHY is TOKEN_WHY_ACR where a better login at the provider would do. */
enum result token_check(const struct json *claims, const struct token_due *due, struct span *subject, const char **why) must_check;

#endif
