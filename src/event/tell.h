/* What the journal writes by itself: the lines of the counts stream, and the line that says what was lost.
 *
 * Shape    every number is a total since the memory of the counts was born ("bouclier.counts.since" names that birth), so
 *          that a line may be lost or come twice, and the sum still holds
 * Owns     nothing
 */
#ifndef BOUCLIER_EVENT_TELL_H
#define BOUCLIER_EVENT_TELL_H

#include "event/counts.h"
#include "event/format.h"

/* What the journal counts of itself, in memory that outlives it; written by its thread only. X(ID, "name") */
#define TALLY_LIST(X) \
	X(DETAIL_LINES, "written.detail") \
	X(COUNTS_LINES, "written.counts") \
	X(BYTES, "written.bytes") \
	X(LOST_DISK, "lost.disk")                 /* lines in segments dropped because the budget was used up */ \
	X(LOST_TORN, "lost.torn")                 /* damaged or torn lines found at a start */ \
	X(SEGMENTS_DROPPED, "segments.dropped") \
	X(SEGMENTS_EXPIRED, "segments.expired")   /* older than log.keep */ \
	X(WRITE_ERRORS, "errors.write") \
	X(FSYNC_ERRORS, "errors.fsync")

enum tally_index {
#define X(id, name) TALLY_##id,
	TALLY_LIST(X)
#undef X
	TALLY_COUNT,
};

struct tally {
	uint64_t magic;
	uint32_t version, id;
	_Atomic uint64_t numbers[TALLY_COUNT];
	_Atomic uint64_t told_lost;               /* the sum of losses that the last such line stated */
};

void tally_adopt(struct tally *tally, bool *is_new);
struct span tally_name(enum tally_index index);

/* Losses, summed over rings and tally. */
struct losses {
	uint64_t ring_full, ring_damaged, disk, torn;
};
static inline uint64_t losses_sum(const struct losses *losses)
{
	return losses->ring_full + losses->ring_damaged + losses->disk + losses->torn;
}

/* Each writes the front part of a line, without its closing brace, to OUT of FORMAT_MAX, and returns its length. */
size_t tell_site(struct format *format, uint64_t wall_ns, uint32_t since, const struct counts_total *total, char *out);
size_t tell_journal(struct format *format, uint64_t wall_ns, const struct counts_view *view, const struct tally *tally,
                    const struct losses *losses, char *out);
size_t tell_losses(struct format *format, uint64_t wall_ns, const struct losses *losses, uint64_t told, char *out);

#endif
