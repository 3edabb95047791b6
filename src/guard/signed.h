/* Small records that a visitor's browser keeps for us and cannot change: tokens (token.h) and puzzles (puzzle.h).
 *
 * Shape    base64url of: when it was made (4 bytes), the record's own bytes, and the first 16 bytes of an HMAC-SHA-256 over its PURPOSE and
 *          those. Numbers are big-endian. The key is the one of the moment when it was made (net/ticket_keys.h, in memory of the keeper): a
 *          record outlives reloads, upgrades and a killed edge, and no key lives for more than a day
 * Units    milliseconds and seconds since 1970
 * Limits   SIGNED_BYTES_MAX
 * Threads  pure functions over memory that processes share
 *
 * Security, fails closed: what is not ours is nobody's. A source's network goes into a record as 32 bits of a keyed hash: whoever reads
 * the record learns no address, and two sites or two days have nothing in common.
 */
#ifndef BOUCLIER_GUARD_SIGNED_H
#define BOUCLIER_GUARD_SIGNED_H

#include "base/address.h"
#include "base/encode.h"
#include "net/ticket_keys.h"

#define SIGNED_BYTES_MAX 64u   /* of a record, with its time and its proof */
#define SIGNED_PROOF_LEN 16u
#define SIGNED_FRONT_LEN 4u    /* its time */

/* Who asks, where, and when. */
struct asker {
	const struct ticket_keys *keys;
	uint64_t site;             /* a key of its name */
	struct address source;
	uint64_t now_ms;
};

enum signed_purpose { SIGNED_TOKEN = 1, SIGNED_PUZZLE };

/* BYTES has COUNT bytes, of which the first SIGNED_FRONT_LEN are for the time and the last SIGNED_PROOF_LEN for the proof: both are written here.
 * OUT has BASE64URL_LEN(COUNT). RESULT_NOT_FOUND: there is no key of MADE_S. */
enum result signed_write(const struct asker *asker, enum signed_purpose purpose, uint32_t made_s, uint8_t *bytes, size_t count, char *out) must_check;
/* RESULT_MALFORMED: forged, or so old that its key is gone. */
enum result signed_read(const struct asker *asker, enum signed_purpose purpose, struct span text, uint8_t *bytes, size_t count, uint32_t *made_s) must_check;
/* The asker's network (an IPv4 address, an IPv6 /64) as a record made at MADE_S has it. 0: there is no key. */
uint32_t signed_network(const struct asker *asker, uint32_t made_s);

static inline uint8_t *bytes_put(uint8_t *at, uint64_t value, unsigned count)
{
	while (count-- > 0)
		*at++ = (uint8_t)(value >> (8 * count) & 0xff);
	return at;
}

static inline const uint8_t *bytes_get(const uint8_t *at, uint64_t *value, unsigned count)
{
	for (*value = 0; count > 0; count--)
		*value = *value << 8 | *at++;
	return at;
}

#endif
