#include "base/shared_lock.h"

#include <errno.h>

#include "base/banned.h"

enum result shared_lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;
	bool is_made;

	if (pthread_mutexattr_init(&attributes))
		return RESULT_NO_MEMORY;
	is_made = !pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) &&
	          !pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) && !pthread_mutex_init(lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return is_made ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result shared_lock_take(pthread_mutex_t *lock, bool *has_died)
{
	int error = pthread_mutex_lock(lock);

	*has_died = error == EOWNERDEAD;
	if (*has_died)
		pthread_mutex_consistent(lock);
	return error && !*has_died ? RESULT_IO : RESULT_OK;
}

void shared_lock_give(pthread_mutex_t *lock)
{
	pthread_mutex_unlock(lock);
}
