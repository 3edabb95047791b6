/* Reports to the hub: signed, a few minutes each, the oldest first.
 *
 * Errors   RESULT_OK: the hub has them. RESULT_REFUSED: it does not want these, and never will: they are dropped, with a sentence. Anything else: later again.
 *          Each change is said once on stderr
 * Owns     a key, until deliver_done
 * Threads  one
 */
#ifndef BOUCLIER_CLI_PROBE_DELIVER_H
#define BOUCLIER_CLI_PROBE_DELIVER_H

#include "cli/probe/ledger.h"
#include "net/signature.h"

#define DELIVER_MS 20000u
#define DELIVER_LAST_MS 5000u         /* when it is told to end */

struct deliver {
	struct page_url hub;
	struct span ca;                   /* PEM; SPAN_NONE */
	struct evp_pkey_st *key;
	char name[PROBE_NAME_MAX + 1];
	uint64_t sequence;                /* of the last report */
	int stop_fd;
	uint64_t wait_ms;                 /* for one report */
	char said[EXCHANGE_ERROR_MAX];    /* the last complaint; "": all is well */
};

/* One report of what waits. RESULT_NOT_FOUND: nothing does. */
enum result deliver_one(struct deliver *deliver, struct ledger *ledger) must_check;
/* Reports until nothing waits, or one fails. */
void deliver_all(struct deliver *deliver, struct ledger *ledger);
void deliver_done(struct deliver *deliver);

#endif
