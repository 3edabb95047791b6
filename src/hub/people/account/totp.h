/* One-time passwords from the clock, as authenticator apps make them: HMAC-SHA-1, six digits, thirty seconds.
 *
 * Source   RFC 6238, RFC 4226, RFC 4648 (base32 of the secret, in the address that apps read)
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_PEOPLE_ACCOUNT_TOTP_H
#define BOUCLIER_HUB_PEOPLE_ACCOUNT_TOTP_H

#include "base/buffer.h"

#define TOTP_SECRET_LEN 20u
#define TOTP_BASE32_LEN 32u
#define TOTP_STEP_S 30u
#define TOTP_DRIFT 1u                    /* steps that a clock may be wrong */

/* Six digits. RESULT_NO_MEMORY. */
enum result totp_make(const uint8_t secret[TOTP_SECRET_LEN], uint64_t step, char out[7]) must_check;
/* Is CODE that of a step within TOTP_DRIFT of WALL_S, and later than LAST_STEP? A step is used once: what somebody saw being typed is of no use to him.
 * RESULT_OK: STEP is to be kept, before anything is done for it. RESULT_REFUSED. */
enum result totp_check(const uint8_t secret[TOTP_SECRET_LEN], struct span code, uint64_t wall_s, uint64_t last_step, uint64_t *step) must_check;
void totp_secret_write(const uint8_t secret[TOTP_SECRET_LEN], char out[TOTP_BASE32_LEN + 1]);
/* otpauth://totp/Bouclier%20(SITE):NAME?secret=... */
enum result totp_uri_write(const char *secret_base32, struct span site, struct span name, struct buffer *out) must_check;

#endif
