/* What is owed to limits: each by its own name, a flood that washes out nobody who owes much, threads, processes, and clocks. */
#include "../base/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/rate_table.h"

#include "base/banned.h"

#define S ((uint64_t)1000000)
#define START (1000 * S)

static const struct hash_seed seed = { 1, 2 };

static struct rate_table *table_new(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_false(rate_table_is_there(memory, bytes));
	assert_ok(rate_table_init(memory, bytes, seed));
	assert_true(rate_table_is_there(memory, bytes));
	assert_false(rate_table_is_there(memory, bytes / 2));
	return rate_table_open(memory);
}

static struct gcra gcra_of(int64_t count, int64_t per_ms, uint64_t burst)
{
	struct rate rate = { count, per_ms };
	struct gcra gcra = { 0 };

	assert_ok(gcra_make(&rate, burst, 0, 1000, RATE_OWED_MAX_US, &gcra));
	return gcra;
}

static uint64_t ask(struct rate_table *table, const struct gcra *gcra, uint64_t who, uint64_t now_us)
{
	uint64_t words[2] = { 7, who };

	return rate_table_ask(table, gcra, words, 2, now_us);
}

static void too_little_memory(void **state)
{
	_Alignas(64) static char memory[RATE_TABLE_BYTES_MIN];

	(void)state;
	assert_result(rate_table_init(memory, RATE_TABLE_BYTES_MIN - 1, seed), RESULT_LIMIT);
	assert_ok(rate_table_init(memory, RATE_TABLE_BYTES_MIN, seed));
}

static void each_has_its_own(void **state)
{
	struct rate_table *table = table_new(1 << 20);
	struct gcra gcra = gcra_of(10, 60000, 3);

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		for (uint64_t who = 0; who < 20000; who++)
			assert_int_equal(ask(table, &gcra, who, START), i < 3 ? 0 : 6 * S);
	}
	assert_int_equal(ask(table, &gcra, 5, START + 6 * S - 1), 1);
	assert_int_equal(ask(table, &gcra, 5, START + 6 * S), 0);
	assert_int_equal(ask(table, &gcra, 5, START + 6 * S), 6 * S);
	munmap(table, 1 << 20);
}

/* Charged afterwards: also beyond the burst, up to what the limit says. */
static void what_is_charged_is_owed(void **state)
{
	struct rate_table *table = table_new(1 << 20);
	struct rate rate = { 10, 1000 };
	uint64_t words[2] = { 7, 1 };
	struct gcra gcra;

	(void)state;
	assert_ok(gcra_make(&rate, 5, 10, 1000, RATE_OWED_MAX_US, &gcra));
	for (unsigned i = 1; i < 20; i++) {
		rate_table_charge(table, &gcra, words, 2, 1, START);
		assert_int_equal(rate_table_owes(table, words, 2, START), (i < 15 ? i : 15) * S / 10);
	}
	assert_int_equal(ask(table, &gcra, 1, START), 11 * S / 10);
	rate_table_charge(table, &gcra, words, 2, UINT64_MAX, START + S);
	assert_int_equal(rate_table_owes(table, words, 2, START + S), 15 * S / 10);
	assert_int_equal(ask(table, &gcra, 2, START), 0);
	rate_table_charge(table, &gcra, words, 2, 3, START + 1000 * S);
	assert_int_equal(rate_table_owes(table, words, 2, START + 1000 * S), 3 * S / 10);
	munmap(table, 1 << 20);
}

static void looking_costs_nothing(void **state)
{
	struct rate_table *table = table_new(1 << 20);
	struct gcra gcra = gcra_of(1, 10000, 1);
	uint64_t words[2] = { 7, 1 }, others[2] = { 7, 2 };

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rate_table_owes(table, words, 2, START), 0);
	assert_int_equal(ask(table, &gcra, 1, START), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rate_table_owes(table, words, 2, START + i), 10 * S - i);
	assert_int_equal(rate_table_owes(table, others, 2, START), 0);
	assert_int_equal(rate_table_owes(table, words, 2, START + 10 * S), 0);
	munmap(table, 1 << 20);
}

/* A model remembers each; the table says the same, at any time of day and with any rate. */
static void it_says_what_one_number_each_would(void **state)
{
	struct rate_table *table = table_new(1 << 20);
	struct draws draws = { 4 };
	uint64_t tats[200] = { 0 }, now = START;

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		uint64_t who = draw_below(&draws, 200);
		struct gcra gcra = gcra_of(1 + (int64_t)who, 60000, 1 + who % 9);
		struct gcra_answer answer = gcra_ask(&gcra, tats[who], now, 1);

		assert_int_equal(ask(table, &gcra, who, now), answer.retry_after);
		tats[who] = answer.tat;
		now += draw_below(&draws, draw_below(&draws, 1000) ? 300000 : 40 * 3600 * S);
	}
	munmap(table, 1 << 20);
}

static void a_flood_forgives_nobody_who_owes_most(void **state)
{
	struct rate_table *table = table_new(65536);
	struct gcra gcra = gcra_of(10, 60000, 5);
	unsigned refused = 0;

	(void)state;
	for (uint64_t who = 0; who < 100; who++) {
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(ask(table, &gcra, who, START), 0);
	}
	for (uint64_t who = 1000; who < 1000000; who++)
		(void)ask(table, &gcra, who, START);
	for (uint64_t who = 0; who < 100; who++)
		refused += ask(table, &gcra, who, START) != 0;
	assert_int_equal(refused, 100);
	munmap(table, 65536);
}

static void clocks(void **state)
{
	struct rate_table *table = table_new(65536);
	struct gcra gcra = gcra_of(1, 3600000, 2), other = gcra_of(10, 60000, 1);
	uint64_t year = 365 * 86400 * S;

	(void)state;
	assert_int_equal(ask(table, &gcra, 1, year), 0);
	assert_int_equal(ask(table, &gcra, 1, year), 0);
	assert_int_equal(ask(table, &gcra, 1, year), 3600 * S);
	/* set back by less than a day: as much is owed as may be, and no more; by more: it is forgotten */
	assert_int_equal(ask(table, &gcra, 1, year - 3600 * S), 3600 * S);
	assert_int_equal(ask(table, &gcra, 1, year), 0);
	assert_int_equal(ask(table, &gcra, 1, year - 2 * 86400 * S), 0);
	/* the limit is another after a reload: nobody waits for what the old one said */
	assert_int_equal(ask(table, &gcra, 2, year), 0);
	assert_int_equal(ask(table, &other, 2, year), 6 * S);
	assert_int_equal(ask(table, &other, 2, year + 6 * S), 0);
	/* times come round again every 203 days */
	for (uint64_t days = 1; days < 400; days++) {
		assert_int_equal(ask(table, &other, 3, year + days * 86400 * S), 0);
		assert_int_not_equal(ask(table, &other, 3, year + days * 86400 * S), 0);
	}
	munmap(table, 65536);
}

struct crowd {
	struct rate_table *table;
	struct gcra gcra;
	_Atomic uint64_t allowed[64];
};

static void *come(void *context)
{
	struct crowd *crowd = context;
	struct draws draws = { (uint64_t)(uintptr_t)pthread_self() };

	for (unsigned i = 0; i < 100000; i++) {
		unsigned who = (unsigned)draw_below(&draws, 64);

		if (!ask(crowd->table, &crowd->gcra, who, START + i * 10))
			atomic_fetch_add(&crowd->allowed[who], 1);
	}
	return NULL;
}

/* Of any number that come at once as many pass as would one after another. */
static void no_more_pass_together(void **state)
{
	struct crowd *crowd = mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_t threads[4];
	pid_t child;
	int status;

	(void)state;
	assert_ptr_not_equal(crowd, MAP_FAILED);
	crowd->table = table_new(65536);
	crowd->gcra = gcra_of(100, 1000, 20);
	for (unsigned i = 0; i < 64; i++) {  /* so that nobody is new: see the header */
		assert_int_equal(ask(crowd->table, &crowd->gcra, i, START), 0);
		atomic_store(&crowd->allowed[i], 1);
	}
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		come(crowd);
		_exit(0);
	}
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come, crowd), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (unsigned i = 0; i < 64; i++) {
		uint64_t allowed = atomic_load(&crowd->allowed[i]);

		/* 20 at once and one each 10 ms of a second; threads whose clocks are apart let in no more than one clock would */
		assert_true(allowed <= 20 + 100 && allowed >= 20);
	}
	munmap(crowd->table, 65536);
	munmap(crowd, sizeof(*crowd));
}

static void a_killed_writer_leaves_whole_words(void **state)
{
	struct rate_table *table = table_new(65536);
	_Atomic uint32_t *rounds = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct gcra gcra = gcra_of(10, 60000, 2);

	(void)state;
	assert_ptr_not_equal(rounds, MAP_FAILED);
	for (unsigned kills = 0; kills < 20; kills++) {
		pid_t child = fork();
		int status;

		assert_true(child >= 0);
		while (!child)
			(void)ask(table, &gcra, atomic_fetch_add(rounds, 1) % 1000, START);  /* however quick it is, the table is not full */
		while (atomic_load(rounds) < (kills + 1) * 500)
			;
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(ask(table, &gcra, UINT64_MAX - kills, START), 0);
		assert_int_equal(ask(table, &gcra, UINT64_MAX - kills, START), 0);
		assert_int_equal(ask(table, &gcra, UINT64_MAX - kills, START), 6 * S);
	}
	munmap(rounds, 4096);
	munmap(table, 65536);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_little_memory),
		cmocka_unit_test(each_has_its_own),
		cmocka_unit_test(looking_costs_nothing),
		cmocka_unit_test(what_is_charged_is_owed),
		cmocka_unit_test(it_says_what_one_number_each_would),
		cmocka_unit_test(a_flood_forgives_nobody_who_owes_most),
		cmocka_unit_test(clocks),
		cmocka_unit_test(no_more_pass_together),
		cmocka_unit_test(a_killed_writer_leaves_whole_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
