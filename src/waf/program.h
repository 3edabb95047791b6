/* Rules arranged for walking: steps of a phase in one array, transformations as a tree, equal targets and equal lists of targets
 * as one.
 *
 * Owns     all of it lies in the arena of struct waf_rules, but for paths of XML
 * Threads  immutable
 */
#ifndef BOUCLIER_WAF_PROGRAM_H
#define BOUCLIER_WAF_PROGRAM_H

#include "waf/body/xml.h"
#include "waf/prefilter/scanner.h"
#include "waf/waf.h"

#define PHASES 6             /* 1..5 */
#define NO_STEP UINT32_MAX

/* A transformation behind another one. Node 0 is the value as it came. */
struct node {
	uint16_t parent;
	enum transform transform;
};

/* A target that one or more rules look at. */
struct source {
	const struct target *target;
	struct xml_path *path;       /* NULL: it is no path */
	const struct rule *rule;     /* one that has it: a path's namespaces are that rule's */
	const uint16_t *slots;       /* TX:/expression/: those names of the rules that it means */
	unsigned slot_count;
	bool is_volatile;            /* its values may change within a phase */
};

/* The targets of a rule. */
struct target_set {
	const struct target *targets;
	unsigned count;
	const uint16_t *sources;     /* those that are no exclusions, in their order */
	unsigned source_count;
	bool is_volatile, has_exclusions;
	const struct rule *rule;     /* one that has these targets */
};

/* A set after the same transformations: what its values hold together is asked for all its rules at once. */
struct group {
	uint16_t set, node;
	uint16_t parent;             /* before the last transformation; of node 0 itself */
	bool is_looked_at;           /* by a rule that is filtered */
};

enum unit_kind {
	UNIT_MARKER,
	UNIT_ACTION,
	UNIT_NUMBERED,   /* TX:name or &TX:name, and nothing else */
	UNIT_VOLATILE,   /* other values that may change within a phase */
	UNIT_GROUPED,
};

/* What the walk needs of a rule lies here, in two lines of a processor's cache; the rest is asked of rules that match. */
struct unit {
	const struct rule *rule;
	const struct operator *operator;
	struct unit *chained;
	uint8_t kind;                /* enum unit_kind */
	bool is_filtered;            /* GROUPED: without one of the phrases, or one of the bytes, there is no match */
	bool has_phrases;
	bool is_negated, captures, is_multi_match, skips, has_macro, is_rbl, is_geo;
	uint16_t set, node;          /* the node after all transformations */
	uint16_t group;              /* GROUPED: after all transformations */
	uint16_t slot;               /* NUMBERED */
	uint16_t group_count;
	uint32_t bit;                /* in a scan's hits */
	uint32_t number;             /* among all units */
	uint32_t skip_to;            /* step behind the marker of skipAfter */
	struct byte_needs bytes;
	uint16_t *groups;            /* GROUPED: those whose values are asked: with multiMatch one for each form, otherwise one */
	uint16_t *nodes;             /* after each transformation; transform_count of them */
};

/* What is asked of a rule first, side by side in memory: most rules are left with that. */
enum step_check {
	CHECK_NOTHING,
	CHECK_NUMBER,    /* TX:name or &TX:name against a number */
	CHECK_GROUP,     /* does a value of the group hold what it needs? */
	CHECK_FORMS,     /* the same of several groups: multiMatch */
};

struct step {
	struct unit *unit;
	uint32_t number;             /* of the unit */
	uint16_t slot, group;
	uint8_t check;               /* enum step_check */
	bool is_count, is_negated;
	struct comparison comparison;
};

/* What a text holds: its bytes, and the rules of which it has a phrase. */
struct traits {
	struct byte_set bytes;
	uint64_t *hits;
};

/* A ctl that takes rules or targets away, and from whom. */
struct removing {
	const struct ctl *ctl;
	uint64_t *units;             /* a bit for each unit that it means */
};

struct waf_rules {
	struct ruleset *ruleset;
	struct arena arena;
	struct step *steps[PHASES];
	uint32_t step_count[PHASES];
	struct bag units;            /* struct unit *: all, chained ones too */
	struct bag nodes;            /* struct node */
	struct bag sources;          /* struct source */
	struct bag sets;             /* struct target_set */
	struct bag groups;           /* struct group */
	struct scanner *scanner;     /* NULL: no rule has phrases */
	size_t words;                /* of a scan's hits */
	struct removing *removing;   /* by ctl.removal */
	bool looks_at[VARIABLE_COUNT];   /* a rule has it as a target: what is dear to keep is kept then only */
	struct traits nothing;       /* of no text at all */
};

/* What arranging needs; not for others. */
struct arranging {
	struct waf_rules *rules;
	struct complaints *complaints;
	struct operator_scratch *scratch;
	struct bag entries;          /* struct scanner_entry */
};

/* program_targets.c: the set of RULE's targets. RESULT_LIMIT, RESULT_NO_MEMORY; RESULT_MALFORMED, and a complaint. */
enum result set_find(struct arranging *arranging, const struct rule *rule, uint16_t *out) must_check;
/* program_filter.c: what a value must hold for UNIT's operator to match. */
enum result filter_take(struct arranging *arranging, struct unit *unit) must_check;
/* program_ctl.c: from whom each ctl takes something away; once all units are there. */
enum result removals_take(struct arranging *arranging) must_check;

/* USE is called for each unit that CTL means; what it answers but RESULT_OK ends it. */
typedef enum result removal_use(void *context, const struct unit *unit, const struct ctl *ctl);
enum result removal_each(const struct waf_rules *rules, const struct ctl *ctl, removal_use *use, void *context) must_check;

static inline const struct unit *unit_at(const struct waf_rules *rules, size_t index)
{
	return ((struct unit *const *)rules->units.items)[index];
}

static inline const struct target_set *set_at(const struct waf_rules *rules, size_t index)
{
	return (const struct target_set *)rules->sets.items + index;
}

static inline const struct source *source_at(const struct waf_rules *rules, size_t index)
{
	return (const struct source *)rules->sources.items + index;
}

#endif
