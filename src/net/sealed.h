/* Bytes that somebody else keeps for us, who can neither read nor change them: AES-256 in GCM mode, with a number used once drawn
 * for each. What they belong to (ABOUT) is not in them, and opens them only if it is the same.
 *
 * Shape    12 bytes of that number, the bytes, 16 bytes that prove it
 * Limits   SEALED_BYTES_MAX; a key seals far fewer than 2^32 of them (NIST SP 800-38D, 8.3)
 * Threads  pure functions
 *
 * Security, fails closed: RESULT_MALFORMED gives nothing out.
 */
#ifndef BOUCLIER_NET_SEALED_H
#define BOUCLIER_NET_SEALED_H

#include "base/span.h"

#define SEALED_KEY_LEN 32
#define SEALED_NUMBER_LEN 12u
#define SEALED_PROOF_LEN 16u
#define SEALED_MORE (SEALED_NUMBER_LEN + SEALED_PROOF_LEN)
#define SEALED_BYTES_MAX ((size_t)1 << 20)

/* OUT has room for SEALED_MORE bytes more than PLAIN. RESULT_LIMIT, RESULT_NO_MEMORY. */
enum result sealed_make(const uint8_t key[SEALED_KEY_LEN], struct span about, struct span plain, uint8_t *out) must_check;
/* OUT has room for SEALED_MORE bytes less than SEALED. RESULT_MALFORMED: not ours, changed, or about something else. */
enum result sealed_open(const uint8_t key[SEALED_KEY_LEN], struct span about, struct span sealed, uint8_t *out) must_check;

#endif
