/* A thread that carries what lies in rings to the disk, because disks block: it rests until somebody wakes it or its time comes, and
 * ends when it is told to.
 *
 * Owns     the thread; the descriptor is the caller's
 * Threads  start and stop from one; rest from the thread itself
 */
#ifndef BOUCLIER_EVENT_CARRIER_H
#define BOUCLIER_EVENT_CARRIER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/result.h"

struct carrier {
	pthread_t thread;
	int wake_fd;                 /* eventfd, not blocking */
	_Atomic bool stop;
};

/* Signals are for the process's other threads; a file size limit shows as an error of write. RESULT_IO: no thread. */
enum result carrier_start(struct carrier *carrier, int wake_fd, void *(*run)(void *), void *context) must_check;
bool carrier_must_stop(const struct carrier *carrier);
/* Until it is woken, WAIT_MS at most. */
void carrier_rest(const struct carrier *carrier, int wait_ms);
/* Returns when RUN has. */
void carrier_stop(struct carrier *carrier);

#endif
