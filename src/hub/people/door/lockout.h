/* Who guesses has to wait, longer each time: by the name that is tried, known or not, and by the source that tries.
 *
 * After LOCKOUT_NAME_FREE failures of a name, or LOCKOUT_SOURCE_FREE of a source (many people may be behind one address), nothing is looked at for a pause: 30 s,
 * twice as long with each failure after it, 15 min at most. Nobody is locked out for ever, the last administrator neither: a pause ends, and meanwhile there are
 * passkeys, certificates and the hub's own unix socket, which know no pause.
 *
 * Units    milliseconds, wall time; a clock that is set back by more than the longest pause ends it; the failures stay
 * Limits   LOCKOUT_PLACES are remembered: where there are more, whoever failed longest ago of four is forgotten
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_PEOPLE_DOOR_LOCKOUT_H
#define BOUCLIER_HUB_PEOPLE_DOOR_LOCKOUT_H

#include "base/address.h"
#include "base/span.h"

#define LOCKOUT_PLACES 4096u
#define LOCKOUT_WAYS 4u
#define LOCKOUT_NAME_FREE 5u
#define LOCKOUT_SOURCE_FREE 20u
#define LOCKOUT_FIRST_MS 30000u
#define LOCKOUT_LONGEST_MS 900000u
#define LOCKOUT_FORGET_MS 86400000u      /* after so long without a failure */

struct lockout_place {
	uint64_t key;                    /* 0: free */
	uint64_t last_ms, until_ms;
	uint32_t failures;
};
struct lockout {
	struct lockout_place places[LOCKOUT_PLACES];
};

/* Who tries what. */
struct lockout_who {
	uint64_t name, source;
};
struct lockout_who lockout_who(struct span name, const struct address *source);

/* How long it has to wait; 0: it may try. */
uint64_t lockout_wait(const struct lockout *lockout, struct lockout_who who, uint64_t wall_ms);
/* True: a pause begins with it. */
bool lockout_failed(struct lockout *lockout, struct lockout_who who, uint64_t wall_ms);
/* The name's failures are forgotten. The source's are not: it may have an account of its own. */
void lockout_succeeded(struct lockout *lockout, struct lockout_who who);

#endif
