/* BIRD 2, asked over its control socket: nothing is executed, and every answer is looked at.
 *
 * Source   BIRD 2, doc/reply_codes
 * Limits   BIRD_WAIT_MS for a question and its answer, BIRD_ANSWER_BYTES of it
 * Owns     a connection, until bird_close
 * Threads  one at a time
 *
 * Results  RESULT_NOT_FOUND   nobody listens there: BIRD does not run
 *          RESULT_REFUSED     BIRD said no, and `said` has its words; of bird_open: the socket is not for this user
 *          RESULT_TIMEOUT, RESULT_END (BIRD has ended), RESULT_MALFORMED (this is not BIRD), RESULT_LIMIT, RESULT_IO, RESULT_NO_MEMORY
 * After anything but RESULT_OK and a RESULT_REFUSED of a question the connection is of no use any more.
 */
#ifndef BOUCLIER_PACKET_CARRIER_BIRD_H
#define BOUCLIER_PACKET_CARRIER_BIRD_H

#include "base/buffer.h"
#include "packet/carrier/bird_reply.h"

#define BIRD_WAIT_MS 5000u
#define BIRD_ANSWER_BYTES ((size_t)1 << 20)
#define BIRD_SAID_MAX 256u

struct bird {
	int fd;                       /* -1: closed. Readable without a question: BIRD has ended, or speaks of its log */
	struct buffer in;
	char said[BIRD_SAID_MAX];     /* the last line of the last answer, printable */
};

/* RESULT_END: whoever listens there hangs up, and goes on listening. A BIRD that is just dying is waited for, so that it is RESULT_NOT_FOUND. */
enum result bird_open(struct span path, struct bird *bird) must_check;
void bird_close(struct bird *bird);
/* Between questions: is it there? Reads away what it says of its log. */
bool bird_is_alive(struct bird *bird);

/* Has it read its configuration anew, and waits until it did. RESULT_REFUSED: it goes on with the old one. */
enum result bird_configure(struct bird *bird) must_check;
/* When it began, in its own words: another text is another BIRD. OUT may hold nothing. */
enum result bird_reboot(struct bird *bird, char out[BIRD_SAID_MAX]) must_check;
/* How many routes are in TABLE. RESULT_REFUSED: there is no such table: its configuration does not include ours. */
enum result bird_count(struct bird *bird, const char *table, uint64_t *out) must_check;
/* Turns the protocols that hold our routes off, and on again: off, nothing of them is announced, whatever its configuration says. */
enum result bird_set_routes(struct bird *bird, bool is_on) must_check;
/* How many BGP sessions of it are established, and how many are not. */
enum result bird_sessions(struct bird *bird, unsigned *up, unsigned *down) must_check;

#endif
