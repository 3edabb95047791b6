/* The work of a puzzle, a little at a time, as a telephone does it beside everything else (guard/puzzle.h says what it is).
 *
 * Owns     nothing
 */
#ifndef BOUCLIER_CLI_DRILL_WORK_H
#define BOUCLIER_CLI_DRILL_WORK_H

#include "guard/puzzle.h"
#include "net/digest.h"

struct work {
	uint8_t seed[DIGEST_LEN];
	unsigned bits, parts;
	unsigned part;                          /* that is being looked for */
	uint32_t next;                          /* number to try */
	char solution[PUZZLE_SOLUTION_MAX + 1];
	size_t len;
};

/* ASK is the puzzle's line. BITS is 1 to PUZZLE_BITS_MAX, PARTS 1 to PUZZLE_PARTS_MAX. */
enum result work_begin(struct work *work, struct span ask, unsigned bits, unsigned parts) must_check;
/* TRIES more. RESULT_OK: `solution` is one; RESULT_MORE. */
enum result work_go_on(struct work *work, unsigned tries) must_check;

#endif
