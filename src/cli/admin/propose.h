/* What `bouclier rules tune` proposes: of each place where a rule hit ordinary visitors, the exclusion; and the YAML of those that are not
 * in the file yet.
 *
 * Shape    one rule, that very path, method, parameter. Where PROPOSE_RULES rules about text (propose_kinds) hit one parameter, people
 *          write there what looks like that, and next week another rule will hit it: then one exclusion for each kind of which
 *          PROPOSE_OF_KIND did, in that parameter of that path by that method, and above it what goes on watching there. A rule that is
 *          alone of its kind does not take the kind with it. Never a kind for a whole request, or for a path that has no word of its own
 * Units    now_ms: wall clock
 * Owns     texts point into the proposal itself, VIEW, and SITE's rules: a proposal stays where it was made
 *
 * Security: these are proposals, which a person reads and pastes; nothing is excused by them.
 */
#ifndef BOUCLIER_CLI_ADMIN_PROPOSE_H
#define BOUCLIER_CLI_ADMIN_PROPOSE_H

#include "event/explain/explained.h"
#include "edge/hits/hits.h"
#include "edge/sites/plan.h"
#include "event/mask.h"

#define PROPOSE_RULES 3u
#define PROPOSE_OF_KIND 2u
#define PROPOSE_KINDS 5u

/* Kinds of attack that prose, code and markup look like: tags of rules. */
extern const struct span propose_kinds[PROPOSE_KINDS];

struct proposal {
	const struct hits_told *told;
	struct explained_rule rule;
	char target[MASK_TEXT_MAX];
	bool is_wanted;                  /* enough different visitors were refused */
	const char *why;                 /* why there is no exclusion; NULL: there is */
	struct exclusion exclusion;
	bool is_excused;                 /* the file has it, or a wider one */
	struct span kind;                /* of the rule: one of propose_kinds; empty: of no such */
};

/* OUT has room for VIEW->count, in its order. MANY: from how many refused visitors on an exclusion is wanted. */
void propose(const struct edge_site *site, const struct hits_view *view, unsigned many, int64_t now_ms, struct proposal *out);
/* Those that are wanted and not excused, as a block under `waf:`; nothing when there are none. */
enum result propose_write(const struct edge_site *site, const struct proposal *list, unsigned count, int64_t now_ms, struct buffer *yaml) must_check;

/* The same path, method and parameter. */
bool proposal_is_same_place(const struct exclusion *one, const struct exclusion *other);
/* LIST[INDEX] is proposed, as a rule or as one of its kind. */
bool proposal_is_written(const struct proposal *list, unsigned index);
/* ... as one of its kind: PROPOSE_OF_KIND of them, of PROPOSE_RULES about text, hit its place. */
bool proposal_is_of_kind(const struct proposal *list, unsigned count, unsigned index);

#endif
