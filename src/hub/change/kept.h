/* A proposal, as a document of the store (DOCUMENT_PROPOSAL), by its number.
 *
 * Limits   PROPOSALS_MAX: the oldest one that is over makes room; a document's size (texts and difference together)
 * Errors   of the store; RESULT_NOT_FOUND; RESULT_MALFORMED: somebody else wrote there; RESULT_LIMIT: too large, or so many wait
 * Owns     a proposal's texts live in ROOT until proposal_done
 * Threads  with the store
 */
#ifndef BOUCLIER_HUB_CHANGE_KEPT_H
#define BOUCLIER_HUB_CHANGE_KEPT_H

#include "event/json.h"
#include "process/role.h"
#include "store/document.h"

#define PROPOSALS_MAX 100u

/* X(ID, "name") */
#define PROPOSAL_STATE_LIST(X) \
	X(WAITS, "waits") \
	X(APPROVED, "approved") \
	X(REJECTED, "rejected") \
	X(APPLIED, "applied") \
	X(WENT_BACK, "went-back")   /* it served, and does not: nobody confirmed it, or a site failed */

enum proposal_state {
#define X(id, name) PROPOSAL_##id,
	PROPOSAL_STATE_LIST(X)
#undef X
	PROPOSAL_STATES,
};

struct proposal {
	uint64_t number, version;         /* VERSION: of the document */
	enum proposal_state state;
	struct span author, path, why;
	uint64_t at_ms, decided_ms;
	uint64_t applying_ms;             /* it was handed to the keeper; 0: not yet, or it came back refused */
	bool takes_eyes;                  /* eyes.h */
	bool needs_approval;              /* ... and there was somebody else to look */
	uint64_t back_to;                 /* a configuration of the history; 0: it is no going back */
	struct span decided_by, decided_why;
	struct span diff, complaints;     /* COMPLAINTS: a list, as JSON, when it is written; in ROOT otherwise */
	struct change_text files[CHANGE_FILES_MAX];  /* BASE is the SHA-256 of what it was made from, in hexadecimal digits */
	size_t file_count;
	struct json *root;
};

const char *proposal_state_name(enum proposal_state state);
/* A new one: its number is set. */
enum result proposal_add(struct store *store, struct proposal *proposal) must_check;
/* What was read, or added, is another one now: RESULT_REFUSED where somebody else was faster. */
enum result proposal_keep(struct store *store, struct proposal *proposal) must_check;
enum result proposal_find(struct store *store, uint64_t number, struct proposal *out) must_check;
void proposal_done(struct proposal *proposal);
/* The newest first. */
enum result proposal_each(struct store *store, void (*each)(void *context, const struct proposal *proposal), void *context) must_check;
/* Members of the API's schema Proposal. */
void proposal_put(struct json_writer *json, const struct proposal *proposal);

#endif
