/* Requests that kill. An edge that crashes leaves behind, in memory that outlives it, which request the crashing thread was
 * advancing; the next edge answers a request that killed two of its predecessors with 503 (reason `quarantine`), so that
 * one URL with a fault of ours behind it does not take everybody else's service away.
 *
 * Shape    a request is its host, method and path; what varies behind them (query, fields, body) does not save a killer
 * Units    milliseconds of the monotonic clock: the same for all processes since boot
 * Limits   the last QUARANTINE_DEATHS crashes are remembered; a killer is quarantined for ten minutes after its last one
 * Threads  quarantine_learn before the workers start; quarantine_watch in each worker's thread; quarantine_holds from any
 *
 * Only a crash of the thread itself counts (a signal that it raised): who ends the process from outside accuses nobody.
 * Availability, fails open: whatever is not known for certain is served.
 */
#ifndef BOUCLIER_EDGE_QUARANTINE_H
#define BOUCLIER_EDGE_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

#define QUARANTINE_DEATHS 32u
#define QUARANTINE_TEXT_MAX 200u
#define QUARANTINE_VERSION 1u

struct worker;
struct request;

/* One crash. Nothing in it is trusted to be whole: the process that wrote it was dying. */
struct quarantine_death {
	uint64_t request;        /* hash; 0: empty */
	uint64_t at_ms;
	char text[QUARANTINE_TEXT_MAX];  /* "GET www.commune.example/path", for people; ended by NUL unless it is full */
};

/* Memory that outlives the edge; zero at birth. */
struct quarantine_memory {
	uint64_t seed[2];        /* of the hashes: 0, 0 until the first edge draws it */
	uint64_t next;           /* deaths so far: the next one's place */
	struct quarantine_death deaths[QUARANTINE_DEATHS];
};

/* What one edge refuses. */
struct quarantine {
	struct quarantine_memory *memory;
	unsigned count;
	struct quarantined {
		uint64_t request, until_ms;
		const char *text;
	} list[QUARANTINE_DEATHS];
};

/* Reads what predecessors died on, and from now on records what this process dies on. MEMORY may be NULL: no quarantine. */
void quarantine_learn(struct quarantine *quarantine, struct quarantine_memory *memory, uint64_t now_ms);
/* This thread is WORKER's: if it crashes, WORKER->at_work is what it died on. */
void quarantine_watch(struct worker *worker);
/* REQUEST killed two edges, the last one less than ten minutes ago. */
bool quarantine_holds(const struct quarantine *quarantine, const struct request *request);

#ifdef BOUCLIER_CRASH_TEST
/* Only in a build made for it (meson -Dcrash_test=true): dies where the path begins with the environment's
 * BOUCLIER_CRASH_PATH, hangs where it begins with BOUCLIER_HANG_PATH, unless this edge is a reduced one. */
void crash_test(const struct request *request);
#else
static inline void crash_test(const struct request *request)
{
	(void)request;
}
#endif

#endif
