/* Between the files that make up passkeys. Functions that give bool and take an answer have filled it where they say false. */
#ifndef BOUCLIER_HUB_PEOPLE_ROUTES_PASSKEYS_H
#define BOUCLIER_HUB_PEOPLE_ROUTES_PASSKEYS_H

#include "event/json.h"
#include "hub/people/inside.h"
#include "hub/people/passkey/challenge.h"
#include "hub/people/passkey/credential.h"

#define PURPOSE_BYTES 80u

struct passkeys {
	struct challenges challenges;
};

bool passkeys_are_here(const struct people *people, struct web_answer *answer);
/* Challenges of a session are met by that session only. */
struct span passkeys_purpose(const struct people *people, char out[PURPOSE_BYTES]);

/* What a browser answered. */
struct response {
	struct buffer id, client_data, data, signature;   /* DATA: the attestation object, or the authenticator's data */
	uint8_t challenge[CHALLENGE_LEN];
};
/* RESPONSE is to be done, whatever the result. */
enum result response_read(struct people *people, const struct json *credential, bool is_new, struct span purpose, uint64_t now_ms, struct response *out) must_check;
void response_done(struct response *response);

#endif
