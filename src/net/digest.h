/* SHA-256 over several texts: the one place where the house asks OpenSSL for it. Each text goes in with its length, so that
 * "ab", "c" and "a", "bc" are two.
 *
 * Owns     an OpenSSL context from digest_init to digest_end
 */
#ifndef BOUCLIER_NET_DIGEST_H
#define BOUCLIER_NET_DIGEST_H

#include "base/span.h"

#define DIGEST_LEN 32

struct digest {
	struct evp_md_ctx_st *context;
	bool is_good;
};

/* Failures (no memory) are remembered, so that a caller adds what it has and asks once, at the end. */
void digest_init(struct digest *digest);
void digest_add(struct digest *digest, struct span text);
enum result digest_end(struct digest *digest, unsigned char out[DIGEST_LEN]) must_check;

/* SHA-256 of TEXT and nothing else, as others compute it. */
enum result digest_plain(struct span text, unsigned char out[DIGEST_LEN]) must_check;

#endif
