/* What a stranger is asked to do: a little work for his machine, or a wait. Nothing is remembered of it until it is done.
 *
 * Shape    one line of base64url, PUZZLE_TEXT_LEN characters, of 48 bytes (signed.h):
 *
 *              0  made_s       4   and its milliseconds at 8
 *              4  version      1   PUZZLE_VERSION
 *              5  bits         1   of each part; 0: nothing to solve, a wait only
 *              6  parts        1
 *              7  wait_s       1   after which it lets in without work
 *              8  made_ms      2
 *             10               2   zero
 *             12  network      4   32 bits of a keyed hash: who was asked
 *             16  site         8
 *             24  nonce        8   random: what is remembered once it is done
 *             32  proof       16
 *
 *          The work: for each part p from 0 a number n of 32 bits, such that the first BITS bits of
 *          SHA-256(first 16 bytes of SHA-256(the line), p, n) are zero, p and n as 4 bytes, big-endian. One block of SHA-256 a try.
 *          The solution is those numbers in hexadecimal, with points between them: "1a2b.3c.…".
 *          Many small parts instead of a large one: with 16 one visitor in a hundred works 1.7 times as long as the mean, with one 4.6 times
 * Units    milliseconds since 1970
 * Limits   PUZZLE_WORK_MS to solve it, so that nothing is computed ahead of an attack; PUZZLE_WAIT_MS to come back from the wait: people read.
 *          Checking a solution costs PUZZLE_PARTS_MAX hashes at most
 * Threads  pure functions
 */
#ifndef BOUCLIER_GUARD_PUZZLE_H
#define BOUCLIER_GUARD_PUZZLE_H

#include "guard/queue.h"
#include "guard/signed.h"

#define PUZZLE_VERSION 1u
#define PUZZLE_BYTES 48u
#define PUZZLE_TEXT_LEN BASE64URL_LEN(PUZZLE_BYTES)
#define PUZZLE_SEED_LEN 16u    /* of the line's SHA-256 */
#define PUZZLE_PARTS_MAX 16u
#define PUZZLE_BITS_MAX 20u
#define PUZZLE_SOLUTION_MAX (9u * PUZZLE_PARTS_MAX - 1)
#define PUZZLE_WORK_MS (2u * 60 * 1000)
#define PUZZLE_WAIT_MS (10u * 60 * 1000)
#define PUZZLE_WAIT_S_MAX 6u   /* the longest wait that is ever announced */

struct puzzle {
	uint64_t made_ms;
	unsigned bits, parts, wait_s;
	uint32_t network;
	uint64_t site, nonce;
};

/* How many bits of each of PUZZLE_PARTS_MAX parts somebody in LANE solves while the wait there is WAIT_US: 65,536 tries in the mean on a calm
 * day and 131,072 at most, which a slow telephone (200,000 a second) does in 0.33 and 0.66 s. */
unsigned puzzle_bits(enum lane lane, uint64_t wait_us);
/* What a wait is announced for: 2 s at least, PUZZLE_WAIT_S_MAX at most. */
unsigned puzzle_wait_s(enum lane lane, uint64_t wait_us);
/* A new one for ASKER. BITS 0: without work. */
struct puzzle puzzle_new(const struct asker *asker, unsigned bits, unsigned wait_s);
enum result puzzle_write(const struct asker *asker, const struct puzzle *puzzle, char out[PUZZLE_TEXT_LEN]) must_check;
/* RESULT_TIMEOUT: ours, and over also for who waits (OUT is set); RESULT_MALFORMED: forged, or another site's. */
enum result puzzle_read(const struct asker *asker, struct span text, struct puzzle *out) must_check;
/* SOLUTION to PUZZLE, which was read from TEXT. RESULT_TIMEOUT: too late; RESULT_MALFORMED: no solution; RESULT_REFUSED: not the solution. */
enum result puzzle_check(const struct asker *asker, const struct puzzle *puzzle, struct span text, struct span solution) must_check;
/* One try: does NUMBER solve PART of the puzzle whose line's digest begins with SEED? BITS is 1 to PUZZLE_BITS_MAX. RESULT_REFUSED: it does not, or there is
 * no memory to say so. */
enum result puzzle_try(const uint8_t seed[PUZZLE_SEED_LEN], unsigned part, uint64_t number, unsigned bits) must_check;
/* How much of its wait is left. 0: it may come in. */
uint64_t puzzle_left_ms(const struct asker *asker, const struct puzzle *puzzle);
/* It was sent to somebody in another network. */
bool puzzle_has_moved(const struct asker *asker, const struct puzzle *puzzle);

#endif
