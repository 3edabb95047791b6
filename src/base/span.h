/* Text and bytes by value: a pointer and a length, never NUL-terminated, never owned.
 *
 * Owns     nothing; a span lives as long as what it points into
 * Threads  values; safe anywhere
 */
#ifndef BOUCLIER_BASE_SPAN_H
#define BOUCLIER_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/result.h"

struct span {
	const char *at;
	size_t len;
};

/* A span of a string literal, usable in constant initialisers: { SPAN_INIT("GET") }. */
#define SPAN_INIT(literal) { (literal), sizeof(literal) - 1 }
#define SPAN(literal) ((struct span)SPAN_INIT(literal))
#define SPAN_NONE ((struct span){ NULL, 0 })
/* For printf: printf("%.*s", SPAN_ARG(s)). */
#define SPAN_ARG(span) (int)(span).len, (span).at

static inline struct span span_make(const char *at, size_t len)
{
	return (struct span){ at, len };
}

static inline struct span span_of(const char *text)
{
	return (struct span){ text, text ? strlen(text) : 0 };
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline struct span span_skip(struct span span, size_t count)
{
	if (!span.len)
		return span;  /* may be NULL, to which C adds nothing, not even 0 */
	return count > span.len ? span_make(span.at + span.len, 0) : span_make(span.at + count, span.len - count);
}

static inline struct span span_take(struct span span, size_t count)
{
	return span_make(span.at, count < span.len ? count : span.len);
}

/* ASCII only, whatever the locale. */
static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool span_equal_nocase(struct span a, struct span b);
/* <0, 0, >0 as memcmp, shorter first on a tie. */
int span_compare(struct span a, struct span b);
bool span_starts(struct span span, struct span prefix);
bool span_starts_nocase(struct span span, struct span prefix);
bool span_ends(struct span span, struct span suffix);
bool span_contains(struct span span, struct span part);
bool span_contains_nocase(struct span span, struct span part);
/* Index of the first C, or span.len when there is none. */
size_t span_find(struct span span, char c);
/* Index of the last C, or span.len when there is none. */
size_t span_find_last(struct span span, char c);
/* Without the spaces and tabs at both ends (OWS of RFC 9110, section 5.6.3). */
struct span span_trim(struct span span);

/* Cuts REST at the first SEPARATOR: the part before it is returned, REST becomes what follows.
 * Without a separator the whole is returned and REST becomes empty with a NULL pointer. */
struct span span_cut(struct span *rest, char separator);

/* Digits only: no sign, no space, no empty text; RESULT_MALFORMED otherwise, RESULT_LIMIT above MAX.
 * OUT is untouched unless RESULT_OK. */
enum result span_to_u64(struct span span, uint64_t max, uint64_t *out) must_check;
/* The other way: how many digits were written. No NUL. */
#define DECIMAL_MAX 20
size_t decimal_write(uint64_t value, char out[DECIMAL_MAX]);

/* A NUL-terminated copy into OUT of SIZE bytes; RESULT_LIMIT when it does not fit, RESULT_MALFORMED when SPAN holds a NUL. */
enum result span_to_text(struct span span, char *out, size_t size) must_check;

#endif
