#include "waf/prefilter/scanner.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "waf/prefilter/scanner_tables.h"
#include "base/banned.h"

#define CHUNK_BYTES 1024   /* looked at in one go, in lower case; a key may begin in it and end behind */
#define AHEAD_BYTES (KEY_BYTES - 1)
#define BLOCK_BYTES 16
#define SHORT_BYTES 24    /* of a value for which one simple loop is sooner done than several good ones are begun */

typedef uint8_t block __attribute__((vector_size(BLOCK_BYTES)));

size_t scanner_words(const struct scanner *scanner)
{
	return scanner->words;
}

static void block_lower(const char *from, uint8_t *to)
{
	block bytes;

	memcpy(&bytes, from, BLOCK_BYTES);
	bytes |= (block)((bytes >= 'A') & (bytes <= 'Z')) & 0x20;
	memcpy(to, &bytes, BLOCK_BYTES);
}

/* COUNT bytes in lower case, and a block of zeros behind them. */
static void lower(const char *from, size_t count, uint8_t *to)
{
	size_t at = 0;

	for (; at + BLOCK_BYTES <= count; at += BLOCK_BYTES)
		block_lower(from + at, to + at);
	if (at < count && count > BLOCK_BYTES) {
		block_lower(from + count - BLOCK_BYTES, to + count - BLOCK_BYTES);  /* some of them once more */
	} else {
		for (; at < count; at++)
			to[at] = (uint8_t)ascii_lower(from[at]);
	}
	memset(to + count, 0, BLOCK_BYTES);
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

/* Of those, where one does, nearly. In place. */
static size_t candidates_sift(const struct scanner *scanner, const uint8_t *text, uint16_t *list, size_t count)
{
	const uint64_t *bits = scanner->bits;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t four = four_at(text + list[i]);
		uint32_t hash4 = scanner_hash(four, 4), hash3 = scanner_hash(four & 0xffffff, 3);

		list[kept] = list[i];
		kept += ((bits[hash4 / 64] >> hash4 % 64) | (bits[hash3 / 64] >> hash3 % 64) | scanner->pairs[four & 0xffff] >> 15) & 1;
	}
	return kept;
}

static const struct scanner_slot *slot_find(const struct scanner *scanner, uint32_t key, uint32_t key_bytes)
{
	uint32_t at = scanner_hash(key, key_bytes) & scanner->slots_mask;

	for (;; at = (at + 1) & scanner->slots_mask) {
		const struct scanner_slot *slot = &scanner->slots[at];

		if (!slot->key_bytes)
			return NULL;
		if (slot->key == key && slot->key_bytes == key_bytes)
			return slot;
	}
}

static bool is_hit(uint32_t number, const uint64_t *hits)
{
	return number != NUMBER_SEVERAL && hits[number / 64] >> number % 64 & 1;
}

static void hit(const struct scanner *scanner, const struct scanner_row *row, uint64_t *hits)
{
	for (uint32_t i = 0; i < row->count; i++) {
		uint32_t number = scanner->numbers[row->first + i];

		hits[number / 64] |= (uint64_t)1 << number % 64;
	}
}

/* All that ROW could tell is told: in a long value, most of what is found was found before. */
static bool is_row_hit(const struct scanner *scanner, const struct scanner_row *row, const uint64_t *hits)
{
	if (row->number != NUMBER_SEVERAL)
		return is_hit(row->number, hits);
	for (uint32_t i = 0; i < row->count; i++)
		if (!is_hit(scanner->numbers[row->first + i], hits))
			return false;
	return true;
}

static bool is_row_at(const struct scanner_row *row, struct span value, size_t key_at)
{
	size_t from = key_at - row->key_at;
	const char *at;

	/* Candidates are looked for four at a time: one may lie behind the end, among zeros. */
	if (key_at < row->key_at || from > value.len || row->text.len > value.len - from)
		return false;
	at = value.at + from;
	for (size_t i = 0; i < row->text.len; i++)
		if (ascii_lower(at[i]) != row->text.at[i])
			return false;
	return true;
}

static void verify(const struct scanner *scanner, struct span value, size_t at, const struct scanner_slot *slot, uint64_t *hits)
{
	if (!slot || is_hit(slot->number, hits))
		return;
	for (uint32_t i = 0; i < slot->count; i++) {
		const struct scanner_row *row = &scanner->rows[slot->first + i];

		if (!is_row_hit(scanner, row, hits) && is_row_at(row, value, at))
			hit(scanner, row, hits);
	}
}

/* A candidate: FOUR bytes at AT. */
static void candidate_verify(const struct scanner *scanner, struct span value, size_t at, uint32_t four, uint64_t *hits)
{
	uint32_t three = four & 0xffffff, two = four & 0xffff;

	if (scanner_has_bit(scanner, scanner_hash(four, 4)))
		verify(scanner, value, at, slot_find(scanner, four, 4), hits);
	if (scanner_has_bit(scanner, scanner_hash(three, 3)))
		verify(scanner, value, at, slot_find(scanner, three, 3), hits);
	if (scanner->pairs[two] & PAIR_IS_PHRASE)
		verify(scanner, value, at, slot_find(scanner, two, 2), hits);
}

static void chunk_scan(const struct scanner *scanner, struct span value, size_t from, size_t count, uint64_t *hits)
{
	__attribute__((uninitialized)) uint8_t text[CHUNK_BYTES + AHEAD_BYTES + 2 * BLOCK_BYTES];
	__attribute__((uninitialized)) uint16_t list[CHUNK_BYTES + 4];
	size_t ahead = value.len - from < count + AHEAD_BYTES ? value.len - from : count + AHEAD_BYTES, found;

	lower(value.at + from, ahead, text);
	found = candidates_find(scanner, text, count, list);
	found = candidates_sift(scanner, text, list, found);
	for (size_t i = 0; i < found; i++)
		candidate_verify(scanner, value, from + list[i], four_at(text + list[i]), hits);
}

/* The upper bits of 16 bytes. */
static uint64_t gather(const uint8_t *bytes)
{
#ifdef __SSE2__
	return (uint64_t)_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)bytes));
#else
	uint64_t bits = 0;

	for (unsigned i = 0; i < 2; i++)
		bits |= ((eight_at(bytes + 8 * i) >> 7 & 0x0101010101010101u) * 0x0102040810204080u >> 56) << 8 * i;
	return bits;
#endif
}

static void bytes_find(struct span value, struct byte_set *bytes)
{
	__attribute__((uninitialized)) uint8_t seen[256];
	const block zeros = { 0 };

	for (unsigned at = 0; at < sizeof(seen); at += BLOCK_BYTES) {
		memcpy(seen + at, &zeros, BLOCK_BYTES);
		__asm__("" : : : "memory");  /* or compilers make "rep stos" of it, which takes as long as all the rest */
	}
	for (size_t i = 0; i < value.len; i++)
		seen[(unsigned char)value.at[i]] = 0x80;
	for (unsigned i = 0; i < 4; i++)
		bytes->words[i] = gather(seen + 64 * i) | gather(seen + 64 * i + 16) << 16 | gather(seen + 64 * i + 32) << 32 |
		                  gather(seen + 64 * i + 48) << 48;
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
	__attribute__((uninitialized)) uint8_t text[SHORT_BYTES + KEY_BYTES];
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
	memset(text + value.len, 0, KEY_BYTES);
	for (size_t at = value.len < 2 ? 0 : value.len - 2; at < value.len; at++) {
		list[found] = (uint8_t)at;
		found += (scanner->pairs[text[at] | text[at + 1] << 8] & scanner->thirds[text[at + 2]]) != 0;
	}
	singles_hit(scanner, bytes, hits);
	for (size_t i = 0; i < found; i++)
		candidate_verify(scanner, value, list[i], four_at(text + list[i]), hits);
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
	for (size_t from = 0; from < value.len; from += CHUNK_BYTES)
		chunk_scan(scanner, value, from, value.len - from < CHUNK_BYTES ? value.len - from : CHUNK_BYTES, hits);
}
