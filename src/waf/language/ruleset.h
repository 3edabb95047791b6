/* Reads rule files (SecLang) into rules and settings, or says everything that is wrong with them.
 *
 * The walk of a file: text.c cuts lines into directives and words; directive.c knows every directive; item.c cuts the words
 * of a rule; targets.c, operation.c, actions.c (with ctl.c, setvar.c, macro.c) read them into a draft (draft.h); update.c
 * applies removals and updates to the drafts read so far, as 2.9.7 does; finish.c turns what is left into struct rule.
 *
 * Source   ModSecurity 2.9.7 and its reference manual; docs/waf/seclang.md says where we are stricter
 * Limits   TEXT_BYTES_MAX a file, RULES_MAX rules, TEXTS_MAX files, INCLUDE_DEPTH_MAX and BLOCK_DEPTH_MAX of nesting
 * Owns     a ruleset owns its arena, operators and expressions; texts need to live no longer than the call
 * Threads  a ruleset is immutable once read
 *
 * Security, fails closed: one error anywhere and there is no ruleset. A broken rule never becomes a weaker one.
 */
#ifndef BOUCLIER_WAF_LANGUAGE_RULESET_H
#define BOUCLIER_WAF_LANGUAGE_RULESET_H

#include "waf/language/bag.h"
#include "waf/language/names.h"
#include "waf/language/settings.h"
#include "waf/rule.h"

#define TEXT_BYTES_MAX (4 * 1024 * 1024)
#define TEXTS_MAX 1000
#define INCLUDE_DEPTH_MAX 16
#define BLOCK_DEPTH_MAX 16
#define RULES_MAX 50000

struct language_ports {
	void *context;
	/* Text number INDEX (from 0) of those that PATTERN names, a path or a glob relative to FROM's folder, in the order of
	 * their names. RESULT_NOT_FOUND: there are no more. */
	enum result (*text_find)(void *context, struct span from, struct span pattern, size_t index, struct span *name,
	                         struct span *text);
};

struct language_birth {
	const struct language_ports *ports;
	const struct operator_ports *operator_ports;
	struct complaints *complaints;
	size_t limit_bytes;          /* of the ruleset's arena */
};

struct ruleset {
	struct arena arena;
	struct rule *first;          /* in the order of the files, markers too */
	size_t starters, chained, actions, markers;   /* how many: SecRule, their chained ones (of either kind), SecAction, SecMarker */
	uint32_t removals;           /* how many ctl take rules or targets away */
	struct settings settings;
	struct names names;          /* of TX */
	struct operator_limits operator_limits;
	struct bag operators;        /* struct operator * */
	struct bag expressions;      /* struct regex * */
};

/* The rules of the text called NAME and of all it includes. RESULT_MALFORMED, RESULT_LIMIT, RESULT_NO_MEMORY: complaints say
 * why, all errors of the load at once. */
enum result ruleset_read(const struct language_birth *birth, struct span name, struct ruleset **out) must_check;
void ruleset_free(struct ruleset *ruleset);

#endif
