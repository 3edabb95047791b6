/* A continuity copy: the last good answer to an address, as it lies on disk until the origin is gone. A pin, by which a person says that the copies of
 * an address stay, lies beside it in the same form, without a body. What the cache may forget in memory (tier.h) lies in it too, elsewhere.
 *
 * Shape    numbers are big-endian
 *
 *              0  "BCLRCOPY"                    40  bytes of variant (2)
 *              8  version (2)                   42  bytes of tags (2)
 *             10  kind (2)                      44  bytes of fields (4)
 *             12  flags (2)                     48  bytes of the body (8)
 *             14  fields (2)                    56  SHA-256 of the body (32)
 *             16  made, seconds (8)             88  site key vary variant tags life, then each field: bytes of its
 *             24  kept, seconds (8)                 name (2) and value (2), name, value
 *             32  bytes of the site's name (2)   .  HMAC-SHA-256 of all that stands before it (32)
 *             34  bytes of life (2)              .  the body
 *             36  bytes of key (2)
 *             38  bytes of vary (2)
 *
 *          The head, which ends with its HMAC, can be judged without the body; the body's hash is in it, so no byte is anybody else's
 *          life, of COPY_STORED alone: status (2), flags (2: validated always 1, has a validator 2, for cookies 4), then seconds of an age:
 *          fresh (4), while (4), error (4), as in struct cache_life; more is as much as they can say
 * Units    seconds since 1970: made when the origin made the answer, kept when it came here
 * Limits   COPY_HEAD_MAX, COPY_FIELDS_MAX
 * Owns     nothing: what is read points into the text
 * Threads  pure functions
 * Source   the key's texts: cache/key.h. A copy's status is 200: others are not copied
 *
 * Security, fails closed: what is damaged, cut, longer than it says, of another version or not signed by us is no copy. Nothing in it is looked at
 * before its HMAC, but for the lengths that say where that is.
 */
#ifndef BOUCLIER_CACHE_CONTINUITY_COPY_H
#define BOUCLIER_CACHE_CONTINUITY_COPY_H

#include "base/buffer.h"
#include "cache/policy.h"
#include "message/field.h"
#include "net/digest.h"
#include "net/mac.h"

#define COPY_VERSION 1u
#define COPY_HEAD_MAX ((size_t)32 * 1024)
#define COPY_FIELDS_MAX 64u

#define COPY_LIFE_LEN 16u

enum copy_kind { COPY_ANSWER = 1, COPY_PIN = 2, COPY_STORED = 3 };

enum copy_flag {
	COPY_IS_JUDGED = 1,       /* rules were asked, and had nothing against it */
	COPY_IS_PRIORITY = 2,     /* of a path of priority_routes */
	COPY_IS_PRIVATE = 4,      /* nobody declared it to be for all, and who got it had a private address: for his like */
	COPY_IS_WILD = 8,         /* its host is one of any number of the site's: a pin by path does not mean it */
};

struct copy {
	enum copy_kind kind;
	unsigned flags;
	uint64_t made_s, kept_s;
	struct span site;             /* the site's name */
	struct span key, vary, variant, tags;  /* of a pin: KEY is the address as it was pinned, the others are empty */
	struct span life;             /* of COPY_STORED: copy_write_life's; otherwise empty */
	struct field fields[COPY_FIELDS_MAX];
	unsigned field_count;
	uint64_t body_bytes;
	uint8_t body_digest[DIGEST_LEN];
};

/* Appends the head of COPY. RESULT_LIMIT: too long for one; RESULT_NO_MEMORY. */
enum result copy_write_head(const struct copy *copy, const uint8_t mac_key[MAC_KEY_LEN], struct buffer *out) must_check;
/* FRONT is what a file of FILE_BYTES begins with: COPY_HEAD_MAX bytes of it, or all. RESULT_MALFORMED: it is none, or not whole; RESULT_REFUSED: it is
 * of another version, or not ours; RESULT_NO_MEMORY. HEAD_BYTES: the body begins there. Both are untouched unless RESULT_OK. */
enum result copy_read_head(struct span front, uint64_t file_bytes, const uint8_t mac_key[MAC_KEY_LEN], struct copy *copy, size_t *head_bytes) must_check;
/* How long an answer with STATUS is good. What is learned is not written. */
void copy_write_life(unsigned status, const struct cache_life *life, char out[COPY_LIFE_LEN]);
/* RESULT_MALFORMED: TEXT is none. The age, and whether it is learned, stay as they are. */
enum result copy_read_life(struct span text, unsigned *status, struct cache_life *life) must_check;
/* BODY is the one that COPY was written with. */
bool copy_has_body(const struct copy *copy, struct span body);

#endif
