/* Releases of rules that an administrator installed, side by side in the folder `rules` beside the configuration.
 *
 * Shape    rules/NAME/..., and two links: `current`, which sites name as `ruleset: rules/current`, and `previous`
 * Limits   files as rule sets may be made of (edge/rules/rule_files.h); *.conf, *.data and *.example of DIR, DIR/rules and DIR/plugins
 * Owns     nothing between two calls: the folder is the state
 */
#ifndef BOUCLIER_CLI_RULES_STORE_H
#define BOUCLIER_CLI_RULES_STORE_H

#include <stdio.h>

#include "base/complaint.h"
#include "cli/loaded.h"

#define RULE_NAME_MAX 128u

struct rule_store {
	char folder[PATH_TEXT_MAX];
	char current[RULE_NAME_MAX], previous[RULE_NAME_MAX];  /* names; empty: none */
};

/* What is there now. EXIT_DONE, or what was said on stderr. */
int rule_store_open(struct rule_store *store, const char *config_path);
/* Copies DIR as NAME (of RULE_NAME_MAX bytes), which is told, and with it the crs-setup.conf of the current release where DIR has none.
 * EXIT_DONE, or what was said; then nothing is left of it. */
int rule_store_copy(const struct rule_store *store, const char *dir, char *name);
/* Takes a release away that no link means. */
void rule_store_remove(const struct rule_store *store, const char *name);
/* NAME becomes `current`, and what was that, `previous`; PREVIOUS_NAME empty: there is none. */
int rule_store_point(struct rule_store *store, const char *name, const char *previous_name);
/* A line for each release, current and previous marked. */
int rule_store_list(const struct rule_store *store, bool is_json);

#endif
