/* The lists of a site, ready to be asked: who is let in, who is not, and by which rule.
 *
 * The narrowest network that somebody is in decides; where there is none, the autonomous system; then the country. A rule that has ended does not
 * count, and the next one does. What stands in both lists is allowed.
 *
 * Shape    boundaries of networks, sorted: between two of them the narrowest network is the same, and knows the next wider one
 * Limits   LIST_NETWORKS_MAX and LIST_NUMBERS_MAX a list; a look takes as many steps as the logarithm of their number
 * Owns     everything lies in the arena it was made in, 112 bytes a network; rules are the settings'
 * Threads  immutable once made
 */
#ifndef BOUCLIER_SOURCE_LIST_H
#define BOUCLIER_SOURCE_LIST_H

#include "base/arena.h"
#include "source/settings.h"

struct lists;

enum list_action { LIST_NONE, LIST_ALLOW, LIST_DENY };

struct list_verdict {
	enum list_action action;
	const struct list_rule *rule;  /* NULL: none */
};

/* Where somebody is, as far as that is known (source/geo.h, source/entry.h). */
struct list_place {
	uint32_t asn;                  /* 0: not known */
	char country[3];               /* "": not known */
};

/* SETTINGS have been checked, and live as long as the lists. RESULT_NO_MEMORY; RESULT_MALFORMED: they were not. */
enum result lists_new(struct arena *arena, const struct source_site_settings *settings, struct lists **out) must_check;
/* NOW_MS: wall time, since 1970. PLACE may be NULL: networks only. */
struct list_verdict lists_ask(const struct lists *lists, const struct address *address, const struct list_place *place, int64_t now_ms);
/* Does any rule ask for a place? Otherwise nobody has to look it up. */
bool lists_need_place(const struct lists *lists);

#endif
