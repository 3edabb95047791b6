/* The words of `bouclier rules` that ask the running shield about its sites.
 *
 * Shape    OPTIONS' first argument is the word itself; exit codes as command.h has them
 * Owns     nothing
 */
#ifndef BOUCLIER_CLI_RULES_TUNE_H
#define BOUCLIER_CLI_RULES_TUNE_H

#include "cli/options.h"

/* tune [SITE] */
int rules_tune(const struct options *options);
/* enforce SITE RULE */
int rules_enforce(const struct options *options);
/* graduate SITE [--undo | --again] */
int rules_graduate(const struct options *options);

/* For a person: REPLY is the shield's answer of 200. */
typedef int (*rules_print)(const struct options *options, struct span reply);
/* POSTs BODY to PATH of the shield's admin socket; with --output json its answer is printed as it is, else PRINT has it. */
int rules_ask(const struct options *options, const char *path, const struct buffer *body, rules_print print);

#endif
