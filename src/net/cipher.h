/* Bytes on disk that nobody but this process may read: AES-128 in XTS mode, as disks are encrypted, with keys that never leave its
 * memory. Not authenticated: what is read back was written by us to a file without a name.
 *
 * Units    a file is units of one length, told by their number; only the last may be shorter. Each is sealed once
 * Limits   a unit has CIPHER_UNIT_BYTES_MIN to 16 MiB
 * Owns     an OpenSSL context from cipher_init to cipher_done
 * Threads  one at a time
 */
#ifndef BOUCLIER_NET_CIPHER_H
#define BOUCLIER_NET_CIPHER_H

#include "base/span.h"

#define CIPHER_UNIT_BYTES_MIN 16u

struct cipher {
	struct evp_cipher_ctx_st *context;
	unsigned char key[32];
};

/* A key of its own. RESULT_NO_MEMORY. */
enum result cipher_init(struct cipher *cipher) must_check;
void cipher_done(struct cipher *cipher);
/* Turn a unit, in place, into what is written, and back. RESULT_LIMIT: too short, or too long; RESULT_NO_MEMORY. */
enum result cipher_seal(struct cipher *cipher, uint64_t unit, char *bytes, size_t count) must_check;
enum result cipher_open(struct cipher *cipher, uint64_t unit, char *bytes, size_t count) must_check;

#endif
