/* The keys of `hub.oidc`: whose word the hub takes for who somebody is (OpenID Connect).
 *
 * Threads  values; immutable once read
 */
#ifndef BOUCLIER_HUB_SETTINGS_OIDC_H
#define BOUCLIER_HUB_SETTINGS_OIDC_H

#include "config/key.h"

struct hub_oidc_settings {
	struct span issuer, client_id;
	struct span client_secret_file, ca;   /* paths; empty: none */
	struct span acr_values;
	int claim;                            /* enum token_claim of hub/people/oidc/token.h */
	bool is_insecure;
};

extern const struct key_table hub_oidc_table;

#define OIDC_URL_MAX 512u

struct oidc_destination {
	struct span host;                     /* no [..] around IPv6 */
	uint16_t port;
	bool is_tls;
};
/* Of "https://host[:port][/path]"; of "http://..." only where IS_INSECURE, and to this machine (localhost, 127.0.0.1, [::1]). RESULT_MALFORMED. */
enum result oidc_destination_read(struct span url, bool is_insecure, struct oidc_destination *out) must_check;

#endif
