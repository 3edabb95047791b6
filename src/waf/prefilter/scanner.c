#include "waf/prefilter/scanner.h"

#include "waf/prefilter/scanner_bytes.h"
#include "waf/prefilter/scanner_verify.h"
#include "base/banned.h"

#define CHUNK_BYTES 1024   /* looked at in one go, in lower case; a key may begin in it and end behind */
#define AHEAD_BYTES 7      /* a place is looked at with what follows */
#define BLOCK_BYTES 16
#define SHORT_BYTES 24    /* of a value for which one simple loop is sooner done than several good ones are begun */

/* Anywhere in memory. Not memcpy, which a fortified build makes a call of where it cannot see the size behind the address. */
typedef uint8_t block __attribute__((vector_size(BLOCK_BYTES), aligned(1), may_alias));

size_t scanner_words(const struct scanner *scanner)
{
	return scanner->words;
}

static void block_lower(const char *from, uint8_t *to)
{
	block bytes = *(const block *)from;

	bytes |= (block)((bytes >= 'A') & (bytes <= 'Z')) & 0x20;
	*(block *)to = bytes;
}

/* COUNT bytes in lower case, and a block of zeros behind them. */
static void lower(const char *from, size_t count, uint8_t *to)
{
	const block zeros = { 0 };
	size_t at = 0;

	for (; at + BLOCK_BYTES <= count; at += BLOCK_BYTES)
		block_lower(from + at, to + at);
	if (at < count && count > BLOCK_BYTES) {
		block_lower(from + count - BLOCK_BYTES, to + count - BLOCK_BYTES);  /* some of them once more */
	} else {
		for (; at < count; at++)
			to[at] = (uint8_t)ascii_lower(from[at]);
	}
	*(block *)(to + count) = zeros;
}

/* Where a key may begin: no branch that depends on what stands there. */
static size_t candidates_find(const struct scanner *scanner, const uint8_t *text, size_t count, uint16_t *out)
{
	const uint16_t *pairs = scanner->pairs, *thirds = scanner->thirds;
	size_t found = 0;

	for (size_t at = 0; at < count; at += 4) {
		uint64_t eight = eight_at(text + at);

#pragma GCC unroll 4
		for (unsigned i = 0; i < 4; i++) {
			out[found] = (uint16_t)(at + i);
			found += (pairs[(uint16_t)(eight >> 8 * i)] & thirds[(uint8_t)(eight >> (8 * i + 16))]) != 0;
		}
	}
	return found;
}

/* Of those, where one does, nearly, and where something may still be learnt (SPENT, or NULL). In place. */
static inline __attribute__((always_inline)) size_t candidates_sift(const struct scanner *scanner, const uint8_t *text, uint16_t *list,
                                                                    size_t count, const struct spent *spent)
{
	const uint64_t *bits = scanner->bits;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t four = four_at(text + list[i]);
		uint32_t hash4 = scanner_hash(four, 4), hash3 = scanner_hash(four & 0xffffff, 3);
		uint64_t is_key = (bits[hash4 / 64] >> hash4 % 64) | (bits[hash3 / 64] >> hash3 % 64) | scanner->pairs[four & 0xffff] >> 15;

		list[kept] = list[i];
		if (spent)
			is_key &= spent->fours[hash4 % SPENT_KEYS] != four;
		kept += is_key & 1;
	}
	return kept;
}

static void chunk_scan(const struct scanner *scanner, struct span value, size_t from, size_t count, struct spent *spent, uint64_t *hits)
{
	__attribute__((uninitialized)) uint8_t text[CHUNK_BYTES + AHEAD_BYTES + 2 * BLOCK_BYTES];
	__attribute__((uninitialized)) uint16_t list[CHUNK_BYTES + 4];
	size_t ahead = value.len - from < count + AHEAD_BYTES ? value.len - from : count + AHEAD_BYTES, found;

	lower(value.at + from, ahead, text);
	found = candidates_find(scanner, text, count, list);
	found = spent ? candidates_sift(scanner, text, list, found, spent) : candidates_sift(scanner, text, list, found, NULL);
	for (size_t i = 0; i < found; i++) {
		uint64_t eight = eight_at(text + list[i]);

		if (scanner_verify(scanner, value, from + list[i], eight, hits) && spent)
			spent->fours[SPENT_OF(eight)] = (uint32_t)eight;
	}
}

static void singles_hit(const struct scanner *scanner, const struct byte_set *bytes, uint64_t *hits)
{
	if (!byte_sets_meet(bytes, &scanner->singles))
		return;
	for (unsigned i = 0; i < 4; i++)
		for (uint64_t left = bytes->words[i] & scanner->singles.words[i]; left; left &= left - 1) {
			const uint64_t *more = scanner->single_hits + (64 * i + (unsigned)__builtin_ctzll(left)) * scanner->words;

			for (size_t word = 0; word < scanner->words; word++)
				hits[word] |= more[word];
		}
}

/* What most values are: all in one loop, as each loop that ends costs a wrong guess of where. */
static void short_scan(const struct scanner *scanner, struct span value, struct byte_set *bytes, uint64_t *hits)
{
	__attribute__((uninitialized)) uint8_t text[SHORT_BYTES + AHEAD_BYTES + 1];
	__attribute__((uninitialized)) uint8_t list[SHORT_BYTES + 2];
	struct byte_set set = { 0 };
	uint32_t window = 0;
	size_t found = 0;

	for (size_t at = 0; at < value.len; at++) {
		uint8_t lower = (uint8_t)ascii_lower(value.at[at]);

		byte_set_add(&set, (unsigned char)value.at[at]);
		text[at] = lower;
		window = window >> 8 | (uint32_t)lower << 16;
		list[found] = (uint8_t)(at - 2);
		found += (scanner->pairs[window & 0xffff] & scanner->thirds[lower]) != 0 && at >= 2;
	}
	*bytes = set;
	memset(text + value.len, 0, AHEAD_BYTES + 1);
	for (size_t at = value.len < 2 ? 0 : value.len - 2; at < value.len; at++) {
		list[found] = (uint8_t)at;
		found += (scanner->pairs[text[at] | text[at + 1] << 8] & scanner->thirds[text[at + 2]]) != 0;
	}
	singles_hit(scanner, bytes, hits);
	for (size_t i = 0; i < found; i++)
		(void)scanner_verify(scanner, value, list[i], eight_at(text + list[i]), hits);
}

static void long_scan(const struct scanner *scanner, struct span value, uint64_t *hits)
{
	__attribute__((uninitialized)) struct spent spent;

	spent_init(&spent);
	for (size_t from = 0; from < value.len; from += CHUNK_BYTES)
		chunk_scan(scanner, value, from, value.len - from < CHUNK_BYTES ? value.len - from : CHUNK_BYTES, &spent, hits);
}

void scanner_scan(const struct scanner *scanner, struct span value, struct byte_set *bytes, uint64_t *hits)
{
	for (size_t i = 0; i < scanner->words; i++)
		hits[i] = 0;
	if (value.len <= SHORT_BYTES) {
		short_scan(scanner, value, bytes, hits);
		return;
	}
	bytes_find(value, bytes);
	singles_hit(scanner, bytes, hits);
	if (value.len <= CHUNK_BYTES)
		chunk_scan(scanner, value, 0, value.len, NULL, hits);
	else
		long_scan(scanner, value, hits);
}
