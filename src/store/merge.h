/* The rows of a day's file, of some tenants, from the newest to older ones.
 *
 * Shape    for each tenant a walk through the index; a heap of them says which row is next
 * Owns     its statements; the day must stay open
 */
#ifndef BOUCLIER_STORE_MERGE_H
#define BOUCLIER_STORE_MERGE_H

#include "store/inside.h"

struct merge_way {
	struct statement *rows;
	uint64_t time_ms, id;      /* of its row that is next */
};

struct merge {
	struct day *day;
	struct merge_way *heap;    /* [0] is the newest */
	size_t count, size;
	bool is_begun;
};

/* Rows before BEFORE (all zero: all), and not of a time before NOT_BEFORE_MS. */
enum result merge_init(struct merge *merge, struct day *day, const struct store_seen *seen, struct store_place before, uint64_t not_before_ms) must_check;
void merge_done(struct merge *merge);
/* RESULT_END after the last one. */
enum result merge_next(struct merge *merge, struct store_place *out) must_check;

#endif
