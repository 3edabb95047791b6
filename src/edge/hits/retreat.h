/* One rule that goes back to detect by itself, in one place: a path, a method and a target where, in `block`, it began to refuse many
 * known visitors. The site stays in block, and so does the rule everywhere else; there it is logged, and adds to no score.
 *
 * Shape    a list in the memory of the site's hits (edge/hits/hits.h); it goes with the shield, not with the edge
 * Units    seconds since 1970
 * Limits   RETREAT_CLIENTS different known clients and one in RETREAT_SHARE of all known ones; RETREAT_A_DAY new ones in a day,
 *          RETREAT_AT_ONCE at a time, each for RETREAT_S; what a person enforced does not go back for ENFORCED_S
 * Threads  as hits.h
 *
 * Security, fails closed: only who has a history of clean requests counts, only rules that add to a score and are not about the
 * protocol may (the caller says which), and whatever is in doubt stays in block. docs/decisions/ has what an attacker can make of it.
 */
#ifndef BOUCLIER_EDGE_RETREAT_H
#define BOUCLIER_EDGE_RETREAT_H

#include "edge/hits/hits.h"
#include "waf/waf.h"

#define RETREAT_CLIENTS 20u
#define RETREAT_SHARE 20u
#define RETREAT_A_DAY 3u
#define RETREAT_AT_ONCE 8u
#define RETREATS_MAX 16u         /* those that a person enforced among them */
#define RETREAT_S (7u * 86400)
#define ENFORCED_S (30u * 86400)

struct retreat {
	uint32_t rule;               /* 0: free */
	uint32_t since_s, until_s;
	uint8_t method;
	bool is_cut;                 /* PATH and what is below it */
	bool is_enforced;            /* a person took it back: it is none, and will be none until then */
	uint16_t path_len, target_len;
	char path[HITS_PATH_MAX], target[HITS_TARGET_MAX];
};

struct retreat_judge {
	void *context;
	/* RULE where METHOD meets PATH, as entries have it. */
	bool (*may)(void *context, uint32_t rule, enum method method, struct span path);
};

/* New retreats of the site, appended to OUT. Their number. */
unsigned retreat_look(struct hits_site *site, uint64_t key, uint32_t now_s, const struct retreat_judge *judge, struct retreat out[RETREATS_MAX]);
/* Those that are over, taken out of the list. Their number. */
unsigned retreat_expire(struct hits_site *site, uint64_t key, uint32_t now_s, struct retreat out[RETREATS_MAX]);
/* All of them. */
unsigned retreat_list(struct hits_site *site, uint64_t key, struct retreat out[RETREATS_MAX]);
/* A person's word: RULE is in block again. False: it was not in detect. */
bool retreat_enforce(struct hits_site *site, uint64_t key, uint32_t now_s, uint32_t rule);
/* For a request: what rules do not score there. TARGETS point into TEXTS, which has room for RETREATS_MAX * HITS_TARGET_MAX. */
unsigned retreat_of_request(struct hits_site *site, uint64_t key, enum method method, struct span path, uint32_t now_s, struct waf_retreat *targets, char *texts);
/* Is there any? Without a lock: the question of every request. */
bool retreat_is_any(const struct hits_site *site);

#endif
