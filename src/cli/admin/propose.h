/* What `bouclier rules tune` proposes: of each place where a rule hit ordinary visitors, the exclusion; and the YAML of those that are not
 * in the file yet.
 *
 * Shape    one rule, path, method, parameter. Where PROPOSE_RULES rules about text (attack-xss, attack-sqli, attack-rce, attack-lfi,
 *          attack-injection-php) hit one parameter, people write there what looks like that, and next week another rule of the same kind
 *          will hit it: then one exclusion for each kind that did, in that parameter of that path by that method. Never for a whole request
 * Units    now_ms: wall clock
 * Owns     texts point into the proposal itself, VIEW, and SITE's rules: a proposal stays where it was made
 *
 * Security: these are proposals, which a person reads and pastes; nothing is excused by them.
 */
#ifndef BOUCLIER_CLI_ADMIN_PROPOSE_H
#define BOUCLIER_CLI_ADMIN_PROPOSE_H

#include "cli/explain/explained.h"
#include "edge/hits.h"
#include "edge/plan.h"
#include "event/mask.h"

#define PROPOSE_RULES 3u

struct proposal {
	const struct hits_told *told;
	struct explained_rule rule;
	char target[MASK_TEXT_MAX];
	bool is_wanted;                  /* enough different visitors were refused */
	const char *why;                 /* why there is no exclusion; NULL: there is */
	struct exclusion exclusion;
	bool is_excused;                 /* the file has it, or a wider one */
	struct span kind;                /* of the rule: one of those above; empty: of no such */
};

/* OUT has room for VIEW->count, in its order. MANY: from how many refused visitors on an exclusion is wanted. */
void propose(const struct edge_site *site, const struct hits_view *view, unsigned many, int64_t now_ms, struct proposal *out);
/* Those that are wanted and not excused, as a block under `waf:`; nothing when there are none. */
enum result propose_write(const struct proposal *list, unsigned count, struct buffer *yaml) must_check;

#endif
