#include "waf/prefilter/scanner_bytes.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "base/banned.h"

#define BLOCK_BYTES 16
#define LONG_BYTES 256     /* from here on it pays to look first whether a block has anything new */

/* Anywhere in memory. Not memcpy, which a fortified build makes a call of where it cannot see the size behind the address. */
typedef uint8_t block __attribute__((vector_size(BLOCK_BYTES), aligned(1), may_alias));

/* The upper bits of 16 bytes. */
static uint64_t gather(const uint8_t *bytes)
{
#ifdef __x86_64__
	return (uint64_t)_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)bytes));
#else
	uint64_t bits = 0;

	for (unsigned i = 0; i < BLOCK_BYTES; i++)
		bits |= (uint64_t)(bytes[i] >> 7) << i;
	return bits;
#endif
}

void bytes_find_plain(struct span value, struct byte_set *out)
{
	__attribute__((uninitialized)) uint8_t seen[256];
	const block zeros = { 0 };

	for (unsigned at = 0; at < sizeof(seen); at += BLOCK_BYTES) {
		*(block *)(seen + at) = zeros;
		__asm__("" : : : "memory");  /* or compilers make "rep stos" of it, which takes as long as all the rest */
	}
	for (size_t i = 0; i < value.len; i++)
		seen[(unsigned char)value.at[i]] = 0x80;
	for (unsigned i = 0; i < 4; i++)
		out->words[i] = gather(seen + 64 * i) | gather(seen + 64 * i + 16) << 16 | gather(seen + 64 * i + 32) << 32 |
		                gather(seen + 64 * i + 48) << 48;
}

#ifdef __x86_64__

/* A set as two shuffles see it: for each lower half of a byte, a bit for each upper half; 0 to 7 in the first table. */
struct seen {
	uint8_t low[BLOCK_BYTES], high[BLOCK_BYTES];
};

static inline __m128i load(const void *at)
{
	return _mm_loadu_si128(at);
}

/* A bit for each of 16 bytes that is not in the set of LOW and HIGH. */
__attribute__((target("ssse3"))) static inline unsigned news(__m128i bytes, __m128i low, __m128i high)
{
	const __m128i bits = _mm_set_epi8(-128, 64, 32, 16, 8, 4, 2, 1, -128, 64, 32, 16, 8, 4, 2, 1);
	__m128i row = _mm_or_si128(_mm_shuffle_epi8(low, bytes), _mm_shuffle_epi8(high, _mm_xor_si128(bytes, _mm_set1_epi8(-128))));
	__m128i bit = _mm_shuffle_epi8(bits, _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15)));

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_and_si128(row, bit), _mm_setzero_si128()));
}

static void see(struct seen *seen, const char *at, uint64_t news)
{
	for (; news; news &= news - 1) {
		unsigned char byte = (unsigned char)at[__builtin_ctzll(news)];
		uint8_t *row = byte < 128 ? &seen->low[byte & 15] : &seen->high[byte & 15];

		*row = (uint8_t)(*row | 1u << (byte >> 4 & 7));
	}
}

static void seen_tell(const struct seen *seen, struct byte_set *out)
{
	*out = (struct byte_set){ 0 };
	for (int half = 7; half >= 0; half--) {
		__m128i shift = _mm_cvtsi32_si128(7 - half);

		out->words[half / 4] |= (uint64_t)_mm_movemask_epi8(_mm_sll_epi16(load(seen->low), shift)) << half % 4 * 16;
		out->words[2 + half / 4] |= (uint64_t)_mm_movemask_epi8(_mm_sll_epi16(load(seen->high), shift)) << half % 4 * 16;
	}
}

__attribute__((target("ssse3"))) static void bytes_find_long(struct span value, struct byte_set *out)
{
	struct seen seen = { 0 };
	__m128i low = load(seen.low), high = load(seen.high);

	for (size_t at = 0; at + 64 <= value.len; at += 64) {
		const char *from = value.at + at;
		uint64_t found = news(load(from), low, high) | (uint64_t)news(load(from + 16), low, high) << 16 |
		                 (uint64_t)news(load(from + 32), low, high) << 32 | (uint64_t)news(load(from + 48), low, high) << 48;

		if (!found)
			continue;
		see(&seen, from, found);
		low = load(seen.low);
		high = load(seen.high);
	}
	see(&seen, value.at + value.len / 64 * 64, ((uint64_t)1 << value.len % 64) - 1);
	seen_tell(&seen, out);
}

#endif

void bytes_find(struct span value, struct byte_set *out)
{
#ifdef __x86_64__
	if (value.len >= LONG_BYTES && __builtin_cpu_supports("ssse3")) {
		bytes_find_long(value, out);
		return;
	}
#endif
	bytes_find_plain(value, out);
}
