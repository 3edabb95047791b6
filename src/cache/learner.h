/* Which pages are the same for everybody, though their origin does not say so: learned in peace from what anonymous visitors got.
 *
 *     watched --- LEARN_SOURCES sources saw the same ---> learned --- its answer is shared for a minute, whatever its query says
 *        ^  \                                           /    |
 *        |   `- differs, or is for nobody else: refused <-'   `- changed: LEARN_CONFIRMING more networks have to see that too
 *        `--------- after LEARN_REFUSED_MS, LEARN_PARAMETER_MS
 *
 * A page is an address without its query. What it says without one is its reference, for each Content-Encoding; two answers that differ are a
 * change over time if the old one is never seen again, and a difference if it is, or if the next change comes within LEARN_STEADY_MS. A change that
 * one coding shows is looked for in the others, and confirmed by whichever is asked for: who asks for a rare one holds nobody up.
 *
 * In peace a query always goes to the origin as it is. Its answer differs from the reference: nothing is shared until the page without a query is seen
 * again, which tells whether the page has changed or the parameter matters. A page for which one mattered is refused, all of it, for LEARN_PARAMETER_MS.
 * It is above the level `normal` that queries are ignored.
 *
 * A page is shared with kinds of visitors (likeness.h) of whom one was shown it, and in peace each kind is shown it again by the origin every
 * LEARN_PROOF_MS, and as soon as the page has changed. It is shared with those whose network's others were shown it; above the level `normal` with
 * all, once LEARN_NETWORKS were.
 *
 * Above the level `normal` (is_peace is false) nothing is learned. What is learned holds, but for two words of the origin's: a page that is not for
 * everybody ends it always; one that has changed is confirmed as in peace, and until then goes to its asker alone.
 *
 * Units    milliseconds of CLOCK_MONOTONIC; a worker's may be a little behind another's
 * Limits   LEARN_PAGES pages of all sites, at most about 7 MiB; LEARN_WAYS where one of them can lie, of which a tenant that has half makes room among its
 *          own, and so does a network of visitors that has begun LEARN_BEGUN of them which no other network has asked for; a page being watched goes
 *          first, one that was learned and is asked for last. Addresses up to LEARN_KEY_MAX; LEARN_FACES codings of a page; LEARN_KINDS kinds of
 *          visitors, of which those of one network make room first, and then the one that was not asked for longest
 * Owns     copies of addresses, and hashes: of sources, names and answers, by a seed of this process
 * Threads  any; a lock for a few instructions
 *
 * Security, fails closed: whatever does not fit, or is in doubt, is not shared.
 */
#ifndef BOUCLIER_CACHE_LEARNER_H
#define BOUCLIER_CACHE_LEARNER_H

#include "cache/likeness.h"
#include "cache/store.h"

#define LEARN_SOURCES 20u
#define LEARN_CONFIRMING 2u
#define LEARN_PAGES 4096u
#define LEARN_WAYS 8u
#define LEARN_KEY_MAX 192u
#define LEARN_BEGUN 2u
#define LEARN_KINDS 24u
#define LEARN_FACES 4u
#define LEARN_NETWORKS 8u
#define LEARN_STEADY_MS 30000u
#define LEARN_PROOF_MS 300000u
#define LEARN_STALE_MS 600000u   /* learned, and nobody is shown it any more, though others come: it is learned anew */
#define LEARN_REFUSED_MS 3600000u
#define LEARN_PARAMETER_MS 86400000u
#define LEARN_IDLE_MS 86400000u  /* learned, and not asked for as long: it makes room */

struct cache_learner;

/* NULL: no memory. */
struct cache_learner *cache_learner_new(void) must_check;
void cache_learner_free(struct cache_learner *learner);

/* One request. */
struct learn_visit {
	struct span key;             /* cache/key.h, without the query */
	uint64_t hash;               /* of it, seeded */
	uint64_t site, party;
	uint64_t source;             /* who asks: one number a source */
	uint32_t network;            /* likeness_network */
	struct visitor_kind kind;
	struct span query;
	bool is_peace;
};

enum learn_order {
	LEARN_NOTHING,               /* as if there were no learner */
	LEARN_WATCH,                 /* the same, and cache_learner_tell what came */
	LEARN_SHARE,                 /* give it what others got; ask the origin for it without its query, as of its kind, and tell */
};
enum learn_order cache_learner_ask(struct cache_learner *learner, const struct learn_visit *visit, uint64_t now_ms) must_check;

/* What came. */
struct learn_answer {
	enum likeness_word word;
	struct span coding;          /* Content-Encoding; empty: none */
	uint64_t hash;               /* of WORD_FIT: of its head and body, seeded */
	uint64_t asked_ms;           /* when the origin was asked */
	bool is_bare;                /* it was asked without a query */
};
/* True: it may be given to others, as far as LEARN_SHARE said so. */
bool cache_learner_tell(struct cache_learner *learner, const struct learn_visit *visit, const struct learn_answer *answer, uint64_t now_ms);

/* What a person purges is learned anew; by tags nothing is. How many pages were learned of it. */
size_t cache_learner_purge(struct cache_learner *learner, const struct cache_purge *purge);
void cache_learner_leave(struct cache_learner *learner, bool (*is_served)(const void *context, uint64_t party), const void *context);

struct learn_view {
	uint64_t site, shared;       /* how many requests were told to share */
	uint64_t learned_ms;
	size_t url_len;
	char url[LEARN_KEY_MAX];     /* "https://host/path" */
};
/* The MAX learned pages that are shared most into LIST, the most first: how many. LEARNED: how many there are. */
size_t cache_learner_view(struct cache_learner *learner, struct learn_view *list, size_t max, size_t *learned);

#endif
