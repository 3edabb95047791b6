/* Asks a running shield over its admin socket. Blocking, with a clock.
 *
 * Limits   an answer is at most ADMIN_REPLY_BYTES_MAX
 * Owns     a reply owns its bytes, until admin_reply_done
 */
#ifndef BOUCLIER_CLI_ADMIN_CLIENT_H
#define BOUCLIER_CLI_ADMIN_CLIENT_H

#include "base/buffer.h"
#include "cli/options.h"

#define ADMIN_REPLY_BYTES_MAX ((size_t)64 << 20)
#define ADMIN_ASK_MS 10000

struct admin_question {
	const char *socket, *method, *path;  /* PATH may have a query */
	struct span body;             /* JSON; empty: none */
	int wait_ms;                  /* for the whole */
};

struct admin_reply {
	struct buffer bytes;
	unsigned status;
	struct span body;             /* in BYTES */
};

/* RESULT_NOT_FOUND  nobody listens there
 * RESULT_REFUSED    the socket is not for this user
 * RESULT_TIMEOUT, RESULT_MALFORMED, RESULT_IO, RESULT_LIMIT, RESULT_NO_MEMORY
 * REPLY needs admin_reply_done only after RESULT_OK. */
enum result admin_ask(const struct admin_question *question, struct admin_reply *reply) must_check;
void admin_reply_done(struct admin_reply *reply);
/* Does a shield answer there? */
bool admin_is_there(const char *socket);
/* The same: RESULT_NOT_FOUND is the only one by which nobody is there; otherwise it cannot be told, or not by this user. */
enum result admin_reach(const char *socket) must_check;
/* The sentence for a failed admin_ask, on stderr. EXIT_FAILED. */
int admin_complain(const struct admin_question *question, enum result result);
/* What an answer of 400 and above says, on stderr. EXIT_FAILED. */
int admin_complain_reply(const struct admin_reply *reply);

#endif
