/* What was seen, minute by minute, until the hub has it: the minute that goes on, and those that wait, on disk where there is a folder for them.
 *
 * A look counts in the minute in which it ended. A minute is kept until the hub says that it has it: what cannot be delivered during an attack is told
 * afterwards. A minute that is told twice (the answer was lost) is one to the hub.
 *
 * Shape    in FOLDER a file for each minute, "minute-NUMBER.json", whole or not there (base/replace_file.h)
 * Limits   LEDGER_MINUTES wait, twelve hours; then the oldest goes, and is counted
 * Errors   a folder that cannot be written is told once, and memory has to do (availability)
 * Threads  ledger_count from any; the rest from one
 */
#ifndef BOUCLIER_CLI_PROBE_LEDGER_H
#define BOUCLIER_CLI_PROBE_LEDGER_H

#include <pthread.h>

#include "cli/probe/look.h"

#define LEDGER_MINUTES 720u

struct ledger {
	pthread_mutex_t lock;                 /* of `now` */
	struct probe_minute now;
	struct probe_minute *waiting[LEDGER_MINUTES];  /* the oldest first */
	size_t count;
	int folder;                           /* -1: none */
	bool has_complained;
	uint64_t last_s;                      /* minute that was closed last: none comes twice, whatever the clock does */
	uint64_t lost;                        /* minutes */
};

/* FOLDER: NULL, or one that is there; what waits in it is taken up. RESULT_IO: errno tells. */
enum result ledger_init(struct ledger *ledger, const char *folder) must_check;
void ledger_done(struct ledger *ledger);
/* A look at HOST that ended now. */
void ledger_count(struct ledger *ledger, const char *host, const struct look *look);
/* It is NOW_S: a minute that is over goes to those that wait. True: one did. ALL: the one that goes on too. */
bool ledger_turn(struct ledger *ledger, uint64_t now_s, bool all);
/* The first COUNT of those that wait are the hub's. */
void ledger_drop(struct ledger *ledger, size_t count);

#endif
