/* Targets of rules, of updates and of exceptions: "ARGS|!ARGS:foo|&TX:/^x/|XML:/\*".
 */
#ifndef BOUCLIER_WAF_LANGUAGE_TARGETS_H
#define BOUCLIER_WAF_LANGUAGE_TARGETS_H

#include "waf/language/reader.h"

/* What a target is read for. */
enum target_use {
	TARGETS_OF_RULE,     /* at least one that is not excluded */
	TARGETS_OF_UPDATE,   /* exclusions alone will do */
	TARGETS_TO_REMOVE,   /* of ctl:ruleRemoveTarget...: a name alone stands for all its values; no `!` or `&` */
};

/* WORD's text, or a part of it at OFFSET. OUT: struct target. All faults of the list are complained of. */
enum result targets_read(struct reader *reader, const struct word *word, struct span text, size_t offset, enum target_use use,
                         struct bag *out) must_check;

/* One of TARGETS, struct target, is not excluded. */
bool targets_have_included(const struct bag *targets);

/* A name that the variables of SecLang have, with the old HTTP_... for REQUEST_HEADERS:... taken apart; RESULT_NOT_FOUND.
 * SELECTOR is set only by such a name. */
enum result variable_read(struct span name, enum variable *out, struct span *selector) must_check;

#endif
