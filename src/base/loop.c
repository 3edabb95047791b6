#include "base/loop.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

#include "base/banned.h"

#define EVENTS_A_ROUND 64
#define SLEEP_MAX_MS 1000

static void read_clocks(struct loop *loop)
{
	loop->now_ns = clock_mono_ns();
	loop->now_ms = loop->now_ns / 1000000;
	loop->wall_ns = clock_wall_ns();
}

static void woken(struct watch *watch, uint32_t events)
{
	uint64_t count;

	(void)events;
	if (read(watch->fd, &count, sizeof(count)) < 0)
		return;  /* EAGAIN: another round took it */
}

enum result loop_init(struct loop *loop)
{
	*loop = (struct loop){ .epoll_fd = -1, .wake_fd = -1, .wake = { -1, woken } };
	read_clocks(loop);
	timers_init(&loop->timers, loop->now_ms);
	list_init(&loop->jobs);
	list_init(&loop->posted);
	pthread_mutex_init(&loop->posted_lock, NULL);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->epoll_fd >= 0 && loop->wake_fd >= 0 && loop_watch(loop, &loop->wake, loop->wake_fd, EPOLLIN) == RESULT_OK)
		return RESULT_OK;
	loop_done(loop);
	return RESULT_IO;
}

void loop_done(struct loop *loop)
{
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	if (loop->wake_fd >= 0)
		close(loop->wake_fd);
	loop->epoll_fd = loop->wake_fd = -1;
	pthread_mutex_destroy(&loop->posted_lock);
}

static enum result add_watch(struct loop *loop, struct watch *watch, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return errno == ENOMEM || errno == ENOSPC ? RESULT_NO_MEMORY : RESULT_IO;
	watch->fd = fd;
	return RESULT_OK;
}

enum result loop_watch(struct loop *loop, struct watch *watch, int fd, uint32_t events)
{
	return add_watch(loop, watch, fd, events | EPOLLET);
}

enum result loop_watch_level(struct loop *loop, struct watch *watch, int fd, uint32_t events)
{
	return add_watch(loop, watch, fd, events);
}

void loop_watch_again(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events | EPOLLET, .data.ptr = watch };

	epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

void loop_forget(struct loop *loop, struct watch *watch)
{
	if (watch->fd >= 0)
		epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->fd = -1;
}

void job_init(struct job *job, void (*run)(struct job *job))
{
	list_init(&job->node);
	job->run = run;
}

void loop_later(struct loop *loop, struct job *job)
{
	if (list_is_empty(&job->node))
		list_add_last(&loop->jobs, &job->node);
}

void loop_post(struct loop *loop, struct job *job)
{
	uint64_t one = 1;

	pthread_mutex_lock(&loop->posted_lock);
	list_add_last(&loop->posted, &job->node);
	pthread_mutex_unlock(&loop->posted_lock);
	if (write(loop->wake_fd, &one, sizeof(one)) < 0)
		return;  /* the counter is full: the loop is awake anyway */
}

static void take_all(struct list *from, struct list *to)
{
	list_init(to);
	if (list_is_empty(from))
		return;
	list_add_first(from, to);
	list_remove(from);
}

static void run_list(struct list *jobs)
{
	while (!list_is_empty(jobs)) {
		struct job *job = list_entry(jobs->next, struct job, node);

		list_remove(&job->node);
		job->run(job);
	}
}

static void run_jobs(struct loop *loop)
{
	struct list running;

	take_all(&loop->jobs, &running);  /* what these add runs in the next round */
	run_list(&running);
	/* Unlocked look: a job posted right now has also written to wake_fd. */
	if (__atomic_load_n(&loop->posted.next, __ATOMIC_ACQUIRE) == &loop->posted)
		return;
	pthread_mutex_lock(&loop->posted_lock);
	take_all(&loop->posted, &running);
	pthread_mutex_unlock(&loop->posted_lock);
	run_list(&running);
}

void loop_turn(struct loop *loop, int max_ms)
{
	struct epoll_event events[EVENTS_A_ROUND];
	int wait_ms = list_is_empty(&loop->jobs) ? timers_wait_ms(&loop->timers, loop->now_ms, max_ms) : 0;
	int count;

	loop->lag_ns = clock_mono_ns() - loop->now_ns;
	count = epoll_wait(loop->epoll_fd, events, EVENTS_A_ROUND, wait_ms);
	read_clocks(loop);
	loop->batch = count > 0 ? (unsigned)count : 0;
	for (int i = 0; i < count; i++) {
		struct watch *watch = events[i].data.ptr;

		if (watch->fd >= 0)
			watch->ready(watch, events[i].events);
	}
	timers_advance(&loop->timers, loop->now_ms);
	run_jobs(loop);
}

void loop_run(struct loop *loop)
{
	while (!__atomic_load_n(&loop->stop, __ATOMIC_ACQUIRE))
		loop_turn(loop, SLEEP_MAX_MS);
}

void loop_stop(struct loop *loop)
{
	uint64_t one = 1;

	__atomic_store_n(&loop->stop, true, __ATOMIC_RELEASE);
	if (write(loop->wake_fd, &one, sizeof(one)) < 0)
		return;
}
