/* A login through the provider: what binds its two halves, and what is asked of the provider meanwhile.
 *
 * The browser keeps one secret, in a cookie for CHALLENGE_MS (SameSite=Lax: the provider's page sends it back to us): a challenge that this process has sealed. State, nonce and PKCE
 * verifier are made of it with the process's key: whoever sees an address of the flow knows none of the others, and nothing is kept until somebody has logged in.
 *
 * Shape    flow_new, flow_ask as often as needed, flow_end
 * Limits   FLOWS_MAX that wait for the provider
 * Owns     itself, until flow_end
 * Threads  the loop's
 * Source   RFC 7636; OpenID Connect Core 1.0, section 3.1
 */
#ifndef BOUCLIER_HUB_PEOPLE_OIDC_FLOW_H
#define BOUCLIER_HUB_PEOPLE_OIDC_FLOW_H

#include "hub/people/inside.h"
#include "hub/people/oidc/provider.h"
#include "hub/people/oidc/token.h"
#include "hub/people/passkey/challenge.h"

#define FLOWS_MAX 8u
#define FLOW_TEXT_BYTES 44u          /* 256 bits as base64url, with a NUL */
#define FLOW_URL_MAX ((size_t)8 << 10)

struct oidc {
	const struct people_settings *settings;
	struct provider provider;
	struct challenges challenges;
	unsigned flows;
};

struct flow {
	struct people *people;
	struct web_request *request;         /* NULL: the client has left */
	struct web_answer *answer, unread;
	bool is_waiting, has_new_keys;
	const char *landing;                 /* why he is not let in, for flow_land; NULL: for no reason of his */
	uint64_t wall_ns;
	uint8_t challenge[CHALLENGE_LEN];
	struct buffer token;                 /* the ID token; empty: not yet */
	void (*next)(struct flow *flow, struct span body);
};

/* NULL: too many, or no memory, and ANSWER says so. */
struct flow *flow_new(struct people *people, struct web_request *request, struct web_answer *answer);
/* Asks the provider; NEXT gets what it answers with 200, and FLOW is its own to end. Anything else ends FLOW, with a 502. AUTHORIZATION and FORM may be empty. */
void flow_ask(struct flow *flow, struct span url, struct span authorization, struct span form, void (*next)(struct flow *flow, struct span body));
/* It was answered; a refusal lands (below). */
void flow_end(struct flow *flow);
/* A person sits before this browser: instead of a refusal's JSON, which programs get, it is led to the console's login page, /?login=CODE, which says it in the reader's
 * language (console/src/words, login-refused.CODE). ANSWER that is no refusal stays as it is. */
void flow_land(struct web_request *request, struct web_answer *answer, const char *code);
void flow_refuse_provider(struct flow *flow, const char *why);

struct flow_texts {
	char state[FLOW_TEXT_BYTES], nonce[FLOW_TEXT_BYTES], verifier[FLOW_TEXT_BYTES];
};
enum result flow_texts_make(const struct oidc *oidc, const uint8_t challenge[CHALLENGE_LEN], struct flow_texts *out) must_check;

/* "&name=value", the value as forms have it; the first has FRONT instead of "&". */
enum result form_put(struct buffer *out, const char *front, const char *name, struct span value) must_check;
enum result form_put_value(struct buffer *out, struct span value) must_check;

#endif
