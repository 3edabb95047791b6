/* Rules as `check` sees them: each set that a site names is read and compiled once, everything wrong with it is told, and all
 * texts are kept for the image that the edge builds from.
 *
 * Owns     rule sets and texts, until rule_check_done
 * Threads  one at a time
 */
#ifndef BOUCLIER_CLI_RULES_CHECK_H
#define BOUCLIER_CLI_RULES_CHECK_H

#include "edge/rules/rule_set.h"
#include "edge/rules/waf_settings.h"
#include "config/snapshot.h"
#include "process/image.h"

struct rule_check_entry;

struct rule_check {
	struct rule_files files, previous;
	struct rule_check_entry *first;
	unsigned count;
	const struct config_tenant *gone_back;   /* the last tenant that broke */
	const struct waf_settings *last;         /* checked: sites that write nothing share them */
	const struct config_tenant *last_tenant;
};

/* PREVIOUS: the last good image, for tenants that break; empty: none. RESULT_LIMIT, RESULT_NO_MEMORY. */
enum result rule_check_init(struct rule_check *rules, const struct image *previous) must_check;
void rule_check_done(struct rule_check *rules);
/* The rules of one site and its routes. */
void rule_check_site(struct rule_check *rules, const struct site_question *question);
/* The set that SETTINGS of SITE name. NULL: it was not read, or is broken, or no rule is asked. */
struct rule_set *rule_check_find(const struct rule_check *rules, const struct snapshot *snapshot, const struct site *site,
                                 const struct waf_settings *settings);
/* Texts and sets. */
void rule_check_write(const struct rule_check *rules, struct image_writer *image);

#endif
