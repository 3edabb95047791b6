/* What differs between two texts, line by line, as people read it (diff -u): for configurations.
 *
 * Shape    "--- A", "+++ B", then hunks with three lines around each change; nothing at all when the texts are equal. A last line without its end is
 *          followed by "\ No newline at end of file"
 * Limits   the shortest script of changes up to DIFF_EDITS_MAX of them; texts that differ more are shown as all of one, then all of the other, between
 *          their common beginning and end
 * Owns     nothing
 * Threads  pure
 * Source   E. Myers, An O(ND) Difference Algorithm and Its Variations, Algorithmica 1986
 */
#ifndef BOUCLIER_EVENT_HISTORY_DIFF_H
#define BOUCLIER_EVENT_HISTORY_DIFF_H

#include "base/buffer.h"

#define DIFF_EDITS_MAX 1000u

struct diff_side {
	struct span name, text;
};

/* Appends to OUT. RESULT_LIMIT: OUT's maximum; RESULT_NO_MEMORY. */
enum result diff_write(const struct diff_side *a, const struct diff_side *b, struct buffer *out) must_check;

#endif
