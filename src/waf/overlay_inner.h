/* The insides of overlay.c and overlay_ask.c. */
#ifndef BOUCLIER_WAF_OVERLAY_INNER_H
#define BOUCLIER_WAF_OVERLAY_INNER_H

#include "base/hash.h"
#include "waf/overlay.h"
#include "waf/program.h"

#define OVERLAY_ROOT 0u
#define NO_NODE UINT32_MAX
/* Where an exact path ends there is one node more, below the last segment: no segment is empty or has a slash. */
#define END_PLAIN SPAN("")
#define END_SLASH SPAN("/")
#define PARAMETER_MAX 255u   /* longest name that a prefix is looked for in */

/* One exclusion, its rule resolved. */
struct excuse {
	struct excuse *next;             /* of its node, or of its slot */
	uint32_t number;                 /* among all */
	uint32_t node;
	const struct unit *const *units; /* starters */
	size_t unit_count;
	uint64_t methods;
	int64_t ends_ms;
	bool is_of_parameter;            /* by name, the request's parameters find it; otherwise it holds for the request */
	bool is_prefix;                  /* ... by what their names begin with */
	struct span parameter;
	const struct target *targets;    /* what is taken from the rules; NULL: the rules are not asked */
	unsigned target_count;
};

struct overlay_node {
	struct excuse *excuses;          /* for the whole request */
	bool has_parameters;             /* some are found by a parameter's name */
	uint64_t *prefixes;              /* bit by length: some by what it begins with; NULL: none */
	uint32_t star;                   /* NO_NODE: none */
	uint32_t parent;
	struct span segment;
};

struct waf_overlay {
	struct arena arena;
	const struct waf_rules *rules;
	enum engine_mode engine;
	uint64_t request_body_limit;
	enum limit_action request_body_action;
	bool response_bodies;
	enum audit_engine audit_engine;
	const struct waf_tx *tx;
	size_t tx_count;
	struct bag nodes;                /* struct overlay_node; the first is the root */
	struct hash_seed seed;
	uint32_t *children;              /* node + 1 by parent and segment */
	struct excuse **by_parameter;    /* by node and parameter */
	size_t slot_count;               /* of either; a power of two */
	uint32_t excuse_count;
	struct bag expressions;          /* struct regex *: what begins with a prefix */
};

static inline struct overlay_node *overlay_node(const struct waf_overlay *overlay, uint32_t number)
{
	return (struct overlay_node *)overlay->nodes.items + number;
}

/* How PATH, which begins with a slash, ends. */
static inline struct span overlay_end(struct span path)
{
	return path.len > 1 && path.at[path.len - 1] == '/' ? END_SLASH : END_PLAIN;
}

/* The child of PARENT for SEGMENT, not the star; NO_NODE. */
uint32_t overlay_child(const struct waf_overlay *overlay, uint32_t parent, struct span segment);
/* Excuses of NODE for PARAMETER, those of others among them. */
struct excuse **overlay_slot(const struct waf_overlay *overlay, uint32_t node, struct span parameter);

#endif
