/* Values, and what transformations make of them. This header is for src/waf/ itself.
 *
 * A form is looked at once, and what comes of it is kept with it; a reach is the same of all values of a source, side by side;
 * a group is the reaches of a rule's targets. Whatever leads to the same form, or reach, shares what comes behind it.
 *
 * Owns     all of it lies in a transaction's arena
 * Threads  one at a time
 */
#ifndef BOUCLIER_WAF_FORM_H
#define BOUCLIER_WAF_FORM_H

#include "waf/program.h"

/* One form of a value, looked at once. What transformations make of it is kept: equal forms are one struct computed. */
struct computed {
	struct span bytes;
	bool is_scanned;
	uint32_t refused_by;         /* 1 + the number of the unit that was last asked of it and did not match; 0: none */
	struct traits traits;
	uint64_t unchanged;          /* transformations (bit by enum transform) that are known to leave it as it is */
	struct computed *steps;      /* what others made of it */
	struct computed *next;       /* another that was made of the same */
	enum transform transform;    /* what made it */
};

/* Short texts that are the same share their forms. */
struct pair {
	struct pair *next;
	struct computed *name, *value;
};

struct pairs {
	struct pair *first, **last;
	unsigned count;
	uint64_t bytes;
};

/* A value that a target means. */
struct value {
	enum variable variable;
	bool is_count;
	struct span key;
	struct computed *raw;
};

struct values {
	struct value *list;
	unsigned count, room;
};

/* All values of a source after the same transformations; as a tree, like their forms. */
struct reach {
	const struct value *values;
	struct computed **forms;     /* one a value */
	unsigned count;
	const struct traits *traits; /* of all together; NULL: not looked at */
	const struct traits *blocks; /* of REACH_BLOCK values each; NULL: there are not that many */
	uint64_t unchanged;
	struct reach *steps, *next;
	enum transform transform;
};

#define REACH_BLOCK 16

/* What a source was found to hold. */
struct sourced {
	uint8_t phase;               /* in which it was looked up; 0: not yet */
	struct values values;
	struct reach *reach;         /* of the values as they came; NULL: not asked */
};

/* All values of a group. */
struct grouped {
	const struct traits *traits; /* NULL: not looked at */
	struct reach **parts;        /* one a source */
};

/* In place; its traits are not cleared, as long as it is not scanned. */
static inline void computed_start(struct computed *computed, struct span bytes)
{
	computed->bytes = bytes;
	computed->is_scanned = false;
	computed->refused_by = 0;
	computed->unchanged = 0;
	computed->steps = computed->next = NULL;
	computed->transform = TRANSFORM_COUNT;
}

/* Can UNIT match what has TRAITS at all? */
static inline bool may_match(const struct unit *unit, const struct traits *traits)
{
	return (!unit->has_phrases || traits->hits[unit->bit >> 6] >> (unit->bit & 63) & 1) &&
	       byte_needs_met(&unit->bytes, &traits->bytes);
}

#endif
