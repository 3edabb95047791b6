#include "hub/people/account/hash_pool.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/banned.h"

struct hash_pool {
	struct loop *loop;
	struct watch watch;              /* of the eventfd by which threads say that there is something in FINISHED */
	pthread_t threads[HASH_THREADS];
	unsigned thread_count;
	pthread_mutex_t lock;            /* of the rest */
	pthread_cond_t more;
	struct list waiting, finished;
	unsigned waiting_count;
	bool must_end;
};

static void hash_one(struct hash_job *job)
{
	struct span password = span_make(job->password, job->password_len);

	job->result = job->is_new ? password_hash(password, job->encoded) : password_verify(password, job->encoded);
	explicit_bzero(job->password, sizeof(job->password));
}

static struct hash_job *take(struct list *list)
{
	struct hash_job *job = list_is_empty(list) ? NULL : list_entry(list->next, struct hash_job, node);

	if (job)
		list_remove(&job->node);
	return job;
}

static void *work(void *context)
{
	struct hash_pool *pool = context;
	const uint64_t one = 1;

	pthread_mutex_lock(&pool->lock);
	while (!pool->must_end) {
		struct hash_job *job = take(&pool->waiting);

		if (!job) {
			pthread_cond_wait(&pool->more, &pool->lock);
			continue;
		}
		pool->waiting_count--;
		pthread_mutex_unlock(&pool->lock);
		hash_one(job);
		pthread_mutex_lock(&pool->lock);
		list_add_last(&pool->finished, &job->node);
		if (write(pool->watch.fd, &one, sizeof(one)) != sizeof(one))
			continue;                /* it is at its maximum: the loop has been told already */
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static void tell_finished(struct hash_pool *pool)
{
	struct hash_job *job;

	do {
		pthread_mutex_lock(&pool->lock);
		job = take(&pool->finished);
		pthread_mutex_unlock(&pool->lock);
		if (job)
			job->done(job);
	} while (job);
}

static void ready(struct watch *watch, uint32_t events)
{
	struct hash_pool *pool = list_entry(watch, struct hash_pool, watch);
	uint64_t count;

	(void)events;
	if (read(watch->fd, &count, sizeof(count)) == sizeof(count))
		tell_finished(pool);
}

enum result hash_pool_submit(struct hash_pool *pool, struct hash_job *job)
{
	bool has_room;

	pthread_mutex_lock(&pool->lock);
	has_room = pool->waiting_count < HASH_WAITING_MAX;
	if (has_room) {
		list_add_last(&pool->waiting, &job->node);
		pool->waiting_count++;
		pthread_cond_signal(&pool->more);
	}
	pthread_mutex_unlock(&pool->lock);
	return has_room ? RESULT_OK : RESULT_LIMIT;
}

static enum result start(struct hash_pool *pool)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return RESULT_IO;
	pool->watch.ready = ready;
	if (loop_watch(pool->loop, &pool->watch, fd, EPOLLIN) != RESULT_OK) {
		close(fd);
		pool->watch.fd = -1;
		return RESULT_IO;
	}
	while (pool->thread_count < HASH_THREADS) {
		if (pthread_create(&pool->threads[pool->thread_count], NULL, work, pool) != 0)
			return RESULT_NO_MEMORY;
		pool->thread_count++;
	}
	return RESULT_OK;
}

enum result hash_pool_new(struct loop *loop, struct hash_pool **out)
{
	struct hash_pool *pool = calloc(1, sizeof(*pool));
	enum result result;

	if (!pool)
		return RESULT_NO_MEMORY;
	pool->loop = loop;
	pool->watch.fd = -1;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->more, NULL);
	list_init(&pool->waiting);
	list_init(&pool->finished);
	result = start(pool);
	if (result != RESULT_OK) {
		hash_pool_free(pool);
		return result;
	}
	*out = pool;
	return RESULT_OK;
}

void hash_pool_free(struct hash_pool *pool)
{
	struct hash_job *job;

	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->must_end = true;
	pthread_cond_broadcast(&pool->more);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->thread_count; i++)
		pthread_join(pool->threads[i], NULL);
	tell_finished(pool);
	while ((job = take(&pool->waiting)) != NULL) {
		explicit_bzero(job->password, sizeof(job->password));
		job->result = RESULT_TIMEOUT;
		job->done(job);
	}
	if (pool->watch.fd >= 0) {
		int fd = pool->watch.fd;

		loop_forget(pool->loop, &pool->watch);
		close(fd);
	}
	pthread_cond_destroy(&pool->more);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}
