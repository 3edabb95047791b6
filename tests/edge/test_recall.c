/* Whoever waits for the disk is woken, whenever the thread of the copies tells him. */
#include "../base/check.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "edge/request.h"

#include "base/banned.h"

#define WAITING 64u
#define ROUNDS 4000u
#define PATIENCE_MS 5000u

struct stage {
	struct worker worker;
	struct connection connection;
	struct request *requests;
	unsigned round;              /* atomic: whose tickets are to be told */
	unsigned told;               /* atomic: those of this round have been */
};

/* Each of them a moment after the one before it, the first in the worker's list last: it has been looked at when it is told, as often as not. */
static void tell_all(struct stage *stage, unsigned round)
{
	for (unsigned i = WAITING; i-- > 0;) {
		struct copy_ticket *ticket = &stage->requests[i].caching.recall.ticket;

		for (unsigned volatile spins = i ? 0 : round % 512 * 8; spins > 0; spins--)
			continue;
		__atomic_store_n(&ticket->is_told, true, __ATOMIC_RELEASE);
		ticket->wake(ticket);
	}
}

static void *tell(void *context)
{
	struct stage *stage = context;

	for (unsigned round = 1; round <= ROUNDS; round++) {
		unsigned now;

		while ((now = __atomic_load_n(&stage->round, __ATOMIC_ACQUIRE)) < round)
			sched_yield();
		if (now > ROUNDS)
			break;
		tell_all(stage, round);
		__atomic_store_n(&stage->told, round, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void wait_again(struct stage *stage)
{
	for (unsigned i = 0; i < WAITING; i++) {
		struct recall *recall = &stage->requests[i].caching.recall;

		recall->ticket.is_told = false;
		list_add_last(&stage->worker.copies_waiting, &recall->waiting);
	}
}

static void nobody_is_forgotten(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	pthread_t teller;
	bool is_forgotten = false;

	(void)state;
	assert_non_null(stage);
	stage->requests = calloc(WAITING, sizeof(*stage->requests));
	assert_non_null(stage->requests);
	assert_ok(loop_init(&stage->worker.loop));
	continuity_worker_init(&stage->worker);
	stage->connection.worker = &stage->worker;
	for (unsigned i = 0; i < WAITING; i++) {
		/* Woken, it finds a step of its own under way, and does nothing. */
		stage->requests[i] = (struct request){ .connection = &stage->connection, .is_h2 = true, .is_advancing = true };
		continuity_init(&stage->requests[i]);
		stage->requests[i].caching.recall.ticket.context = &stage->worker;
	}
	assert_int_equal(pthread_create(&teller, NULL, tell, stage), 0);
	for (unsigned round = 1; round <= ROUNDS && !is_forgotten; round++) {
		uint64_t until_ms = clock_mono_ms() + PATIENCE_MS;

		wait_again(stage);
		__atomic_store_n(&stage->round, round, __ATOMIC_RELEASE);
		while (!list_is_empty(&stage->worker.copies_waiting) && clock_mono_ms() < until_ms)
			loop_turn(&stage->worker.loop, 0);
		is_forgotten = !list_is_empty(&stage->worker.copies_waiting);
		while (__atomic_load_n(&stage->told, __ATOMIC_ACQUIRE) < round)
			sched_yield();
	}
	__atomic_store_n(&stage->round, ROUNDS + 1, __ATOMIC_RELEASE);
	pthread_join(teller, NULL);
	assert_false(is_forgotten);
	loop_turn(&stage->worker.loop, 0);
	loop_done(&stage->worker.loop);
	free(stage->requests);
	free(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nobody_is_forgotten) };

	return cmocka_run_group_tests_name("edge/recall", tests, NULL, NULL);
}
