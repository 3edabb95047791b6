/* What is watched of somebody else's shield, and how many looks it takes until that is said to be dead.
 *
 *   ok -> failing   at the first look that finds it wrong
 *   -> dead         at the WATCH_DEAD_AFTER-th in a row
 *   failing -> ok   at the next good one; dead -> ok at the WATCH_OK_AFTER-th in a row: what comes and goes is not well
 *
 * A look that says nothing of a thing leaves it as it is: whose shield cannot be reached, of his portal nothing is known.
 *
 * Threads  pure functions
 */
#ifndef BOUCLIER_CLI_WATCH_JUDGE_H
#define BOUCLIER_CLI_WATCH_JUDGE_H

#include "cli/probe/look.h"

#define WATCH_DEAD_AFTER 3u
#define WATCH_OK_AFTER 2u
#define WATCH_CERTIFICATE_DAYS 14

/* X(ID, "name") */
#define WATCH_LIST(X) \
	X(SHIELD, "shield")            /* somebody answers there, with HTTP */ \
	X(PORTAL, "portal")            /* and gives a page, in time */ \
	X(CERTIFICATE, "certificate")  /* that browsers accept, and for WATCH_CERTIFICATE_DAYS more */ \
	X(ALERTS, "alerts")            /* would reach somebody there, as it says itself where it may be watched: alive.h */

enum watch_thing {
#define X(id, name) WATCH_##id,
	WATCH_LIST(X)
#undef X
	WATCH_THINGS,
};
enum watch_state { WATCH_UNKNOWN, WATCH_OK, WATCH_FAILING, WATCH_DEAD };
enum watch_finding { WATCH_SAYS_NOTHING, WATCH_GOOD, WATCH_BAD };

struct watched {
	enum watch_state state;
	unsigned bad, good;        /* in a row */
};

/* True: the state is another one now. */
bool watch_move(struct watched *watched, enum watch_finding finding);
/* What LOOK says of each thing, of alerts nothing, at NOW_MS (since 1970). WHY: of what is bad. */
void watch_find(const struct look *look, int64_t now_ms, enum watch_finding out[WATCH_THINGS], char why[WATCH_THINGS][EXCHANGE_ERROR_MAX]);
const char *watch_thing_name(enum watch_thing thing);
const char *watch_state_name(enum watch_state state);

#endif
