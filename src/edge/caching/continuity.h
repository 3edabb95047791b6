/* Continuity copies (cache/continuity/), in a request's life.
 *
 *     store    continuity_wants    a good answer that memory does not keep: is a copy of it of use? Then its body is taken along
 *     deliver  continuity_see      an answer that memory keeps has come, or is given: the same
 *     recall   step_recall         no origin answers: its last good page, once the disk has brought it; or the page that says so
 *
 * Asked for when no member lives or can be reached, when a gateway behind us says that (502, 504), and when the places of a priority route are
 * all taken. Not for an origin's own 500 or 503: it is there, and that is what it says.
 *
 * What is given is 200, with the fields that the origin gave it but for those about keeping it: no-store. Age says how old it is.
 *
 * Limits   RECALL_WAIT_MS for the disk
 * Threads  its worker's
 *
 * Of what nobody declares to be for everybody, only what came to somebody who asked as anybody does, so that nobody chooses what others see;
 * if his address was a private one, for visitors who have one too.
 *
 * Availability, fails open: a copy that cannot be had leaves the answer that there would have been without copies.
 * Security, fails closed: what rules have not seen is not given where they are asked, nor what only some networks may see, kept.
 */
#ifndef BOUCLIER_EDGE_CONTINUITY_H
#define BOUCLIER_EDGE_CONTINUITY_H

#include "cache/continuity/copies.h"
#include "cache/policy.h"

#define RECALL_WAIT_MS 2000u

struct edge_cache;
struct plan;
struct request;
struct worker;

struct recall {
	struct copy_ticket ticket;
	struct list waiting;          /* of the worker's requests that wait for the disk */
	unsigned status;              /* of the answer that there is otherwise; 0: nothing is asked for */
	int decision, reason;         /* the same: edge/fact.h */
	unsigned waits;
	unsigned flags;               /* of the copy that is being made: enum copy_flag */
	uint64_t drops;               /* of copies_want, for it */
	uint64_t until_ms;
	struct copies *of;            /* whose ticket it is, while it waits */
	bool has_asked_disk;          /* that of the cache: disk.h */
};

/* The request's ticket is in a list of COPIES: it is paused until that is told, or until `until_ms`. */
void recall_wait(struct request *request, struct copies *copies);
bool recall_is_told(const struct recall *recall);
/* It waits no more. */
void recall_leave(struct request *request);

void continuity_init(struct request *request);
void continuity_end(struct request *request);
void continuity_worker_init(struct worker *worker);
/* The sites of PLAN are served from now on. RESULT_NO_MEMORY: those before are. */
enum result continuity_apply(struct edge_cache *cache, const struct plan *plan) must_check;

/* The answer's head is here. Once true, the copy is to be made: it is not asked for again for a while. */
bool continuity_wants(struct request *request);
/* OBJECT, which was brought for a copy alone. */
void continuity_save(struct request *request, struct cache_object *object);
/* OBJECT is kept in memory, and REQUEST has fetched it, or is answered with it. */
void continuity_see(struct request *request, struct cache_object *object, bool has_fetched);
/* The origin has answered: it gives the page, or says that there is none. */
void continuity_hear(const struct request *request);
/* There is a copy that may be given. */
bool continuity_has(struct request *request);

#endif
