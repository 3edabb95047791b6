/* What is being deleted is written down first, and stays so until somebody was told: whoever is killed between tells it the next time. So a deletion may
 * be told twice, and is never silent.
 */
#ifndef BOUCLIER_STORE_DELETION_H
#define BOUCLIER_STORE_DELETION_H

#include "store/inside.h"

struct deletion_ear {
	void (*tell)(void *context, const struct store_deleted *deleted);
	void *context;
};

/* In the transaction that is begun, or in one of its own. */
enum result deletion_note(struct store *store, const struct store_deleted *deleted) must_check;
/* Ends what was noted, and tells it. RESULT_MORE: nothing was. */
enum result deletion_finish(struct store *store, struct deletion_ear ear) must_check;

/* A piece of what is to be taken out of rows of days before NUMBER. RESULT_MORE: nothing was to be done. */
enum result fields_take_out(struct store *store, int64_t number) must_check;

#endif
