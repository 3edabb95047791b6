/* A rule set: what `ruleset` names, read, compiled once, and shared by all sites, threads and snapshots that use it.
 *
 * Owns     counted: born with one holder; rule_set_hold and rule_set_drop are atomic
 * Threads  a rule set is immutable; reading one is for one thread at a time
 */
#ifndef BOUCLIER_EDGE_RULE_SET_H
#define BOUCLIER_EDGE_RULE_SET_H

#include "edge/rules/rule_files.h"
#include "net/digest.h"
#include "waf/waf.h"

struct rule_set {
	unsigned holders;
	struct waf_rules *rules;
	struct operator_ports ports;      /* the rules' */
	unsigned char digest[DIGEST_LEN]; /* of every byte that it was made of */
};

/* Reads RULESET (RULESET_CRS, or an absolute path) for ASKER. RESULT_OK: OUT has one holder; warnings may have been added.
 * Anything else: complaints say what is wrong, all of it at once. */
enum result rule_set_read(const struct rule_asker *asker, struct span ruleset, struct rule_set **out) must_check;
void rule_set_hold(struct rule_set *set);
void rule_set_drop(struct rule_set *set);

/* Whose a rule set is: TENANT's where it lies in a folder of it; otherwise the administrator's (`defaults` gave it, or it is crs). */
const struct config_tenant *rule_set_tenant(const struct config_tenant *tenant, struct span ruleset);

#endif
