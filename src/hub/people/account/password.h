/* Passwords: which are taken, and their hashes, argon2id. The one place where the house calls libargon2.
 *
 * Units    PASSWORD_KIB of memory, PASSWORD_PASSES over it: 64 MiB and 3, one lane (RFC 9106's second recommendation with less parallelism: two at once are
 *          all that this process gives them, hash_pool.h)
 * Limits   PASSWORD_LEN_MIN to PASSWORD_LEN_MAX bytes
 * Threads  pure functions
 * Source   RFC 9106; NIST SP 800-63B, 5.1.1 (length before classes of characters)
 */
#ifndef BOUCLIER_HUB_PEOPLE_ACCOUNT_PASSWORD_H
#define BOUCLIER_HUB_PEOPLE_ACCOUNT_PASSWORD_H

#include "base/span.h"

#define PASSWORD_KIB 65536u
#define PASSWORD_PASSES 3u
#define PASSWORD_LEN_MIN 12u
#define PASSWORD_LEN_MAX 1024u
#define PASSWORD_HASH_BYTES 128u     /* encoded, with a NUL */

/* NULL: it may be one; otherwise what is wrong with it, a sentence's end: "has to have 12 characters or more". NAME, SITE: what it must not be made of. */
const char *password_complaint(struct span password, struct span name, struct span site);
enum result password_hash(struct span password, char out[PASSWORD_HASH_BYTES]) must_check;
/* RESULT_REFUSED: another password. ENCODED NULL or empty: as long and as much memory as for one, and RESULT_REFUSED: nobody learns by the clock who has an account. */
enum result password_verify(struct span password, const char *encoded) must_check;

#endif
