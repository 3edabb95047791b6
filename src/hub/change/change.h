/* hub/change: what people do with the configuration: proposals, their approval, putting them in place, going back. docs/people.md says who may.
 *
 * The texts that serve are asked of the shield (admin socket), a trial and the change itself of the keeper, which checks and writes (docs/decisions/0037). A proposal knows
 * the SHA-256 of what it was made from: whoever edited meanwhile is not overwritten. Each move is in the audit log before it is done.
 *
 * Shape    change_new -> change_routes; change_answer whenever the keeper has said something
 * Limits   asks.h, kept.h; CHANGE_DEEDS_MAX at once
 * Errors   security, fails closed: what cannot be written down is not done, what cannot be told apart takes a second person; only who sees all
 *          administrations reads or changes anything, for the texts are of all of them. Nobody is told before it is done; who leaves meanwhile ends nothing
 *          that was begun
 * Owns     what is under way; all of struct change_birth is the caller's, and outlives it
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_CHANGE_CHANGE_H
#define BOUCLIER_HUB_CHANGE_CHANGE_H

#include "hub/audit/audit.h"
#include "hub/people/people.h"
#include "hub/web/route.h"
#include "process/role.h"
#include "store/store.h"

#define CHANGE_DEEDS_MAX 32u
#define CHANGE_CONFIRM_MS 300000u   /* where nobody says how long */

struct changes;

struct change_birth {
	struct loop *loop;
	struct store *store;
	struct audit *audit;
	struct people *people;
	const struct channel *keeper;
	struct span admin;              /* the shield's admin socket; empty: there is none */
};

/* RESULT_NO_MEMORY. */
enum result change_new(const struct change_birth *birth, struct changes **out) must_check;
/* Before the server is freed. NULL is nothing. */
void change_free(struct changes *changes);
void change_answer(struct changes *changes, const struct edge_order *order);
/* A configuration went back by itself: a proposal may serve no longer. */
void change_look(struct changes *changes);
/* CHANGES may be NULL, for who only reads the table. */
void change_routes(struct changes *changes, struct web_routes *routes);

#endif
