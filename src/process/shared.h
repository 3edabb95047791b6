/* Memory that outlives the edge: named regions in one memfd that the keeper made and every edge maps. Ban lists,
 * counters, ticket keys and the journal's ring live here.
 *
 * Shape    first page: the layout {name, version, offset, size}...; then the regions, page-aligned, zero at birth
 * Limits   SHARED_REGIONS_MAX regions, SHARED_BYTES_MAX in all; a memfd takes memory only for pages that were touched
 * Owns     struct shared owns its mapping; the descriptor is the caller's
 * Threads  the layout is written by the keeper before an edge starts; what happens inside a region is its owner's affair
 *
 * A new binary that wants another version or size of a region gets a fresh one behind the others: an old edge that still
 * drains keeps the one it knows, and nobody misreads anything.
 */
#ifndef BOUCLIER_PROCESS_SHARED_H
#define BOUCLIER_PROCESS_SHARED_H

#include "base/span.h"

#define SHARED_REGIONS_MAX 48u
#define SHARED_NAME_MAX 32u  /* with NUL */
#define SHARED_BYTES_MAX ((size_t)8 << 30)

struct region {
	const char *name;
	uint32_t version;
	size_t size;
};

struct shared {
	char *base;
	size_t size;
};

/* What the keeper tells everybody, in the region "keeper" that it adds itself. Written by the keeper only; read by the
 * edge for its views. Aligned 64-bit values, each true on its own. */
#define SHARED_KEEPER_VERSION 2u
struct shared_keeper {
	uint64_t started_wall_ns;    /* the keeper, not the edge */
	uint64_t generation;         /* configuration now live */
	uint64_t reloads, reload_failures;  /* the first start is neither */
	uint64_t reloaded_wall_ns;   /* last good reload; 0: none */
	uint64_t edge_starts, edge_deaths;
	uint64_t edge_died_wall_ns;  /* 0: never */
	uint64_t is_reduced;         /* 1: the edge runs without WAF, cache and challenge */
	uint64_t is_fallen_back;     /* 1: the last good snapshot runs, not the newest */
	uint64_t upgrades;
	uint64_t confirm_until_wall_ns;  /* what serves gives way then, unless somebody confirms it; 0: nothing waits */
	uint64_t went_back;              /* how often it did */
};

/* And of the hub, in the region "keeper-hub", likewise. */
#define SHARED_HUB_VERSION 1u
enum shared_hub_state {
	SHARED_HUB_NONE,             /* the configuration wants none */
	SHARED_HUB_RUNS,
	SHARED_HUB_RESTARTS,         /* it died, or could not be started: it is tried again */
	SHARED_HUB_ABSENT,           /* bouclier-hub is not installed */
};
struct shared_hub {
	uint64_t state, pid, started_wall_ns;
	uint64_t deaths, died_wall_ns;       /* those that nobody asked for */
	uint64_t send_pid, send_deaths;
	uint64_t is_of_edge;         /* 1: it runs as the edge's user, for want of its own */
	uint64_t is_deaf;            /* 1: its address could not be listened on */
};

/* What is beside the edges, in the region "keeper-usage": looked at every few seconds. Apart from the others, whose counts have to outlive an upgrade. */
#define SHARED_USAGE_VERSION 1u
struct shared_usage {
	uint64_t keeper_bytes, hub_bytes, send_bytes;  /* memory that each has for itself; 0: not known */
	uint64_t send_started_wall_ns;
};

/* A new memfd with REGIONS, sealed against shrinking. OUT_FD is close-on-exec. */
enum result shared_create(const struct region *regions, size_t count, int *out_fd) must_check;
/* After an upgrade: keeps the regions of FD that are the same in name, version and size; appends the others fresh.
 * RESULT_MALFORMED: not ours, or another layout of the first page (make a new one). */
enum result shared_extend(int fd, const struct region *regions, size_t count) must_check;
enum result shared_map(int fd, struct shared *out) must_check;
void shared_unmap(struct shared *shared);
/* NULL when there is no region of that name, version and size. */
void *shared_find(const struct shared *shared, const char *name, uint32_t version, size_t size);

#endif
