/* What an authenticator made and signed. The one place where the house calls libfido2; type, origin and challenge are client_data.h's.
 *
 * Limits   ids of FIDO_ID_MAX bytes, keys of FIDO_KEY_MAX; ES256, EdDSA and RS256
 * Errors   RESULT_MALFORMED: not such data; RESULT_REFUSED: of another site, without the person's presence and proof, or signed by another key
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_PEOPLE_PASSKEY_FIDO_H
#define BOUCLIER_HUB_PEOPLE_PASSKEY_FIDO_H

#include "base/span.h"

#define FIDO_ID_MAX 256u
#define FIDO_KEY_MAX 320u

struct fido_key {
	int algorithm;                   /* of COSE: -7, -8, -257 */
	uint8_t id[FIDO_ID_MAX];
	size_t id_len;
	uint8_t key[FIDO_KEY_MAX];       /* as libfido2 gives it and takes it */
	size_t key_len;
	uint32_t counter;
};

/* SITE: the rp id, NUL-terminated. */
enum result fido_read(const char *site, struct span authenticator_data, struct fido_key *out) must_check;
/* COUNTER gets what the authenticator counted. */
enum result fido_check(const char *site, const struct fido_key *key, struct span client_data, struct span authenticator_data, struct span signature, uint32_t *counter) must_check;

#endif
