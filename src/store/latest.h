/* The last line of counts of each site of a source: what the next one is compared with.
 *
 * Shape    main.db has the line itself for each slot; slot is words_same_name of the site, LATEST_JOURNAL for the journal's own line
 * Limits   a slot for each number of words.h, LINE_MAX_BYTES each
 * Owns     copies of the lines
 */
#ifndef BOUCLIER_STORE_LATEST_H
#define BOUCLIER_STORE_LATEST_H

#include "store/sqlite.h"

#define LATEST_JOURNAL 1u   /* WORD_OTHER: further sites than have names are not counted one by one, so that it is free */

struct latest_line {
	char *kept, *next;          /* committed; of this batch, or NULL. Malloc'ed */
	size_t kept_len, next_len;
};

struct latest {
	struct database *database;
	uint32_t source;
	struct statement *save;
	struct latest_line *slots;
	uint32_t size;
	uint32_t *touched;          /* slots with a line of this batch */
	unsigned touched_count, touched_size;
};

/* Reads what is there. */
enum result latest_init(struct latest *latest, struct database *database, uint32_t source) must_check;
void latest_done(struct latest *latest);
/* The line before; empty: none. Until the next latest_set of SLOT. */
struct span latest_find(const struct latest *latest, uint32_t slot);
enum result latest_set(struct latest *latest, uint32_t slot, struct span line) must_check;
/* In the transaction that is begun. */
enum result latest_save(struct latest *latest) must_check;
/* The batch was committed, or was not. */
void latest_keep(struct latest *latest);
void latest_undo(struct latest *latest);

#endif
