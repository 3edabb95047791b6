/* Which segments must go: those that are too old, and the oldest of detail when the disk budget is used up.
 *
 * Limits   counts are never dropped for space; the newest segment of a stream always stays
 * Threads  the journal's
 */
#ifndef BOUCLIER_EVENT_PRUNE_H
#define BOUCLIER_EVENT_PRUNE_H

#include "event/segment.h"

struct prune_outcome {
	uint64_t dropped, dropped_lines;  /* for space */
	uint64_t expired;                 /* for age */
};

/* A folder that cannot be read changes nothing: the next call tries again. */
void prune_segments(int folder_fd, uint64_t disk_bytes, uint64_t keep_ms, uint64_t wall_ns, struct prune_outcome *out);

#endif
