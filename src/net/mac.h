/* HMAC-SHA-256: the one place where the house asks OpenSSL for it.
 *
 * Threads  pure functions
 * Source   RFC 2104, RFC 6234
 */
#ifndef BOUCLIER_NET_MAC_H
#define BOUCLIER_NET_MAC_H

#include "base/span.h"

#define MAC_LEN 32
#define MAC_KEY_LEN 32

enum result mac_make(const uint8_t key[MAC_KEY_LEN], struct span text, uint8_t out[MAC_LEN]) must_check;
/* With a key of any length, as others compute it. */
enum result mac_make_any(struct span key, struct span text, uint8_t out[MAC_LEN]) must_check;
/* In a time that does not tell where they differ. */
bool mac_equal(const uint8_t *a, const uint8_t *b, size_t count);

#endif
