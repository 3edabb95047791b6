/* What rules hit of ordinary visitors: of each site, which rule, on which paths, in which parameter, and how many different
 * clients it met there. From it a person sees which rules are wrong about a portal (`bouclier rules tune`), and a site moves from
 * `detect` to `block` (edge/hits/graduate.h).
 *
 * Shape    a header, then sites; a site is a lock, a table of clients, a table of entries. No pointer in it: it may be mapped at
 *          another address by each process. Different clients are counted by a bit each in 256 (linear counting), of this window
 *          and of the one before: an entry that meets nobody any more fades
 * Units    seconds since 1970; a window is as long as hits_site_set_window says, seven days before it does
 * Limits   HITS_SITES sites; of one, HITS_CLIENTS clients (those with the least to tell for them make room) and HITS_ENTRIES entries
 *          (those that met few make room; of one client's HITS_OF_CLIENT, its own). A tenant takes no more sites than its share
 * Owns     nothing: the memory is the keeper's, aligned to a page, zero at birth; it outlives the edge
 * Threads  any, of any processes that map it: a lock for each site, which survives its holder (the site is emptied)
 *
 * An *ordinary* client is an address (of IPv6 its /64) that made HITS_SEEN_MIN requests that were answered well, or hit, and whose
 * requests are mostly clean: half of them hit nothing, and all of them no more than HITS_RULES_MAX different rules, or rules of any
 * number in no more than HITS_PLACES_MAX places (path, method, target): an editor whose pages have tables and code meets a dozen of them,
 * always in the same field. Or they hit no more than HITS_RULES_FEW, however often: a rule that takes a cookie of the portal for an
 * attack leaves nobody clean. Who scans hits many rules in many places, or is not clean, and does not count. Addresses are kept as
 * seeded hashes only.
 *
 * A *known* client is an ordinary one that was first seen KNOWN_S ago and made KNOWN_CLEAN clean requests, nine of ten of all, and hit no
 * more than HITS_RULES_MAX rules wherever it was: what goes back to detect by itself is not moved by who meets everything.
 *
 * Privacy, fails closed: only hits of ordinary clients make an entry, and parts of a path that look like a number or a token are
 * not kept (hits_path).
 */
#ifndef BOUCLIER_EDGE_HITS_H
#define BOUCLIER_EDGE_HITS_H

#include "base/address.h"
#include "base/span.h"
#include "message/head.h"

#define HITS_SITES 4096u
#define HITS_CLIENTS 2048u
#define HITS_ENTRIES 128u
#define HITS_OF_CLIENT 64u       /* entries that may have been made for one client */
#define HITS_PATH_MAX 160u
#define HITS_TARGET_MAX 96u
#define HITS_SEEN_MIN 5u
#define HITS_RULES_MAX 8u
#define HITS_RULES_FEW 3u
#define HITS_PLACES_MAX 12u      /* about: two may count as one */
#define HITS_MANY 3u             /* different ordinary clients that were, or would be, refused in one place: no accident any more */
#define HITS_ANYWHERE 5u         /* ... each in a place of his own */
#define HITS_SHARE 100u          /* ... and one in so many of all visitors */
#define KNOWN_S 86400u
#define KNOWN_CLEAN 20u

struct hits;
struct hits_site;

/* What one request met. */
struct hit {
	uint32_t rule;
	uint8_t phase;
	struct span target;          /* "ARGS:message"; longer than HITS_TARGET_MAX: not kept */
};

struct hits_request {
	const struct address *source;
	uint32_t now_s;
	enum method method;
	struct span path;            /* as it came */
	const struct hit *hits;
	unsigned count;
	bool is_refused;             /* by rules, or it would be in `block` */
	bool is_answered;            /* an origin did, with 2xx or 3xx */
	bool may_retreat;            /* its rules may go back to detect by themselves there (retreat.h) */
};

/* One entry, as of now. */
struct hits_told {
	uint32_t rule;
	uint8_t phase;
	enum method method;
	char path[HITS_PATH_MAX], target[HITS_TARGET_MAX];
	uint16_t path_len;           /* 0: a path that can be read in more than one way, or is none */
	bool is_cut;                 /* it was longer, and differs below that */
	uint16_t target_len;
	uint32_t first_s, last_s;
	uint64_t hits, refusals;     /* of all clients */
	unsigned clients, refused, known;  /* different ordinary ones; those that were refused; the known ones of these */
};

struct hits_glance {
	uint32_t since_s;            /* when counting began */
	uint32_t bad_s;              /* when a client was last refused, or would be in `block`, that was a known one, or an ordinary one and by now
	                              * HITS_MANY in that entry or HITS_ANYWHERE (and one in HITS_SHARE) in all; 0: never */
	uint32_t few_s;              /* when an ordinary client was last refused anywhere, or would be in `block`; 0: never */
	unsigned few;                /* different ordinary clients that were, in this window and the one before */
	unsigned visitors;           /* different ordinary clients since then */
};

struct hits_view {
	struct hits_glance glance;
	unsigned known;              /* known ones in the table */
	struct hits_told list[HITS_ENTRIES];
	unsigned count;              /* the worst first */
};

/* Of the region that the keeper holds: as new, or as an edge before left it, MEMORY is a struct hits. */
size_t hits_memory_bytes(void);
#define HITS_VERSION 3u

/* The site of KEY (plan_site_key) and TENANT (the same of its name), taken when it is new and the tenant has fewer than SHARE;
 * NULL: there is no room. One thread at a time in all processes. */
struct hits_site *hits_site_take(struct hits *hits, uint64_t key, uint64_t tenant, unsigned share);
/* Sites that are not in KEYS are given back. The same thread. */
void hits_sites_keep(struct hits *hits, const uint64_t *keys, size_t count);

/* KEY: a site that was given to another meanwhile is left alone, here and below. */
void hits_site_set_window(struct hits_site *site, uint64_t key, uint32_t window_s);
void hits_add(struct hits_site *site, uint64_t key, const struct hits_request *request);
/* What graduate.h asks for, as of now. RESULT_NOT_FOUND: the site is another's. RESULT_IO. */
enum result hits_glance(struct hits_site *site, uint64_t key, struct hits_glance *out) must_check;
/* The same, and all entries. */
enum result hits_read(struct hits_site *site, uint64_t key, uint32_t now_s, struct hits_view *out) must_check;
/* Visitors and entries are forgotten, clients are not. */
void hits_forget(struct hits_site *site, uint64_t key, uint32_t now_s);

/* hits_path.c: PATH as entries have it: a segment that is a number, or looks like a token, is "*"; a slash at the end stays; what
 * is too long is cut behind a segment. Empty: exclusions have no such path. OUT has room for HITS_PATH_MAX. */
struct span hits_path(struct span path, char *out, bool *is_cut);

#endif
