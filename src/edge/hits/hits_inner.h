/* The insides of hits.c, hits_client.c and hits_entry.c: what lies in the memory.
 *
 * Shape    another shape is another HITS_VERSION; zero is hits without sites
 */
#ifndef BOUCLIER_EDGE_HITS_INNER_H
#define BOUCLIER_EDGE_HITS_INNER_H

#include <pthread.h>

#include "base/hash.h"
#include "edge/hits/hits.h"
#include "edge/hits/retreat.h"

#define HITS_WAYS 8u             /* places that a client may have */
#define HITS_WINDOW_S (7u * 86400)

/* Different clients: a bit each. */
struct crowd {
	uint64_t bits[4];
};

struct hits_client {
	uint32_t tag;                /* of the address; 0: free */
	uint16_t seen, clean;        /* requests */
	uint32_t rules, places;      /* a bit for each that was hit, by a hash: two may share one */
	uint32_t first_s, last_s;
};

struct hits_entry {
	uint32_t rule;               /* 0: free */
	uint8_t phase, method;
	bool may_retreat;            /* of the route that last refused somebody */
	bool is_cut;                 /* PATH and what is below it */
	uint32_t maker;              /* tag of the client that it was made for */
	uint16_t path_len, target_len;
	char path[HITS_PATH_MAX], target[HITS_TARGET_MAX];
	uint32_t first_s, last_s;
	uint64_t hits, refusals;
	uint32_t window;             /* the number of the newer one */
	struct crowd clients[2], refused[2], known[2];  /* the newer first */
};

struct hits_site {
	uint64_t key;                /* 0: nobody's */
	uint64_t has_lock;           /* 1: it was made once, and stays */
	pthread_mutex_t lock;
	struct hash_seed seed;       /* of addresses */
	uint32_t window_s;           /* 0: HITS_WINDOW_S */
	uint32_t since_s, bad_s, few_s;
	uint32_t alarm_s;            /* when an entry last refused a known client and RETREAT_CLIENTS others; 0: nobody need look */
	uint32_t has_retreats;       /* atomic */
	struct crowd visitors;
	uint32_t window;             /* of the newer of the next */
	struct crowd refused[2];     /* ordinary clients, anywhere */
	struct retreat retreats[RETREATS_MAX];
	struct hits_client clients[HITS_CLIENTS];
	struct hits_entry entries[HITS_ENTRIES];
};

/* Keys stand apart: who looks for one touches no page of a site that is not there. */
struct hits {
	uint64_t keys[HITS_SITES], tenants[HITS_SITES];
	_Alignas(64) struct hits_site sites[HITS_SITES];
};

/* -- hits.c -- */

/* RESULT_NOT_FOUND: the site is another's by now. */
enum result hits_lock(struct hits_site *site, uint64_t key) must_check;
void hits_unlock(struct hits_site *site);
unsigned hits_count_known(const struct hits_site *site, uint32_t now_s);

/* -- hits_client.c -- */

void crowd_add(struct crowd *crowd, uint64_t hash);
/* How many, about: exact for few, at most a thousand or so. */
unsigned crowd_count(const struct crowd *newer, const struct crowd *older);

/* The number of the window that NOW_S is in. */
uint32_t hits_window(const struct hits_site *site, uint32_t now_s);
/* CROWD[0] is that of the window before when IS_NEXT, of one long ago otherwise: a new one begins. */
void crowd_turn(struct crowd crowd[2], bool is_next);

/* What the client with HASH is called. */
uint32_t hits_tag(uint64_t hash);
/* The place of the client with HASH, made its own. */
struct hits_client *hits_client_of(struct hits_site *site, uint64_t hash, uint32_t now_s);
void hits_client_note(const struct hits_site *site, struct hits_client *client, const struct hits_request *request);
bool hits_client_is_ordinary(const struct hits_client *client);
bool hits_client_is_known(const struct hits_client *client, uint32_t now_s);

/* -- hits_entry.c -- */

/* An ordinary client of HASH met HIT: in which entry. NULL: there is no room for it. */
const struct hits_entry *hits_entry_note(struct hits_site *site, const struct hits_request *request, const struct hit *hit, uint64_t hash, bool is_known);
/* Different clients, about: ordinary ones that were refused, and known ones. */
unsigned hits_entry_refused(const struct hits_entry *entry);
unsigned hits_entry_known(const struct hits_entry *entry);
/* Somebody else did: only entries that are there count it. */
void hits_entry_note_other(struct hits_site *site, const struct hits_request *request, const struct hit *hit);
/* All entries as of NOW_S. */
void hits_entries_tell(struct hits_site *site, uint32_t now_s, struct hits_view *out);

#endif
