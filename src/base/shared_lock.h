/* A lock in memory that processes share, which survives the death of its holder.
 *
 * Threads  any number, of any processes that map the memory
 */
#ifndef BOUCLIER_BASE_SHARED_LOCK_H
#define BOUCLIER_BASE_SHARED_LOCK_H

#include <pthread.h>
#include <stdbool.h>

#include "base/result.h"

/* Once, before anybody uses LOCK. RESULT_NO_MEMORY. */
enum result shared_lock_init(pthread_mutex_t *lock) must_check;
/* HAS_DIED: whoever held it is gone, and what it guards may be half written: the caller makes it whole first.
 * RESULT_IO: there is no lock to be had, and none is held. */
enum result shared_lock_take(pthread_mutex_t *lock, bool *has_died) must_check;
void shared_lock_give(pthread_mutex_t *lock);

#endif
