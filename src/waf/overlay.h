/* What one site makes of a rule set that many share: its mode, first values of TX, limits, and what is excused from which rules.
 * Rules are compiled once; an overlay is made of them in microseconds, and asked by requests at the cost of what applies.
 *
 * Exclusions lie in a tree of path segments; each node has a list of what holds for a whole request, and a table by parameter,
 * so that a request meets those only whose path, method and parameter are its own.
 *
 * Limits   paths of OVERLAY_DEPTH_MAX segments; parameters of 255 bytes
 * Owns     an overlay owns copies of all texts; RULES must outlive it
 * Threads  immutable once made
 *
 * Security, fails closed: a path that origins may read in two ways (dots, "//", ";", "\", %2f ...) has no exclusion but those
 * that hold everywhere; one that is exact never does, not for "/" either. A slash at the end is part of an exact path: what one
 * origin takes for the same page is another page to the next.
 */
#ifndef BOUCLIER_WAF_OVERLAY_H
#define BOUCLIER_WAF_OVERLAY_H

#include "waf/waf.h"

#define OVERLAY_DEPTH_MAX 64u

struct waf_tx {
	struct span name, value;
};

struct waf_exclusion {
	uint32_t first, last;        /* ids; both 0: those that have TAG */
	struct span tag;
	struct span path;            /* a prefix by whole segments, "*" is any one; empty: everywhere */
	bool is_exact;               /* that very path and nothing below it; PATH is not empty */
	uint64_t methods;            /* bit per enum method; 0: any */
	struct span parameter;       /* empty: the rules are not asked at all. A variable's name in capitals, with or without ":selector", or a
	                              * parameter's name: then its name and value, in the query or the body. A "*" at the end: all that
	                              * begin so */
	int64_t ends_ms;             /* wall clock: holds no more from here on; 0: for good */
};

struct waf_overlay_birth {
	const struct waf_rules *rules;
	enum engine_mode engine;     /* instead of SecRuleEngine */
	uint64_t request_body_limit;
	enum limit_action request_body_action;
	bool response_bodies;
	enum audit_engine audit_engine;  /* instead of SecAuditEngine */
	const struct waf_tx *tx;
	size_t tx_count;
	const struct waf_exclusion *exclusions;
	size_t exclusion_count;
};

/* What an exclusion means is nothing that the rules have: told, so that somebody can mend it. */
struct waf_overlay_ear {
	void *context;
	void (*no_rule)(void *context, size_t exclusion);
};

/* RESULT_LIMIT: a path has too many segments. RESULT_NO_MEMORY. */
enum result waf_overlay_new(const struct waf_overlay_birth *birth, const struct waf_overlay_ear *ear, struct waf_overlay **out) must_check;
void waf_overlay_free(struct waf_overlay *overlay);

/* Do RULES ask for TX:NAME (any case)? An option that no rule asks for changes nothing. */
bool waf_rules_ask_tx(const struct waf_rules *rules, struct span name);
/* Do RULES want an audit log (SecAuditEngine)? */
bool waf_rules_ask_audit(const struct waf_rules *rules);
/* Where a SecAction sets TX:NAME, whatever was there before; NULL: none does. */
const struct rule *waf_rules_set_tx(const struct waf_rules *rules, struct span name);
/* The first rule with this operator, whose file is not below FOLDER (empty: of any file); NULL: there is none. */
const struct rule *waf_rules_with(const struct waf_rules *rules, enum operator_id id, struct span folder);

#endif
