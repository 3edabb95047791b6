/* The lists of a site, ready to be asked: who is let in, who is not, and by which rule.
 *
 * The narrowest network that somebody is in decides; where there is none, the autonomous system; then the country. A rule that has ended does not
 * count, and the next one does. What stands in both lists is allowed.
 *
 * Shape    boundaries of networks, sorted: between two of them the narrowest network is the same, and knows the next wider one
 * Limits   LIST_NETWORKS_MAX and LIST_NUMBERS_MAX a list; a look takes as many steps as the logarithm of their number
 * Owns     everything lies in the arena it was made in, 128 bytes a network and 24 an autonomous system or a country; rules are the settings'
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
/* The allowlists of all in LIST, as one: for who asks whether somebody is let in anywhere. As much memory again as what allows, and 24 bytes for each
 * autonomous system and country; in the same arena, or one that does not outlive LIST's. RESULT_NO_MEMORY. */
enum result lists_join(struct arena *arena, const struct lists *const *list, size_t count, struct lists **out) must_check;
/* ALL is of lists_join: would one of them let him in? Asked of those whose rules name him, of 16 rules at most, the narrowest first and of the same
 * network the one that counts for longest: who is in that many networks, of sites that let him in no more, or deny him in a narrower one, is let in nowhere.
 * What it costs does not depend on how many lists there are. */
bool lists_name(const struct lists *all, const struct address *address, const struct list_place *place, int64_t now_ms);
/* Does any rule ask for a place? Otherwise nobody has to look it up. */
bool lists_need_place(const struct lists *lists);

#endif
