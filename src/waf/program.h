/* Rules arranged for walking: steps of a phase in one array, transformations as a tree, equal lists of targets as one.
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

struct target_set {
	const struct target *targets;
	unsigned count;
	struct xml_path **paths;     /* one a target; NULL where there is none */
	const struct rule *rule;     /* one that has these targets */
	bool is_volatile;            /* its values may change within a phase */
};

struct unit {
	const struct rule *rule;
	struct unit *chained;
	uint32_t number;             /* among all units */
	uint32_t skip_to;            /* step behind the marker of skipAfter */
	uint16_t set;
	uint16_t node;               /* after all transformations */
	uint16_t *nodes;             /* after each; transform_count of them */
	bool has_phrases, has_bytes; /* without one of them there is no match */
	uint32_t bit;                /* in a scan's hits */
	struct byte_set bytes;
};

struct waf_rules {
	struct ruleset *ruleset;
	struct arena arena;
	struct unit **steps[PHASES];
	uint32_t step_count[PHASES];
	struct bag units;            /* struct unit *: all, chained ones too */
	struct bag nodes;            /* struct node */
	struct bag sets;             /* struct target_set */
	struct scanner *scanner;     /* NULL: no rule has phrases */
	size_t words;                /* of a scan's hits */
};

static inline const struct unit *unit_at(const struct waf_rules *rules, size_t index)
{
	return ((struct unit *const *)rules->units.items)[index];
}

#endif
