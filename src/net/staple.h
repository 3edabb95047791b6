/* The OCSP response that goes with a certificate into its handshakes. It can be replaced while workers serve, and is never sent
 * when its time is over.
 *
 * Limits   STAPLE_MAX bytes
 * Owns     a copy of the response; counted: TLS contexts and whoever renews it hold it
 * Threads  any
 */
#ifndef BOUCLIER_NET_STAPLE_H
#define BOUCLIER_NET_STAPLE_H

#include "base/span.h"

#define STAPLE_MAX 16384u

struct staple;

/* Held once, empty. NULL: no memory. */
struct staple *staple_new(void) must_check;
struct staple *staple_hold(struct staple *staple);
void staple_drop(struct staple *staple);
/* From now on DER, until UNTIL_MS of the wall clock; an empty one: nothing. RESULT_LIMIT, RESULT_NO_MEMORY: as before. */
enum result staple_set(struct staple *staple, struct span der, int64_t until_ms) must_check;
/* A copy that OpenSSL will own (OPENSSL_free), and its length; NULL when there is nothing to send at NOW_MS. */
unsigned char *staple_copy(struct staple *staple, int64_t now_ms, size_t *len) must_check;

#endif
