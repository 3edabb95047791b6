/* Where does a run of ordinary bytes end? The classes of bytes of RFC 9110, and scans over them: 16 bytes a step with
 * SSE2 (which every x86-64 has), one byte a step elsewhere and at the end of the input. On heads of ordinary size a step
 * of 32 bytes (AVX2) won nothing that could be measured: lines are short.
 *
 * Shape    every scan returns the first byte of [AT, END) that is not in the class, or END
 * Owns     nothing; no byte outside [AT, END) is read
 */
#ifndef BOUCLIER_MESSAGE_SCAN_H
#define BOUCLIER_MESSAGE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/span.h"

enum byte_class {
	BYTE_TOKEN = 1,   /* tchar of RFC 9110, section 5.6.2 */
	BYTE_TEXT = 2,    /* field-vchar, SP and HTAB: what a field value may hold */
	BYTE_TARGET = 4,  /* VCHAR without '#': what a request target may hold */
	BYTE_HOST = 8,    /* letters, digits, '-', '.', '_' */
};

extern const uint8_t byte_classes[256];

static inline bool byte_is(char byte, enum byte_class wanted)
{
	return (byte_classes[(uint8_t)byte] & wanted) != 0;
}

static inline const char *scan_class(const char *at, const char *end, enum byte_class wanted)
{
	while (at < end && byte_is(*at, wanted))
		at++;
	return at;
}

#ifdef __SSE2__
static inline __m128i scan_load(const char *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* The first and the last 8 of 8 to 15 bytes: all of them, some twice. */
static inline __m128i scan_load_ends(const char *at, const char *end)
{
	uint64_t first, last;

	memcpy(&first, at, 8);
	memcpy(&last, end - 8, 8);
	return _mm_set_epi64x((long long)last, (long long)first);
}

static inline bool scan_has_ends(const char *at, const char *end)
{
	return end - at >= 8 && end - at < 16;
}

/* Bytes of V between FIRST and LAST, unsigned: all ones. */
static inline __m128i scan_between(__m128i v, char first, char last)
{
	__m128i offset = _mm_sub_epi8(v, _mm_set1_epi8(first));

	return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8((char)(last - first))), offset);
}
#endif

#ifdef __SSE2__
/* A bit for each of 16 bytes that is not BYTE_TEXT. */
static inline unsigned text_stops(__m128i v)
{
	__m128i control = _mm_andnot_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\t')), scan_between(v, 0, 0x1f));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(control, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f))));
}

static inline unsigned target_stops(__m128i v)
{
	__m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(0x21));  /* signed: 0x80 and above are low too */
	__m128i others = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)), _mm_cmpeq_epi8(v, _mm_set1_epi8('#')));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, others));
}

/* Letters, digits, '-': what most names are made of. */
static inline unsigned name_stops(__m128i v)
{
	__m128i letter = scan_between(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 'z');
	__m128i other = _mm_or_si128(scan_between(v, '0', '9'), _mm_cmpeq_epi8(v, _mm_set1_epi8('-')));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(letter, other)) ^ 0xffffu;
}
#endif

/* The last step of a run that is 16 bytes or longer looks at some bytes twice rather than at each by itself. */
static inline const char *scan_text(const char *at, const char *end)
{
#ifdef __SSE2__
	if (end - at >= 16) {
		for (;; at = end - at >= 32 ? at + 16 : end - 16) {
			unsigned stops = text_stops(scan_load(at));

			if (stops)
				return at + __builtin_ctz(stops);
			if (end - at == 16)
				return end;
		}
	}
	if (scan_has_ends(at, end) && !text_stops(scan_load_ends(at, end)))
		return end;
#endif
	return scan_class(at, end, BYTE_TEXT);
}

static inline const char *scan_target(const char *at, const char *end)
{
#ifdef __SSE2__
	if (end - at >= 16) {
		for (;; at = end - at >= 32 ? at + 16 : end - 16) {
			unsigned stops = target_stops(scan_load(at));

			if (stops)
				return at + __builtin_ctz(stops);
			if (end - at == 16)
				return end;
		}
	}
#endif
	return scan_class(at, end, BYTE_TARGET);
}

static inline const char *scan_token(const char *at, const char *end)
{
#ifdef __SSE2__
	while (end - at >= 16) {
		unsigned stops = name_stops(scan_load(at));

		if (stops == 0) {
			at += 16;
			continue;
		}
		at += __builtin_ctz(stops);
		if (!byte_is(*at, BYTE_TOKEN))
			return at;
		at++;
	}
	if (scan_has_ends(at, end) && !name_stops(scan_load_ends(at, end)))
		return end;
#endif
	return scan_class(at, end, BYTE_TOKEN);
}

/* The whole of SPAN is in the class, and there is something in it. */
static inline bool span_is_token(struct span span)
{
	return span.len && scan_token(span.at, span.at + span.len) == span.at + span.len;
}
/* The whole of SPAN is in the class; it may be empty. */
static inline bool span_is_text(struct span span)
{
	return span.len == 0 || scan_text(span.at, span.at + span.len) == span.at + span.len;
}

static inline bool span_is_target(struct span span)
{
	return span.len == 0 || scan_target(span.at, span.at + span.len) == span.at + span.len;
}

#endif
