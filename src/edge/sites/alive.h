/* GET /.well-known/bouclier/alive, of a site that says `watchable: true`: for `bouclier watch` of another administration, which sees from outside that somebody answers here, but not
 * whether anybody here would be told. {"shield":"alive","alerts":"ok","since":"2026-01-31T12:00:00.000Z"}, and nothing else of this installation.
 *
 * What it says of alerts the hub says each minute (POST /alerts of the admin socket); what is older than ALIVE_FORGET_MS is not known.
 *
 * Threads  alive_tell one at a time; the rest any: a word that is read while it is written may have the time of the one before
 */
#ifndef BOUCLIER_EDGE_SITES_ALIVE_H
#define BOUCLIER_EDGE_SITES_ALIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define ALIVE_PATH "/.well-known/bouclier/alive"
#define ALIVE_FORGET_MS 300000u

/* X(ID, "name") */
#define ALIVE_LIST(X) \
	X(UNKNOWN, "unknown")          /* there is no hub, or it says nothing, or it has nobody to tell */ \
	X(OK, "ok")                    /* one path works at least */ \
	X(FAILING, "failing")          /* none does */

enum alive_alerts {
#define X(id, name) ALIVE_##id,
	ALIVE_LIST(X)
#undef X
	ALIVE_COUNT,
};

struct alive {
	uint32_t state, paths, failing;      /* enum alive_alerts; how many there are, and how many of them fail */
	uint64_t since_ms, told_ms;          /* since 1970; 0: never */
};

void alive_tell(struct alive *alive, enum alive_alerts state, uint32_t paths, uint32_t failing, uint64_t now_ms);
/* As it is at NOW_MS. */
struct alive alive_look(const struct alive *alive, uint64_t now_ms);
struct span alive_name(unsigned state);
/* ALIVE_COUNT: there is none of that name. */
enum alive_alerts alive_find(struct span name);

#endif
