/* The inside of a scanner. Each phrase has a key: four neighbouring bytes of it that ordinary text seldom has (all of a phrase
 * that is shorter, three where its end is the better place). A value is looked at in three steps, each for what the one before
 * let through, and only the last one branches on what it finds:
 *
 *   every position   pairs[two bytes] & thirds[third byte]: may a key begin here?      128 KiB, of which text uses 10
 *   1 in 12          a bit for a hash of the key's three or four bytes                  16 KiB
 *   1 in 30          the slot of the key in a hash table, and the phrases that have it
 *
 * Phrases of one byte need none of this: the set of bytes tells.
 */
#ifndef BOUCLIER_WAF_SCANNER_TABLES_H
#define BOUCLIER_WAF_SCANNER_TABLES_H

#include "waf/prefilter/scanner.h"

#define KEY_BYTES 4
#define KEY_BITS 17                   /* of the bits of step two */
#define THIRDS 15                     /* classes of a third byte */
#define PAIR_IS_PHRASE 0x8000         /* in pairs: these two bytes are a phrase; the other bits are classes of a third byte */

#define NUMBER_SEVERAL UINT32_MAX

struct scanner_row {
	struct span text;
	uint32_t key, key_bytes;     /* KEY_BYTES of TEXT from KEY_AT on, or what there is */
	uint32_t key_at;
	uint32_t number;             /* of the entry, or NUMBER_SEVERAL: those of scanner.numbers */
	uint32_t first, count;
};

struct scanner_slot {
	uint32_t key;
	uint32_t key_bytes : 8, count : 24;  /* KEY_BYTES 0: free */
	uint32_t first;                      /* of COUNT rows */
	uint32_t number;                     /* of all of them, or NUMBER_SEVERAL: once hit, nothing more is to be learnt here */
	uint64_t text, mask;                 /* what all of them have from their key on, eight bytes of it: most places differ there */
};

struct scanner {
	uint16_t thirds[256];
	uint16_t *pairs;             /* indexed by first byte | second << 8 */
	uint64_t *bits;
	struct scanner_slot *slots;
	uint32_t slots_mask;
	struct scanner_row *rows;    /* those of one key together */
	uint32_t *numbers;
	size_t words;
	struct byte_set singles;     /* phrases of one byte, in both cases */
	uint64_t *single_hits;       /* what they hit: WORDS for each byte */
};

/* The first byte lowest, on every machine. */
static inline uint64_t eight_at(const uint8_t *at)
{
	uint64_t eight;

	memcpy(&eight, at, sizeof(eight));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	eight = __builtin_bswap64(eight);
#endif
	return eight;
}

static inline uint32_t four_at(const uint8_t *at)
{
	uint32_t four;

	memcpy(&four, at, sizeof(four));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	four = __builtin_bswap32(four);
#endif
	return four;
}

#define SCANNER_HASH(key, key_bytes) ((((uint32_t)(key)) + (key_bytes)) * 0x9e3779b1u >> (32 - KEY_BITS))

static inline uint32_t scanner_hash(uint32_t key, uint32_t key_bytes)
{
	return SCANNER_HASH(key, key_bytes);
}

static inline bool scanner_has_bit(const struct scanner *scanner, uint32_t hash)
{
	return scanner->bits[hash / 64] >> hash % 64 & 1;
}

#endif
