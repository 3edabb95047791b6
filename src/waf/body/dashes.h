/* Where "--" is: the only bytes of a form's data that anyone has to look at. 16 bytes a step with SSE2; one memchr a dash
 * elsewhere.
 *
 * Owns     nothing; no byte outside [AT, END) is read
 */
#ifndef BOUCLIER_WAF_BODY_DASHES_H
#define BOUCLIER_WAF_BODY_DASHES_H

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first byte of the first "--" in [AT, END), or NULL. */
static inline const char *dashes_find(const char *at, const char *end)
{
#ifdef __SSE2__
	const __m128i dash = _mm_set1_epi8('-');

	for (; end - at >= 17; at += 16) {
		__m128i first = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)at), dash);
		__m128i second = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(at + 1)), dash);
		unsigned pairs = (unsigned)_mm_movemask_epi8(_mm_and_si128(first, second));

		if (pairs)
			return at + __builtin_ctz(pairs);
	}
#endif
	while (end - at >= 2 && (at = memchr(at, '-', (size_t)(end - at) - 1))) {
		if (at[1] == '-')
			return at;
		at++;
	}
	return NULL;
}

#endif
