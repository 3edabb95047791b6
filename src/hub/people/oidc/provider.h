/* What the provider says of itself: where it is asked, and its keys. Kept for PROVIDER_MS.
 *
 * The token endpoint and the keys have to be at the issuer's own host and port: nobody else is ever asked, and what leaves the machine is known from the configuration.
 *
 * Errors   security, fails closed: RESULT_MALFORMED, RESULT_REFUSED (another issuer, another place, http), RESULT_NO_MEMORY
 * Threads  the loop's
 * Source   OpenID Connect Discovery 1.0, sections 3, 4
 */
#ifndef BOUCLIER_HUB_PEOPLE_OIDC_PROVIDER_H
#define BOUCLIER_HUB_PEOPLE_OIDC_PROVIDER_H

#include "event/json.h"
#include "hub/people/people.h"

#define PROVIDER_MS 3600000u
#define PROVIDER_REST_MS 5000u       /* after it could not be asked */

struct provider {
	const struct people_oidc *settings;
	struct json *discovery, *keys;   /* NULL: not known */
	uint64_t until_ms, rest_ms;      /* wall time */
};

void provider_done(struct provider *provider);
/* What is too old is forgotten. */
void provider_tick(struct provider *provider, uint64_t now_ms);
/* Appends the address of the document. */
enum result provider_discovery_url(const struct provider *provider, struct buffer *out) must_check;
enum result provider_take_discovery(struct provider *provider, struct span body, uint64_t now_ms) must_check;
enum result provider_take_keys(struct provider *provider, struct span body) must_check;
/* "authorization_endpoint", "token_endpoint", "jwks_uri" of the document. */
struct span provider_endpoint(const struct provider *provider, const char *name);

#endif
