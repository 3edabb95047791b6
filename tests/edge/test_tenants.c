/* Tenants that come and go while others take and give, in many threads. */
#include "base/check.h"
#include "edge/sites/tenants.h"

#define THREADS 4u
#define ROUNDS 20000u

static void numbers_are_the_lowest(void **state)
{
	struct edge_tenants tenants;
	struct edge_tenant *held[3], *again;

	(void)state;
	edge_tenants_init(&tenants);
	for (unsigned i = 0; i < 3; i++) {
		held[i] = edge_tenant_hold(&tenants, 100 + i);
		assert_non_null(held[i]);
		assert_int_equal(held[i]->number, i);
	}
	again = edge_tenant_hold(&tenants, 101);
	assert_ptr_equal(again, held[1]);
	edge_tenant_drop(&tenants, again);
	assert_int_equal(edge_tenants_count(&tenants), 3);
	edge_tenant_drop(&tenants, held[0]);
	held[0] = edge_tenant_hold(&tenants, 200);
	assert_int_equal(held[0]->number, 0);
	edge_tenant_drop(&tenants, held[1]);
	held[1] = edge_tenant_hold(&tenants, 201);
	assert_int_equal(held[1]->number, 1);
	for (unsigned i = 0; i < 3; i++)
		edge_tenant_drop(&tenants, held[i]);
	edge_tenants_done(&tenants);
}

/* A reload brings a second tenant: it has its share though the first has everything; what was taken is given back whatever the shares are. */
static void a_tenant_comes_and_goes(void **state)
{
	struct edge_tenants tenants;
	struct edge_tenant *first, *second;

	(void)state;
	edge_tenants_init(&tenants);
	edge_tenants_set(&tenants, SHARED_DISK, 1000);
	first = edge_tenant_hold(&tenants, 1);
	assert_true(edge_tenant_take(&tenants, first, SHARED_DISK, 1000));
	second = edge_tenant_hold(&tenants, 2);
	assert_false(edge_tenant_take(&tenants, first, SHARED_DISK, 1));
	assert_true(edge_tenant_take(&tenants, second, SHARED_DISK, 250));
	assert_false(edge_tenant_take(&tenants, second, SHARED_DISK, 1));
	assert_false(edge_tenant_take(&tenants, second, SHARED_FILES, 1));  /* another thing */
	edge_tenant_give(&tenants, first, SHARED_DISK, 600);
	assert_int_equal(edge_tenants_used(&tenants, SHARED_DISK), 650);
	edge_tenants_set(&tenants, SHARED_DISK, 100);                       /* and a smaller disk */
	assert_false(edge_tenant_take(&tenants, first, SHARED_DISK, 1));
	edge_tenant_give(&tenants, second, SHARED_DISK, 250);
	edge_tenant_drop(&tenants, second);
	edge_tenant_give(&tenants, first, SHARED_DISK, 400);
	assert_true(edge_tenant_take(&tenants, first, SHARED_DISK, 100));
	edge_tenant_give(&tenants, first, SHARED_DISK, 100);
	edge_tenant_drop(&tenants, first);
	edge_tenants_done(&tenants);
}

static struct edge_tenants shared;
static _Atomic unsigned refused;

/* Each thread is a worker with one tenant of its own and one that all have; a third comes and goes, as with reloads. */
static void *work(void *context)
{
	uint64_t own = 10 + *(unsigned *)context;
	struct edge_tenant *mine = edge_tenant_hold(&shared, own), *all = edge_tenant_hold(&shared, 1);

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct edge_tenant *passing = i % 64 ? NULL : edge_tenant_hold(&shared, 1000 + own);
		bool has_lent = edge_tenant_take(&shared, all, SHARED_DISK, 700);

		/* Never more than the share of as many as there can be: nobody may refuse it. */
		if (edge_tenant_take(&shared, mine, SHARED_DISK, 10000 / 2 / (2 * THREADS + 1)))
			edge_tenant_give(&shared, mine, SHARED_DISK, 10000 / 2 / (2 * THREADS + 1));
		else
			refused++;
		if (has_lent)
			edge_tenant_give(&shared, all, SHARED_DISK, 700);
		if (passing)
			edge_tenant_drop(&shared, passing);
	}
	edge_tenant_drop(&shared, all);
	edge_tenant_drop(&shared, mine);
	return NULL;
}

static void threads_share(void **state)
{
	pthread_t threads[THREADS];
	unsigned numbers[THREADS];

	(void)state;
	edge_tenants_init(&shared);
	edge_tenants_set(&shared, SHARED_DISK, 10000);
	for (unsigned i = 0; i < THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, work, &numbers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(refused, 0);
	assert_int_equal(edge_tenants_used(&shared, SHARED_DISK), 0);
	edge_tenants_done(&shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_the_lowest),
		cmocka_unit_test(a_tenant_comes_and_goes),
		cmocka_unit_test(threads_share),
	};

	return cmocka_run_group_tests_name("edge/tenants", tests, NULL, NULL);
}
