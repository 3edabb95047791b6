/* What would have been done to the requests of sites that only observe: how many of them, from how many sources, and how many of those are known
 * citizens; by kind, of this day and the seven before it. In the keeper's memory: a new edge goes on where the last one was.
 *
 * Shape    a header and OBSERVED_SITES places, zero at birth; no pointer in it. Requests are counted exactly; different sources by a sketch of 256
 *          bytes: exact for few, and then off by a fifteenth or so
 * Units    days are those of UTC
 * Limits   OBSERVED_SITES sites, of a tenant no more than its share; a site without a place is not counted (availability, fails open)
 * Owns     nothing: the memory is the keeper's, aligned to a line of the cache
 * Threads  counting: any, of any processes. Taking, keeping and turning: one thread, of the edge that is not draining. Nothing is locked, so
 *          whoever is killed leaves nothing half done: a day is counted on when it is empty, and a number is a number at any time
 *
 * Source   the sketch is HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007), with linear counting where few were seen
 */
#ifndef BOUCLIER_EDGE_OBSERVED_H
#define BOUCLIER_EDGE_OBSERVED_H

#include <stddef.h>

#include "base/hash.h"
#include "edge/fact.h"
#include "source/entry.h"

#define OBSERVED_VERSION 1u
#define OBSERVED_SITES 4096u
#define OBSERVED_DAYS 8u
#define OBSERVED_SKETCH 256u

/* X(ID, "action", "reason"): in the words of the journal. */
#define OBSERVED_LIST(X) \
	X(ALL, "all", "")                     /* requests, whatever would have become of them */ \
	X(BANNED, "block", "banned") \
	X(RATE_LIMIT, "limit", "rate-limit") \
	X(BUDGET, "limit", "budget") \
	X(CONNECTIONS, "limit", "connection-limit") \
	X(FULL, "limit", "queue-full")        /* no answer in time */ \
	X(HELD_OFF, "limit", "challenged")    /* a form of a stranger, that no page could carry */ \
	X(CHALLENGED, "challenge", "challenged") \
	X(QUEUE, "queue", "")                 /* kept waiting */ \
	X(BAN, "ban", "budget")               /* of the source: of requests those that it would have been banned at */

enum observed_kind {
#define X(id, action, reason) OBSERVED_##id,
	OBSERVED_LIST(X)
#undef X
	OBSERVED_KINDS,
};

struct observed_count {
	uint64_t requests;
	uint8_t sources[OBSERVED_SKETCH], known[OBSERVED_SKETCH];
};

struct observed_day {
	uint32_t day;                /* since 1970; 0: nothing */
	struct observed_count counts[OBSERVED_KINDS];
};

struct observed_site {
	uint32_t since_s;            /* 1970; when it began to observe */
	uint32_t today;              /* which of DAYS is counted on: atomic */
	struct hash_seed seed;       /* of sources */
	struct observed_day days[OBSERVED_DAYS];
};

struct observed {
	uint64_t keys[OBSERVED_SITES], tenants[OBSERVED_SITES];  /* edge/sites/places.h */
	_Alignas(64) struct observed_site sites[OBSERVED_SITES];
};

struct observed_request {
	struct source_key source;
	bool is_known;
};

/* Of the last seven days and today. */
struct observed_total {
	uint64_t requests;
	unsigned sources, known;     /* different ones, about */
};

struct observed_view {
	uint32_t since_s;
	struct observed_total kinds[OBSERVED_KINDS];
	unsigned refused_known;      /* different known citizens that met any of the refusals, about */
};

/* The place of the site KEY of TENANT, which is there or begins; NULL: all are taken, or TENANT has SHARE of them. */
struct observed_site *observed_take(struct observed *observed, uint64_t key, uint64_t tenant, unsigned share, uint64_t now_s);
/* Those that are not among KEYS are free again. */
void observed_keep(struct observed *observed, const uint64_t *keys, size_t count);
/* Counts on the day of NOW_S from now on. */
void observed_turn(struct observed_site *site, uint64_t now_s);

/* Which kind that is; OBSERVED_ALL: none of the list. */
enum observed_kind observed_kind_of(enum decision decision, enum reason reason);
const char *observed_action(enum observed_kind kind);
const char *observed_reason(enum observed_kind kind);
/* Somebody would not have been served: refused, and not only asked or kept waiting. */
bool observed_is_refusal(enum observed_kind kind);

void observed_add(struct observed_site *site, enum observed_kind kind, const struct observed_request *request);
void observed_read(const struct observed_site *site, uint64_t now_s, struct observed_view *out);

/* "It is safe to turn on: ...": one sentence. TEXT has room for OBSERVED_SAYS_MAX, NUL included. */
#define OBSERVED_SAYS_MAX 320u
enum observed_verdict { OBSERVED_TOO_EARLY, OBSERVED_SAFE, OBSERVED_UNSAFE };
enum observed_verdict observed_say(const struct observed_view *view, uint64_t now_s, char text[OBSERVED_SAYS_MAX]);

#endif
