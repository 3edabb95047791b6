/* A rule while it may still change: its actions as a set that can be merged with another, as 2.9.7 merges them.
 */
#ifndef BOUCLIER_WAF_LANGUAGE_DRAFT_H
#define BOUCLIER_WAF_LANGUAGE_DRAFT_H

#include "waf/language/reader.h"

/* What a list of actions can say once; a bit of action_set.given each. */
enum part {
	PART_ID, PART_PHASE, PART_DISRUPTION, PART_STATUS, PART_PAUSE, PART_LOG, PART_AUDIT, PART_SEVERITY, PART_MATURITY,
	PART_ACCURACY, PART_MSG, PART_LOG_DATA, PART_REV, PART_VER, PART_SKIP, PART_SKIP_AFTER, PART_CHAIN, PART_CAPTURE,
	PART_MULTI_MATCH, PART_TAG,
};

struct transform_step {
	bool is_none;            /* t:none: forget those before */
	enum transform transform;
};

struct action_set {
	uint32_t given;          /* bits (enum part) */
	uint32_t id, skip;
	uint8_t phase, maturity, accuracy;
	int8_t severity;
	uint16_t status;
	enum disruption disruption;
	bool is_block, is_logged, is_audited;
	struct macro redirect, pause_ms, msg, log_data;
	struct span rev, ver, skip_after;
	struct place skip_place;
	struct bag transforms;   /* struct transform_step */
	struct bag tags;         /* struct macro */
	struct bag actions;      /* struct action */
	struct bag xmlns;        /* struct span */
};

static inline bool set_has(const struct action_set *set, enum part part)
{
	return set->given >> part & 1;
}

struct draft {
	struct place place;
	struct draft *next;      /* starters, actions and markers, in the order of the files */
	struct draft *chained;
	uint32_t number;         /* place in that order */
	bool is_action, is_marker, is_removed, is_negated;
	struct span label;
	struct bag targets;      /* struct target */
	enum operator_id operator_id;
	struct operator *operator;
	struct macro parameter;
	struct action_set set;   /* with the defaults merged in */
	enum disruption block_as;         /* what `block` means where this rule stands */
	struct macro block_redirect;
};

/* What an unsaid list of actions is: phase 2, log, auditlog, pass. */
void action_set_default(struct action_set *set);
/* CHILD's words over PARENT's: what can be said once is CHILD's where it said it; lists are joined. CHILD becomes the result. */
enum result action_set_merge(struct reader *reader, const struct action_set *parent, struct action_set *child) must_check;
/* Reads WORD's actions. Complains of all that is wrong in it. */
enum result action_set_read(struct reader *reader, const struct word *word, struct action_set *out) must_check;
/* The id in WORD, so that complaints can name the rule before its actions are read; 0: none. */
uint32_t action_id_peek(const struct word *word, struct arena *arena);

/* rule_read.c */
struct draft *draft_find(const struct reader *reader, uint32_t id);
/* What stands in the way of CHILD's actions in a rule that is chained to another; NULL: nothing. */
const char *chained_set_fault(const struct action_set *child);

/* finish.c: the drafts become the ruleset's rules. */
enum result drafts_finish(struct reader *reader) must_check;

#endif
