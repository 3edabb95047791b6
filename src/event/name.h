/* The members of a line that a query may ask for: a short alias, the full name, what its value is.
 *
 * Threads  constant
 */
#ifndef BOUCLIER_EVENT_NAME_H
#define BOUCLIER_EVENT_NAME_H

#include "base/span.h"

enum name_type {
	NAME_TEXT,
	NAME_NUMBER,
	NAME_NANOSECONDS, NAME_MICROSECONDS,  /* asked for as a duration: 500ms */
	NAME_ADDRESS,                         /* asked for as an address or a network */
	NAME_TIME,                            /* asked for as the front of RFC 3339, or as "-1h" */
};

struct name {
	struct span alias, full;
	enum name_type type;
	struct span inner;                    /* the member, when the value is a list of objects; empty otherwise */
};

/* ALIAS or full name; NULL when there is none. */
const struct name *name_find(struct span text);
/* All of them; COUNT of them. */
const struct name *name_list(size_t *count);

#endif
