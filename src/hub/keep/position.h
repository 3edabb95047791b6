/* Up to where the group was fed, as a document that is committed with the incidents.
 *
 * Shape    {"second", "detail", "detail_crc", "counts", "counts_crc", "next_id", "outside", "followed": [ids], "past": [{"second", "detail", ...}], "whole"}; those that were written before
 *          there was a "whole" are without
 * Errors   reading is strict: RESULT_MALFORMED, RESULT_LIMIT, RESULT_NO_MEMORY; OUT is untouched unless RESULT_OK
 * Threads  values
 */
#ifndef BOUCLIER_HUB_KEEP_POSITION_H
#define BOUCLIER_HUB_KEEP_POSITION_H

#include "base/buffer.h"
#include "hub/keep/keep.h"
#include "incident/group.h"
#include "store/follow.h"

struct position_mark {
	uint64_t second;                        /* the last one that is over */
	struct follow_mark at[STREAM_MAX];      /* the last line of each stream that was fed */
};

struct position {
	struct position_mark now;
	struct position_mark past[KEEP_MARKS];  /* of the minutes before, the oldest first */
	unsigned past_count;
	uint64_t next_id;
	uint64_t outside;                       /* keep_birth.outside */
	uint32_t whole;                         /* observe_whole */
	uint64_t followed[GROUP_INCIDENTS_MAX];
	unsigned followed_count;
};

/* A minute is over: remembers where it was. */
void position_mark(struct position *position);
enum result position_write(const struct position *position, struct buffer *out) must_check;
enum result position_read(struct span text, struct position *out) must_check;

#endif
