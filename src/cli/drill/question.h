/* The page that a stranger gets who is to prove himself: what it asks, as far as a browser needs to know (docs/challenge.md).
 *
 * Source   edge/challenge/page.c writes it, challenge.js reads the same attributes
 * Owns     nothing: spans point into PAGE
 */
#ifndef BOUCLIER_CLI_DRILL_QUESTION_H
#define BOUCLIER_CLI_DRILL_QUESTION_H

#include "base/buffer.h"
#include "guard/puzzle.h"

struct question {
	struct span ask;             /* the puzzle's line: PUZZLE_TEXT_LEN characters */
	struct span to;              /* where it wanted to go, as the value of a parameter */
	unsigned bits, parts;        /* parts 0: nothing to work at */
	unsigned wait_s;             /* without work */
};

/* RESULT_NOT_FOUND: PAGE is another. */
enum result question_read(struct span page, struct question *out) must_check;
/* Where its answer goes: path and query. WORK is the solution; empty: after the wait. */
enum result question_write_answer(const struct question *question, struct span work, struct buffer *out) must_check;

#endif
