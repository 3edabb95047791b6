/* What the page's script does, in C. */
#ifndef BOUCLIER_TESTS_GUARD_SOLVING_H
#define BOUCLIER_TESTS_GUARD_SOLVING_H

#include <stdio.h>

#include "guard/puzzle.h"
#include "net/digest.h"

/* The first number of PART that is as SOLVED says: one that solves it, or one that does not. */
static inline uint32_t number_of(const uint8_t seed[16], unsigned part, unsigned bits, bool solved)
{
	for (uint32_t number = 0;; number++) {
		uint8_t text[24], digest[DIGEST_LEN];
		uint64_t front;

		memcpy(text, seed, 16);
		(void)bytes_put(bytes_put(text + 16, part, 4), number, 4);
		if (digest_plain(span_make((const char *)text, sizeof(text)), digest) != RESULT_OK)
			return 0;
		(void)bytes_get(digest, &front, 4);
		if ((front >> (32 - bits) == 0) == solved)
			return number;
	}
}

/* Of the puzzle whose line is TEXT; the part WRONG, if it is one, is not solved. */
static inline struct span solve(struct span text, const struct puzzle *puzzle, unsigned wrong, char out[PUZZLE_SOLUTION_MAX + 1])
{
	uint8_t digest[DIGEST_LEN];
	size_t len = 0;

	if (digest_plain(text, digest) != RESULT_OK)
		return SPAN_NONE;
	for (unsigned i = 0; i < puzzle->parts; i++)
		len += (size_t)snprintf(out + len, PUZZLE_SOLUTION_MAX + 1 - len, "%s%x", i ? "." : "", number_of(digest, i, puzzle->bits, i != wrong));
	return span_make(out, len);
}

#endif
