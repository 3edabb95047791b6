/* What the hub asks the keeper for: texts in the place of files, tried or put in place (process/role.h). One after the other; who is told that the keeper is busy
 * asks again, some times.
 *
 * Limits   ASKS_MAX wait
 * Errors   whoever asks is told, once; not of those that wait when the hub ends
 * Owns     the texts; the channel is the caller's
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_CHANGE_ASKS_H
#define BOUCLIER_HUB_CHANGE_ASKS_H

#include "base/loop.h"
#include "process/role.h"

#define ASKS_MAX 16u
#define ASKS_AGAIN_MS 500u
#define ASKS_AGAIN_MAX 20u

struct asks {
	struct loop *loop;
	const struct channel *keeper;
	struct list waiting;          /* struct ask; the first one is before the keeper */
	unsigned count;
	uint64_t last_id;
	struct timer again;
};

struct ask_wish {
	const struct change_text *texts;
	size_t count;
	uint64_t confirm_ms;
	bool is_trial;
	struct span note;
	/* TEXT: complaints of check, or a sentence; until DONE returns. */
	void (*done)(void *context, enum change_outcome outcome, struct span text);
	void *context;
};

void asks_init(struct asks *asks, struct loop *loop, const struct channel *keeper);
void asks_done(struct asks *asks);
/* Anything but RESULT_OK: nothing is asked, and DONE is not called. RESULT_LIMIT, RESULT_IO, RESULT_NO_MEMORY. */
enum result asks_add(struct asks *asks, const struct ask_wish *wish) must_check;
/* The keeper has said something; ORDER's descriptor is taken. */
void asks_answer(struct asks *asks, const struct edge_order *order);

#endif
