/* A rule as the language gives it to the engine: read, checked, its operator compiled; not yet arranged for speed.
 *
 * Owns     everything lies in the ruleset's arena; operators and expressions are freed with the ruleset
 * Threads  immutable once loaded
 */
#ifndef BOUCLIER_WAF_RULE_H
#define BOUCLIER_WAF_RULE_H

#include "waf/operator/operator.h"
#include "waf/transform/transform.h"
#include "waf/variable.h"

struct regex;  /* operator/regex.h */

/* Text with %{...} in it, cut once. */
struct macro_piece {
	struct span text;            /* before the reference */
	bool has_reference;
	enum variable variable;
	struct span selector;        /* as written; empty: the whole variable */
	uint16_t slot;               /* TX: the number of its name (language/names.h); 0: it has none */
};

struct macro {
	struct span text;            /* as written */
	const struct macro_piece *pieces;
	unsigned count;              /* 0: no reference in it; `text` is all */
};

enum selector_kind { SELECTOR_NONE, SELECTOR_NAME, SELECTOR_REGEX, SELECTOR_XPATH };

struct target {
	enum variable variable;
	enum selector_kind kind;
	struct span selector;        /* SELECTOR_NAME: any case */
	struct regex *regex;
	uint16_t slot;               /* TX:name: the number of its name; 0: it has none */
	bool is_count;               /* &ARGS */
	bool is_excluded;            /* !ARGS:foo */
};

enum disruption { DISRUPT_UNSET, DISRUPT_PASS, DISRUPT_BLOCK, DISRUPT_DENY, DISRUPT_DROP, DISRUPT_REDIRECT, DISRUPT_ALLOW, DISRUPT_ALLOW_PHASE, DISRUPT_ALLOW_REQUEST };

enum setvar_kind { SETVAR_ASSIGN, SETVAR_ADD, SETVAR_SUBTRACT, SETVAR_UNSET };

/* The kind is told by what is written: a sign that comes out of a macro is text (2.9.7). */
struct setvar {
	enum setvar_kind kind;
	enum variable collection;    /* TX or a stored one; not for SETENV */
	struct macro name, value;    /* value "1" where none is written */
	uint16_t slot;               /* TX: the number of a name without macros; 0: it has none */
};

enum ctl_kind {
	CTL_AUDIT_ENGINE, CTL_AUDIT_LOG_PARTS, CTL_DEBUG_LOG_LEVEL, CTL_FORCE_REQUEST_BODY_VARIABLE, CTL_REQUEST_BODY_ACCESS, CTL_REQUEST_BODY_LIMIT,
	CTL_REQUEST_BODY_PROCESSOR, CTL_RESPONSE_BODY_ACCESS, CTL_RESPONSE_BODY_LIMIT, CTL_RULE_ENGINE, CTL_RULE_REMOVE_BY_ID,
	CTL_RULE_REMOVE_BY_MSG, CTL_RULE_REMOVE_BY_TAG, CTL_RULE_REMOVE_TARGET_BY_ID, CTL_RULE_REMOVE_TARGET_BY_MSG,
	CTL_RULE_REMOVE_TARGET_BY_TAG, CTL_HASH_ENGINE, CTL_HASH_ENFORCEMENT, CTL_PARSE_XML_INTO_ARGS,
};

struct id_range { uint32_t from, to; };

struct ctl {
	enum ctl_kind kind;
	struct span value;           /* as written, before ';' */
	uint64_t number;             /* a limit; a switch: 0, 1; RULE_ENGINE, AUDIT_ENGINE, PARSE_XML_INTO_ARGS: of language/settings.h */
	const struct id_range *ids;  /* ..._BY_ID: in any of these */
	unsigned id_count;
	struct regex *regex;         /* ..._BY_TAG, ..._BY_MSG: 2.9.7 takes these as expressions */
	const struct target *targets;
	unsigned target_count;
	uint32_t removal;            /* ..._REMOVE_...: its number among them, below ruleset.removals */
};

enum action_kind { ACTION_SETVAR, ACTION_CTL, ACTION_INITCOL, ACTION_SETSID, ACTION_SETUID, ACTION_SETRSC, ACTION_EXPIREVAR,
                   ACTION_DEPRECATEVAR, ACTION_SETENV, ACTION_SANITISE, ACTION_PREPEND, ACTION_APPEND };

enum sanitise_kind { SANITISE_ARG, SANITISE_MATCHED, SANITISE_MATCHED_BYTES, SANITISE_REQUEST_HEADER, SANITISE_RESPONSE_HEADER };

/* What a match does, in the order of the rule. */
struct action {
	enum action_kind kind;
	struct setvar setvar;        /* SETVAR; EXPIREVAR (seconds), DEPRECATEVAR ("60/300"), SETENV: name and value */
	struct ctl ctl;
	enum variable collection;    /* INITCOL */
	enum sanitise_kind sanitise;
	struct macro text;           /* the rest: what is written behind ':', of INITCOL behind '=' */
};

struct rule {
	struct place place;          /* of the directive */
	uint32_t id;                 /* 0: none was given (a child of a chain) */
	uint8_t phase;               /* 1..5; 0: a marker, which stands in every phase */
	bool is_action;              /* SecAction: matches always, has no target, no operator */
	bool is_marker;              /* SecMarker, or the end of a rule that is skipped to by its id: `msg` holds its label */
	bool is_negated, captures, is_multi_match;

	const struct target *targets;
	unsigned target_count;
	enum operator_id operator_id;
	struct operator *operator;
	struct macro parameter;      /* of the operator */
	const enum transform *transforms;
	unsigned transform_count;

	enum disruption disruption;  /* never UNSET nor BLOCK: what `block` means, and what is inherited, is resolved */
	bool is_block;               /* the rule said `block` */
	uint16_t status;             /* resolved: 403, or of a redirect 302, where none is given */
	struct macro redirect;
	struct macro pause_ms;       /* a number, or a macro that becomes one; empty: no pause */
	bool is_logged, is_audited;
	int8_t severity;             /* 0..7; -1: none */
	uint8_t maturity, accuracy;
	struct macro msg, log_data;
	struct span rev, ver;
	const struct macro *tags;
	unsigned tag_count;
	const struct action *actions;
	unsigned action_count;
	uint32_t skip;
	struct span skip_after;      /* the label of a marker further down */
	const struct span *xmlns;    /* "prefix=uri" */
	unsigned xmlns_count;

	struct rule *chained;        /* the next of the chain; NULL: the last */
	struct rule *next;           /* in the order of the files; chained ones are not in it */
};

#endif
