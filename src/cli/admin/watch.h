/* What goes on watching a parameter when all that is proposed for it is pasted: the person who reads it should know what is left.
 *
 * Shape    "left watching this field: attack-sqli (but 942190), attack-lfi, attack-injection-php, and all rules of no such kind"
 * Limits   WATCH_NAMED rules of a kind are named, more are counted; exclusions that rules themselves make (ctl) are not seen
 * Owns     nothing
 */
#ifndef BOUCLIER_CLI_ADMIN_WATCH_H
#define BOUCLIER_CLI_ADMIN_WATCH_H

#include "cli/admin/propose.h"

#define WATCH_NAMED 4u

/* The place of LIST[INDEX], one line without its end. */
enum result watch_write(const struct edge_site *site, const struct proposal *list, unsigned count, unsigned index, int64_t now_ms,
                        struct buffer *out) must_check;

#endif
