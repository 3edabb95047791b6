/* A value that changes here and there: a copy is made when something changes for the first time, and never otherwise.
 *
 * Changes come from left to right and do not overlap; what lies between them is kept.
 *
 * Limits   the output is at most MAX_BYTES, which whoever begins must have reckoned
 * Owns     the copy lies in the arena
 */
#ifndef BOUCLIER_WAF_EDIT_H
#define BOUCLIER_WAF_EDIT_H

#include "base/arena.h"

struct edit {
	struct span in;
	struct arena *arena;
	size_t max_bytes;
	char *out;          /* NULL: nothing changed yet */
	size_t len;         /* of OUT */
	size_t kept;        /* IN up to here is in OUT, changed or not */
	bool is_broken;     /* no memory; remembered until the end */
};

static inline struct edit edit_make(struct span in, size_t max_bytes, struct arena *arena)
{
	return (struct edit){ .in = in, .arena = arena, .max_bytes = max_bytes };
}

/* IN from FROM to before TO becomes TEXT. TEXT that is what stood there is no change. */
void edit_replace(struct edit *edit, size_t from, size_t to, const char *text, size_t len);

static inline void edit_byte(struct edit *edit, size_t from, size_t to, unsigned char byte)
{
	char text = (char)byte;

	edit_replace(edit, from, to, &text, 1);
}

static inline void edit_drop(struct edit *edit, size_t from, size_t to)
{
	edit_replace(edit, from, to, "", 0);
}

/* OUT is the same span as IN when nothing changed. RESULT_NO_MEMORY. */
enum result edit_end(struct edit *edit, struct span *out) must_check;

#endif
