/* The form of a stranger who is challenged: it goes to his browser and comes back, so that nothing of what he wrote is lost and nothing is
 * kept here. He can neither read nor change it.
 *
 * Shape    base64url of: when it was sealed (4 bytes); then, as net/sealed.h has it, a number (8 bytes) and the body. It opens for the same
 *          site, method's path with its query, and network
 * Units    seconds since 1970
 * Limits   CARRY_BODY_MAX; CARRY_LIFETIME_S. That it opens once is the caller's to see to, by the number (challenge_spend)
 * Threads  pure functions
 *
 * Security, fails closed.
 */
#ifndef BOUCLIER_GUARD_CARRY_H
#define BOUCLIER_GUARD_CARRY_H

#include "guard/signed.h"
#include "net/sealed.h"

#define CARRY_BODY_MAX ((size_t)64 * 1024)
#define CARRY_LIFETIME_S 300u
#define CARRY_NUMBER_LEN 8u
#define CARRY_MORE (SIGNED_FRONT_LEN + CARRY_NUMBER_LEN + SEALED_MORE)
#define CARRY_TEXT_LEN(count) BASE64URL_LEN((count) + CARRY_MORE)
#define CARRY_URL_MAX ((size_t)8 * 1024)

/* OUT has CARRY_TEXT_LEN(BODY.len). RESULT_LIMIT: too long a body or URL; RESULT_NOT_FOUND: no keys; RESULT_NO_MEMORY. */
enum result carry_seal(const struct asker *asker, struct span url, struct span body, char *out) must_check;
/* OUT has as many bytes as TEXT has characters: BODY is in it. RESULT_TIMEOUT: too old; RESULT_MALFORMED: not ours, or for another URL, site
 * or network; RESULT_LIMIT, RESULT_NO_MEMORY. */
enum result carry_open(const struct asker *asker, struct span url, struct span text, char *out, struct span *body, uint64_t *number) must_check;

#endif
