/* Four eyes: what one person asks for, and another one has to approve before it is done.
 *
 * Shape    approval_register for each kind at birth; approval_ask; the routes /api/v1/approvals decide, and APPLY does it
 * Limits   APPROVAL_...; what nobody decided within APPROVAL_DAYS is over
 * Errors   fails closed: nothing is applied that could not be logged, or by who asked for it
 * Threads  the loop's
 *
 * A hub with one person who may approve cannot have four eyes: approval_is_needed then says false, what is asked for is done at once, and the audit log
 * says that nobody else could look. Whoever has the role counts, also while he is disabled, so that nobody gets rid of the others first.
 */
#ifndef BOUCLIER_HUB_PEOPLE_APPROVAL_H
#define BOUCLIER_HUB_PEOPLE_APPROVAL_H

#include "hub/people/people.h"

#define APPROVAL_DETAIL_MAX ((size_t)64 << 10)
#define APPROVAL_WAITING_MAX 256u
#define APPROVAL_DAYS 7u

/* X(ID, "name") */
#define APPROVAL_LIST(X) \
	X(ROLES, "roles")                      /* people.c registers it; the others whoever can do them */ \
	X(RETENTION, "retention") \
	X(EXCLUSION, "exclusion-at-block") \
	X(COUNTRY, "country-rule") \
	X(CAPTURE, "raw-capture") \
	X(PROPOSAL, "proposal")

enum approval_kind {
#define X(id, name) APPROVAL_##id,
	APPROVAL_LIST(X)
#undef X
	APPROVAL_KINDS,
};
enum approval_status { APPROVAL_WAITING, APPROVAL_APPROVED, APPROVAL_REJECTED, APPROVAL_FAILED, APPROVAL_OVER };

struct approval {
	uint64_t number;
	enum approval_kind kind;
	enum approval_status status;
	struct span author;          /* as person_view.name */
	struct span tenant;          /* whose it is; empty: the whole hub's */
	struct span object;          /* what it is about: a person's name, a proposal's number */
	struct span detail;          /* JSON: what APPLY needs, and people see before they decide */
	uint64_t asked_ms, decided_ms;
	struct span decided_by, why;
};

/* Does what was approved. Not RESULT_OK: it could not be done, COMPLAINTS say why, and the approval is then "failed". What waits of a kind
 * that is registered no more (an older hub) fails as well. */
typedef enum result (*approval_apply)(void *context, const struct approval *approval, struct complaints *complaints);
void approval_register(struct people *people, enum approval_kind kind, approval_apply apply, void *context);

/* Is there anybody else who could approve what CALLER asks? */
enum result approval_is_needed(struct people *people, const struct person_view *caller, bool *out) must_check;
/* It waits from now on. RESULT_NOT_FOUND: nobody has registered KIND, so that it could never be done: nothing is written down, and the asker is to be told at once that
 * this hub cannot do it. RESULT_LIMIT: too long, or too many wait; RESULT_REFUSED: it could not be logged. */
enum result approval_ask(struct people *people, const struct person_view *caller, enum approval_kind kind, struct span tenant, struct span object, struct span detail,
                         uint64_t wall_ns, uint64_t *number) must_check;

#endif
