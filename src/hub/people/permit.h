/* What somebody may, and the roles that give it. A table: ROLE_LIST is tested row by row.
 *
 * Shape    a permit is one bit; a set of permits, or of roles, is a uint32_t. A route (hub/web/route.h) names one permit, or several, all of which are needed
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_PEOPLE_PERMIT_H
#define BOUCLIER_HUB_PEOPLE_PERMIT_H

#include "base/span.h"

/* X(ID, "name", number in what is kept: never another) */
#define PERMIT_LIST(X) \
	X(SEE, "see", 0)                  /* states, incidents, settings, people's names */ \
	X(SEARCH, "search", 1)            /* lines of events, with addresses of citizens in them */ \
	X(EXPLAIN, "explain", 2)          /* what became of one request */ \
	X(ACKNOWLEDGE, "acknowledge", 3)  /* incidents: their status, owner, notes */ \
	X(OPERATE, "operate", 4)          /* bans, levels, maintenance, bypass */ \
	X(PROPOSE, "propose", 5)          /* changes of the configuration */ \
	X(APPROVE, "approve", 6)          /* what somebody else asked for */ \
	X(PEOPLE, "people", 7)            /* accounts and roles */ \
	X(AUDIT, "audit", 8)              /* the audit log */ \
	X(ADMINISTER, "administer", 9)    /* the hub itself: alert paths, backups */ \
	X(TOKENS, "tokens", 10)           /* tokens for programs, with no more than one may oneself */

enum permit {
#define X(id, name, number) PERMIT_##id = 1u << (number),
	PERMIT_LIST(X)
#undef X
	/* Is logged in, and nothing more: also whoever has to change his password first. For what is one's own: /me, the end of a session. No role has it or lacks it. */
	PERMIT_SELF = 1u << 31,
};
#define PERMIT_COUNT 11u
#define PERMIT_ALL ((1u << PERMIT_COUNT) - 1)

#define ANALYST_PERMITS (PERMIT_SEE | PERMIT_SEARCH | PERMIT_EXPLAIN)
/* X(ID, "name", number in what is kept, permits) */
#define ROLE_LIST(X) \
	X(VIEWER, "viewer", 0, PERMIT_SEE) \
	X(ANALYST, "analyst", 1, ANALYST_PERMITS) \
	X(OPERATOR, "operator", 2, ANALYST_PERMITS | PERMIT_ACKNOWLEDGE | PERMIT_OPERATE | PERMIT_PROPOSE | PERMIT_TOKENS) \
	X(APPROVER, "approver", 3, ANALYST_PERMITS | PERMIT_APPROVE) \
	X(AUDITOR, "auditor", 4, PERMIT_SEE | PERMIT_SEARCH | PERMIT_AUDIT) \
	X(ADMINISTRATOR, "administrator", 5, PERMIT_ALL)  /* but nobody approves what he asked for himself: approval.h */

enum role {
#define X(id, name, number, permits) ROLE_##id = 1u << (number),
	ROLE_LIST(X)
#undef X
};
#define ROLE_COUNT 6u
#define ROLE_ALL ((1u << ROLE_COUNT) - 1)

/* All that a set of ROLES gives together. */
uint32_t role_permits(uint32_t roles);
/* By number, below PERMIT_COUNT and ROLE_COUNT. */
const char *permit_name(unsigned number);
const char *role_name(unsigned number);
/* One bit, 0: no such name. */
uint32_t permit_of(struct span name);
uint32_t role_of(struct span name);

#endif
