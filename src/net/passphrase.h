/* A key from words that a person remembers: scrypt, made so that guessing takes memory and time. The one place where the house asks OpenSSL for it.
 *
 * Units    memory is 2^cost KiB (r is 8, p is 1)
 * Limits   PASSPHRASE_COST_MIN to _MAX: more is refused before anything is computed, for the number may come from a file; words of PASSPHRASE_MIN to _MAX bytes
 * Threads  pure; takes about a third of a second at the default
 * Source   RFC 7914
 */
#ifndef BOUCLIER_NET_PASSPHRASE_H
#define BOUCLIER_NET_PASSPHRASE_H

#include "base/span.h"

#define PASSPHRASE_COST 17u           /* 128 MiB */
#define PASSPHRASE_COST_MIN 10u
#define PASSPHRASE_COST_MAX 18u
#define PASSPHRASE_MIN 8u
#define PASSPHRASE_MAX 1024u
#define PASSPHRASE_SALT_LEN 16

/* COUNT bytes into OUT. RESULT_LIMIT; RESULT_NO_MEMORY. */
enum result passphrase_key(struct span words, const uint8_t salt[PASSPHRASE_SALT_LEN], unsigned cost, uint8_t *out, size_t count) must_check;
/* Overwrites what must not stay in memory. */
void passphrase_forget(void *bytes, size_t count);

#endif
