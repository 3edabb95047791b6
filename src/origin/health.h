/* The checks that run whether or not citizens come: each origin whose site names a `health.path` is asked for it, over a
 * connection of its own, as a visitor would come. One thread (the edge's service thread) does it for all workers, who see
 * the result in struct origin.
 *
 * What an origin is found to be outlives a reload that still names it; its first check decides alone. Changes are told
 * once, to one sink, whoever noticed them: a check, or a worker whose requests failed.
 *
 * Limits   one check an origin at a time; HEALTH_READ_MAX of an answer are read; `timeout` for all of a check
 * Owns     its connections; holds the origins it checks
 * Threads  all from its loop's thread
 */
#ifndef BOUCLIER_ORIGIN_HEALTH_H
#define BOUCLIER_ORIGIN_HEALTH_H

#include "origin/connection.h"

#define HEALTH_READ_MAX (64u * 1024)

struct health;

/* An origin is no longer what it was. */
struct health_change {
	struct span origin;   /* "http://10.0.0.11:8080" */
	bool is_down;
	bool is_checked;      /* found by a check; otherwise by requests */
	struct span why;      /* "answered 503" */
};

/* Must not block. */
struct health_sink {
	void *context;
	void (*changed)(void *context, const struct health_change *change);
};

/* NULL: no memory. Tells changes from now on, checks nothing yet. */
struct health *health_new(struct loop *loop, struct origins *origins, struct health_sink sink) must_check;
/* The loop no longer runs; it is turned to free what was at work. */
void health_free(struct health *health);

/* What is to be checked from now on: each pool of the new snapshot is named between begin and end; what is not named is
 * checked no more. Nothing of the pools' settings is needed afterwards. A check that cannot be set up for want of memory
 * leaves its origin as it is: RESULT_NO_MEMORY. */
void health_begin(struct health *health);
enum result health_watch(struct health *health, const struct pool *pool) must_check;
void health_end(struct health *health);
/* For a process that drains: no more checks, no more changes told. */
void health_stop(struct health *health);

#endif
