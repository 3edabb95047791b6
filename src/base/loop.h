/* One thread's event loop: epoll (edge-triggered), timers, jobs.
 *
 * A watch belongs to what it watches and is told of every edge by one function, set at birth.
 * Jobs run between two waits: to go on later (fairness), to free what an event of this round may still point to,
 * or to hand work over from another thread (loop_post).
 *
 * Threads  everything from the loop's own thread, except loop_post and loop_stop
 */
#ifndef BOUCLIER_BASE_LOOP_H
#define BOUCLIER_BASE_LOOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/list.h"
#include "base/result.h"
#include "base/timer.h"

struct watch {
	int fd;  /* -1 after loop_forget: events of this round that still name it are skipped */
	void (*ready)(struct watch *watch, uint32_t events);
};

struct job {
	struct list node;
	void (*run)(struct job *job);
};

struct loop {
	int epoll_fd, wake_fd;
	struct watch wake;
	struct timers timers;
	uint64_t now_ms;          /* CLOCK_MONOTONIC, read once a round */
	uint64_t now_ns;
	uint64_t wall_ns;         /* CLOCK_REALTIME, the same */
	uint64_t lag_ns;          /* how long the last round took: so long at most, what was ready has waited */
	unsigned batch;           /* how many were ready in this one */
	struct list jobs;
	pthread_mutex_t posted_lock;
	struct list posted;
	bool stop;
};

enum result loop_init(struct loop *loop) must_check;
void loop_done(struct loop *loop);

/* Watches FD for edges of EVENTS (EPOLLET is added). WATCH must stay until loop_forget and a job later. */
enum result loop_watch(struct loop *loop, struct watch *watch, int fd, uint32_t events) must_check;
/* Level-triggered: for listeners, where a worker takes a few and leaves the rest to the next round. */
enum result loop_watch_level(struct loop *loop, struct watch *watch, int fd, uint32_t events) must_check;
/* Watches for EVENTS (EPOLLET is added) instead of what was asked before; what is ready now is told again. */
void loop_watch_again(struct loop *loop, struct watch *watch, uint32_t events);
/* Stops watching; does not close. Not needed before close(2) of the last descriptor, except for the mark on WATCH. */
void loop_forget(struct loop *loop, struct watch *watch);

void job_init(struct job *job, void (*run)(struct job *job));
/* Runs JOB once, in the next round of this loop. Already waiting: nothing. */
void loop_later(struct loop *loop, struct job *job);
/* The same from any thread; wakes the loop. A posted job must not be posted again before it ran. */
void loop_post(struct loop *loop, struct job *job);

/* Until loop_stop. */
void loop_run(struct loop *loop);
/* One round, sleeping at most MAX_MS. */
void loop_turn(struct loop *loop, int max_ms);
void loop_stop(struct loop *loop);

#endif
