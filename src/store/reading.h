/* A journal that is being read into a store: shared by reading.c, place.c, take.c and ingest.c, nobody else. */
#ifndef BOUCLIER_STORE_READING_H
#define BOUCLIER_STORE_READING_H

#include "store/count_line.h"
#include "store/inside.h"

struct side {
	struct follow follow;
	struct cursor saved, now;    /* as committed; with what this batch has read */
};

struct store_journal {
	struct store *store;
	uint32_t source;
	struct side sides[STREAM_MAX];
	struct latest latest;
	struct row_space space;
	struct count_line before, line;
	/* Days that have rows behind the cursor, up to this sequence: of a commit that was cut off, or of the epoch before. */
	int64_t *suspects;
	size_t suspect_count;
	uint64_t suspect_until;
};

/* Where SIDE reads on, in transactions of its own: before the batch. RESULT_MORE: there is no journal now. */
enum result reading_place(struct store_journal *journal, struct side *side, uint64_t wall_ms, struct store_ingested *out) must_check;
/* Files or adds up the line that the side of the stream stands at. RESULT_LIMIT: it is of a day more than a batch may have. */
enum result reading_take_detail(struct store_journal *journal, uint64_t wall_ms, struct store_ingested *out) must_check;
enum result reading_take_counts(struct store_journal *journal, uint64_t wall_ms, struct store_ingested *out) must_check;

#endif
