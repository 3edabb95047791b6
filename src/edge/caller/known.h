/* Who becomes a known citizen: a source that an origin served well while nobody had to wait there, once KNOWN_AFTER_MS have gone by and still
 * nobody had to, or when somebody has to, and it had been served KNOWN_BEFORE_MS before. So the bots that come in the first instant of a
 * flood do not become known, and a citizen who got one page in calm does. On a site at level attack, and of a kind that floods, nobody does. A ban ends it (guard/ban.h). It is known on every site of this machine: it
 * costs one page on a calm day, which somebody who attacks a site could as well ask of that very site, and a citizen is no stranger to the next portal.
 *
 * Shape    a ring of those who were served, the oldest first
 * Limits   KNOWN_WAITING_MAX at once; who finds no place is a stranger still, until the next page
 * Owns     its origins, each held until it was asked
 * Threads  a worker's
 */
#ifndef BOUCLIER_EDGE_KNOWN_H
#define BOUCLIER_EDGE_KNOWN_H

#include "base/timer.h"
#include "source/entry.h"

#define KNOWN_AFTER_MS 2000u
#define KNOWN_BEFORE_MS 1000u   /* a flood shows sooner: it is the wait of the first second */
#define KNOWN_WAITING_MAX 4096u

struct origin;
struct worker;

struct known_waiting {
	struct source_key key;
	struct origin *origin;
	uint64_t served_ms;
};

struct known {
	struct known_waiting *list;      /* of KNOWN_WAITING_MAX; NULL until somebody waits */
	unsigned first, count;
	struct timer timer;
};

void known_init(struct worker *worker);
void known_done(struct worker *worker);
/* KEY was served by ORIGIN now. */
void known_add(struct worker *worker, struct source_key key, struct origin *origin);

#endif
