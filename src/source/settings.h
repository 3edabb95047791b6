/* What an administrator may say about who comes: the lists of those who are let in and those who are not, and which bots are good ones.
 *
 * Owns  values lie in the snapshot's arena
 */
#ifndef BOUCLIER_SOURCE_SETTINGS_H
#define BOUCLIER_SOURCE_SETTINGS_H

#include "config/snapshot.h"

#define LIST_NETWORKS_MAX 100000u  /* of one list; the same bound for autonomous systems and countries would never be met */
#define LIST_NUMBERS_MAX 10000u

/* One of `allowlist` or `denylist`. */
struct list_rule {
	struct list_value networks;   /* struct network */
	struct list_value asns;       /* struct span: "AS64496" */
	struct list_value countries;  /* struct span: "BE" */
	struct span reason;
	int64_t until_ms;             /* since 1970; 0: for good */
	bool even_eu;                 /* of denylist */
};

/* A good bot, and what proves it (bot.h). */
struct bot {
	struct span name;             /* for people, in the journal */
	struct span agent;            /* a word of its User-Agent */
	struct list_value domains;    /* struct span, lower case: its addresses' names lie there */
};

enum bots_mode { BOTS_ON, BOTS_OFF };

struct bots_settings {            /* `verified_bots` */
	int mode;                     /* enum bots_mode */
	struct list_value also;       /* struct bot: beside those that are built in */
};

struct source_site_settings {     /* SCOPE_SITE */
	struct list_value allowlist, denylist;  /* struct list_rule */
	struct bots_settings bots;
};

extern const struct config_section source_site_section;

/* "AS64496", "64496": 1 to 4294967294. */
enum result asn_read(struct span text, uint32_t *out) must_check;
/* Two letters of ISO 3166-1, upper case. RESULT_NOT_FOUND: two letters that are no country's; RESULT_MALFORMED. */
enum result country_read(struct span text, char out[3]) must_check;
/* Of the European Union (its outermost regions included) or of the European Economic Area. */
bool country_is_eea(const char code[3]);

static inline const struct source_site_settings *source_site_settings(const struct site *site)
{
	return site->sections[ROOM_SOURCE];
}

#endif
