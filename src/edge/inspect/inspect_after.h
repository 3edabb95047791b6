/* A flood may hide an attack: of the requests that guard/ refused or challenged, rules see some, when the answer has gone. So the journal, and later the
 * incident, can name what the smoke was for.
 *
 * What they say changes nothing: the answer is given, nobody is banned for it, no rule's history counts it (edge/hits), collections of rules do not
 * change, the outside is not asked, and no audit log is written. The journal tells it as of the refused request (`bouclier.after`).
 *
 * Limits   the head alone: path, query, fields; a body that was not read is not read for this. INSPECT_AFTER_A_SECOND of a site, three times as many of a worker;
 *          INSPECT_AFTER_NS of each, then what it found till then counts
 * Threads  a request's; the site's second is shared by its workers
 */
#ifndef BOUCLIER_EDGE_INSPECT_AFTER_H
#define BOUCLIER_EDGE_INSPECT_AFTER_H

#include "edge/request.h"

#define INSPECT_AFTER_A_SECOND 10u
#define INSPECT_AFTER_NS 5000000u

/* One more in the second of NOW_S, of at most MAX? SECOND is the memory of that: zero at birth, of any number of threads. */
bool inspect_after_takes(uint64_t *second, uint64_t now_s, unsigned max) must_check;

/* When the request is over. STEP_WAIT: it is one of them, and has its turn when what is to be sent in this round has been. STEP_NEXT: it is none, or has been seen. */
enum step_outcome inspect_after(struct request *request);
/* What the fact says of it. */
enum seen_after inspect_seen_after(const struct request *request);

#endif
