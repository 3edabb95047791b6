/* `guard: observe`: guard/ decides about the requests of a site, and nothing is done. Each place that would refuse, challenge or keep waiting asks
 * here first:
 *
 *     if (observe(request, DECISION_LIMIT, REASON_BUDGET))
 *             return STEP_NEXT;
 *
 * What a person says holds all the same: his bans, `denylist`, `allow_from`, maintenance, limits of origins. So does what protects the
 * portals of other tenants: places and handshakes, where there are any.
 *
 * Threads  a request's
 */
#ifndef BOUCLIER_EDGE_OBSERVING_H
#define BOUCLIER_EDGE_OBSERVING_H

#include "edge/request.h"

bool observes(const struct request *request);
/* True: its site observes; this would be done, and is not: the request goes on. False: do it. */
bool observe(struct request *request, enum decision decision, enum reason reason);
/* Something would have been done to it already. */
static inline bool would_be_over(const struct request *request)
{
	return request->would.decision != DECISION_ALLOW && request->would.decision != DECISION_QUEUE;
}

/* The site with KEY observes: nobody is closed for what he owes before he has said what he wants. */
bool observing_counts(const struct plan *plan, uint64_t key);
/* A connection that would be refused for the sake of the others may come in after all, for the site with KEY: nobody else's are others. */
bool observing_lets_in(const struct plan *plan, uint64_t key);

/* The request is over: counted in its site's table (observed.h). */
void observed_of_request(const struct request *request);
/* Its source would be banned now. */
void observed_ban(const struct request *request);

#endif
