/* The loop: edges, jobs, posts from other threads, and what may be freed when. */
#include "check.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"

struct end {
	struct watch watch;
	struct loop *loop;
	struct end *other;      /* forgotten and closed when this one is told */
	struct job last;
	unsigned told;
	uint32_t events;
};

static void free_end(struct job *job)
{
	free(list_entry(job, struct end, last));
}

static void told(struct watch *watch, uint32_t events)
{
	struct end *end = list_entry(watch, struct end, watch);

	end->told++;
	end->events |= events;
	if (end->other) {
		int fd = end->other->watch.fd;

		loop_forget(end->loop, &end->other->watch);
		close(fd);
		loop_later(end->loop, &end->other->last);
		end->other->other = NULL;
		end->other = NULL;
	}
}

static struct end *end_new(struct loop *loop, int fd, uint32_t events, bool is_level)
{
	struct end *end = calloc(1, sizeof(*end));

	assert_non_null(end);
	end->watch = (struct watch){ -1, told };
	end->loop = loop;
	job_init(&end->last, free_end);
	assert_ok(is_level ? loop_watch_level(loop, &end->watch, fd, events) : loop_watch(loop, &end->watch, fd, events));
	return end;
}

static void edges_and_levels(void **state)
{
	struct loop loop;
	struct end *edge, *level;
	int fds[2];

	(void)state;
	assert_ok(loop_init(&loop));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	edge = end_new(&loop, fds[0], EPOLLIN, false);
	level = end_new(&loop, fds[1], EPOLLIN, true);
	assert_int_equal(write(fds[0], "x", 1), 1);
	assert_int_equal(write(fds[1], "x", 1), 1);
	for (unsigned i = 0; i < 3; i++)
		loop_turn(&loop, 0);
	assert_int_equal(edge->told, 1);   /* one edge, told once */
	assert_int_equal(level->told, 3);  /* told as long as it is there */
	assert_result(loop_watch(&loop, &edge->watch, -1, EPOLLIN), RESULT_IO);
	assert_int_equal(edge->watch.fd, fds[0]);
	loop_forget(&loop, &edge->watch);
	loop_forget(&loop, &edge->watch);
	assert_int_equal(edge->watch.fd, -1);
	assert_int_equal(write(fds[1], "y", 1), 1);
	loop_turn(&loop, 0);
	assert_int_equal(edge->told, 1);
	loop_later(&loop, &edge->last);
	loop_later(&loop, &level->last);
	loop_turn(&loop, 0);
	close(fds[0]);
	close(fds[1]);
	loop_done(&loop);
}

/* Two events in one round; the first kills the second's connection: it must not be told, and lives until the job. */
static void what_dies_in_a_round_is_not_told(void **state)
{
	struct loop loop;
	struct end *ends[2];
	int a[2], b[2];

	(void)state;
	assert_ok(loop_init(&loop));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b), 0);
	ends[0] = end_new(&loop, a[0], EPOLLIN, false);
	ends[1] = end_new(&loop, b[0], EPOLLIN, false);
	ends[0]->other = ends[1];
	ends[1]->other = ends[0];
	assert_int_equal(write(a[1], "x", 1), 1);
	assert_int_equal(write(b[1], "x", 1), 1);
	loop_turn(&loop, 100);
	loop_turn(&loop, 0);
	/* Whoever was first is the one left: told exactly once. ASan sees it if the dead one was touched. */
	struct end *left = NULL;

	for (unsigned i = 0; i < 2; i++) {
		int fd = i ? b[0] : a[0];

		if (write(fd, "", 0) == 0)
			left = ends[i];
	}
	assert_non_null(left);
	assert_int_equal(left->told, 1);
	close(left->watch.fd);
	free(left);
	close(a[1]);
	close(b[1]);
	loop_done(&loop);
}

struct task {
	struct job job;
	struct loop *loop;
	struct task *then;      /* run later from within this one */
	unsigned ran, order;
};

static unsigned order;

static void run_task(struct job *job)
{
	struct task *task = list_entry(job, struct task, job);

	task->ran++;
	task->order = ++order;
	if (task->then)
		loop_later(task->loop, &task->then->job);
}

static void jobs_run_once_in_order_and_not_in_their_own_round(void **state)
{
	struct loop loop;
	struct task tasks[3];

	(void)state;
	order = 0;
	assert_ok(loop_init(&loop));
	for (unsigned i = 0; i < 3; i++) {
		tasks[i] = (struct task){ .loop = &loop };
		job_init(&tasks[i].job, run_task);
	}
	tasks[0].then = &tasks[0];  /* itself again */
	tasks[1].then = &tasks[2];  /* waits already: nothing */
	loop_later(&loop, &tasks[0].job);
	loop_later(&loop, &tasks[1].job);
	loop_later(&loop, &tasks[2].job);
	loop_later(&loop, &tasks[0].job);
	loop_turn(&loop, 1000);  /* does not sleep: jobs wait */
	assert_int_equal(tasks[0].ran, 1);
	assert_int_equal(tasks[1].ran, 1);
	assert_int_equal(tasks[2].ran, 1);
	assert_true(tasks[0].order < tasks[1].order && tasks[1].order < tasks[2].order);
	tasks[1].then = tasks[0].then = NULL;
	loop_turn(&loop, 1000);
	assert_int_equal(tasks[0].ran, 2);
	assert_int_equal(tasks[2].ran, 1);
	loop_done(&loop);
}

#define POSTERS 3
#define POSTS 2000

struct posted {
	struct job job;
	unsigned *count;
	unsigned poster, number;
	struct loop *loop;
};

static unsigned next_number[POSTERS];

static void count_post(struct job *job)
{
	struct posted *posted = list_entry(job, struct posted, job);

	assert_int_equal(posted->number, next_number[posted->poster]++);  /* in each poster's own order */
	if (++*posted->count == POSTERS * POSTS)
		loop_stop(posted->loop);
	free(posted);
}

struct poster {
	struct loop *loop;
	unsigned *count, number;
};

static void *post_all(void *argument)
{
	struct poster *poster = argument;

	for (unsigned i = 0; i < POSTS; i++) {
		struct posted *posted = malloc(sizeof(*posted));

		if (!posted)
			abort();
		*posted = (struct posted){ .count = poster->count, .poster = poster->number, .number = i, .loop = poster->loop };
		job_init(&posted->job, count_post);
		loop_post(poster->loop, &posted->job);
	}
	return NULL;
}

static void posts_from_threads_all_arrive_and_wake(void **state)
{
	struct loop loop;
	struct poster posters[POSTERS];
	pthread_t threads[POSTERS];
	unsigned count = 0;
	uint64_t start_ms = clock_mono_ms();

	(void)state;
	assert_ok(loop_init(&loop));
	for (unsigned i = 0; i < POSTERS; i++) {
		posters[i] = (struct poster){ &loop, &count, i };
		assert_int_equal(pthread_create(&threads[i], NULL, post_all, &posters[i]), 0);
	}
	loop_run(&loop);
	for (unsigned i = 0; i < POSTERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(count, POSTERS * POSTS);
	assert_true(clock_mono_ms() - start_ms < 20000);
	loop_done(&loop);
}

static void *stop_soon(void *argument)
{
	usleep(20000);
	loop_stop(argument);
	return NULL;
}

static void stopping_wakes_a_sleeper(void **state)
{
	struct loop loop;
	pthread_t thread;
	uint64_t start_ms = clock_mono_ms();

	(void)state;
	assert_ok(loop_init(&loop));
	assert_int_equal(pthread_create(&thread, NULL, stop_soon, &loop), 0);
	loop_run(&loop);
	pthread_join(thread, NULL);
	assert_true(clock_mono_ms() - start_ms < 900);  /* it would have slept a second */
	loop_done(&loop);
}

static unsigned rung;

static void ring(struct timer *timer)
{
	(void)timer;
	rung++;
}

static void timers_fire_on_the_loop(void **state)
{
	struct loop loop;
	struct timer timer;
	uint64_t start_ms;

	(void)state;
	assert_ok(loop_init(&loop));
	timer_init(&timer, ring);
	start_ms = clock_mono_ms();
	timer_set(&loop.timers, &timer, start_ms + 40);
	while (!rung)
		loop_turn(&loop, 1000);
	assert_in_range(clock_mono_ms() - start_ms, 40, 400);
	assert_true(loop.now_ms >= start_ms + 40);
	assert_true(loop.wall_ns > 1600000000000000000u);
	loop_done(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_and_levels), cmocka_unit_test(what_dies_in_a_round_is_not_told),
		cmocka_unit_test(jobs_run_once_in_order_and_not_in_their_own_round), cmocka_unit_test(posts_from_threads_all_arrive_and_wake),
		cmocka_unit_test(stopping_wakes_a_sleeper), cmocka_unit_test(timers_fire_on_the_loop),
	};

	return cmocka_run_group_tests_name("base/loop", tests, NULL, NULL);
}
