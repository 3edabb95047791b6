/* Asks the shield over its admin socket, without waiting: a question goes out, and its answer is told in a later round of the loop.
 *
 * Limits   SHIELD_ASKS_MAX questions at once; an answer SHIELD_ANSWER_MAX; each has its clock, for the whole
 * Errors   availability: whoever asks is always told, once: see struct shield_answer
 * Owns     its sockets; what an answer points to lives until DONE returns
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_API_SHIELD_SHIELD_H
#define BOUCLIER_HUB_API_SHIELD_SHIELD_H

#include "base/loop.h"
#include "base/span.h"

#define SHIELD_ASKS_MAX 32u
#define SHIELD_ANSWER_MAX ((size_t)64 << 20)
#define SHIELD_ASK_MS 10000u
#define SHIELD_QUESTION_MAX ((size_t)64 << 10)

struct shield;

struct shield_answer {
	/* RESULT_OK: it has answered, whatever. RESULT_NOT_FOUND: nobody is there; RESULT_REFUSED: it is not for this user; RESULT_TIMEOUT;
	 * RESULT_MALFORMED: no whole answer; RESULT_END: the hub ends; RESULT_LIMIT, RESULT_IO, RESULT_NO_MEMORY */
	enum result result;
	unsigned status;
	struct span body;
};

struct shield_question {
	struct span method, path;
	struct span body;            /* JSON; empty: none */
	uint32_t wait_ms;
	void (*done)(void *context, const struct shield_answer *answer);
	void *context;
};

/* PATH is copied. NULL: no memory. */
struct shield *shield_new(struct loop *loop, struct span path) must_check;
/* Open questions are answered with RESULT_END. */
void shield_free(struct shield *shield);
/* DONE will be called, not before this returns. Anything but RESULT_OK: it will not be; RESULT_LIMIT: too many ask, RESULT_NO_MEMORY. */
enum result shield_ask(struct shield *shield, const struct shield_question *question) must_check;

#endif
