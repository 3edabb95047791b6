/* Is the chain of the audit log whole? Looked at when the hub begins, each day, and whenever somebody asks, a few milliseconds at a time: however long the log is, the loop turns.
 *
 * Shape    audit_check_new begins the first; audit_check_ask whenever; audit_check_state what the last one said
 * Units    as the names say
 * Limits   AUDIT_CHECK_ASKERS wait at once. Who asks while one is under way is told of the next: it sees all that was there when he asked
 * Errors   security: what a file does not give is broken; that there is no memory, or no descriptor, says nothing, and is tried again in a minute
 * Owns     an asker is the caller's, until it is told or withdrawn; the log outlives it
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_PEOPLE_AUDIT_CHECK_H
#define BOUCLIER_HUB_PEOPLE_AUDIT_CHECK_H

#include "base/loop.h"
#include "hub/audit/verify.h"
#include "hub/people/people.h"

#define AUDIT_CHECK_ASKERS 16u
#define AUDIT_CHECK_SLICE_NS 2000000u   /* of work, and then others have their turn; one piece (AUDIT_PIECE) is the least */
#define AUDIT_CHECK_PAUSE_MS 5u
#define AUDIT_CHECK_DAY_MS 86400000u
#define AUDIT_CHECK_AGAIN_MS 60000u

struct audit_check;

struct audit_verdict {
	enum result result;                  /* not RESULT_OK: nothing is known */
	bool is_intact;
	uint64_t entries, broken, broken_at; /* as in audit_verify */
};

struct audit_asker {
	struct list node;
	void (*told)(struct audit_asker *asker, const struct audit_verdict *verdict);
};

enum result audit_check_new(struct loop *loop, struct audit *audit, struct audit_check **out) must_check;
/* Askers that wait are not told. NULL is nothing. */
void audit_check_free(struct audit_check *check);
/* TOLD is called in a later round. RESULT_LIMIT: too many wait. */
enum result audit_check_ask(struct audit_check *check, struct audit_asker *asker) must_check;
/* He does not want to know any more. */
void audit_check_withdraw(struct audit_check *check, struct audit_asker *asker);
enum people_audit audit_check_state(const struct audit_check *check);

#endif
