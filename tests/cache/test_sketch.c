/* Counts that are about right, and grow old. */
#include "../base/check.h"

#include "cache/sketch.h"

#include "base/banned.h"

static void counts(void **state)
{
	struct cache_sketch sketch;
	struct draws draws = { 1 };
	unsigned exact = 0;

	(void)state;
	assert_ok(cache_sketch_init(&sketch, 4096));
	for (unsigned thing = 0; thing < 1000; thing++) {
		for (unsigned times = 0; times < thing % 10; times++)
			cache_sketch_add(&sketch, thing * UINT64_C(0x9e3779b97f4a7c15));
	}
	for (unsigned thing = 0; thing < 1000; thing++) {
		unsigned count = cache_sketch_get(&sketch, thing * UINT64_C(0x9e3779b97f4a7c15));

		assert_true(count >= thing % 10);
		exact += count == thing % 10;
	}
	assert_true(exact > 950);
	/* Of things that nobody asked for again nothing is left after a while; of one that was, something is. */
	for (unsigned i = 0; i < 200000; i++) {
		cache_sketch_add(&sketch, draw(&draws));
		if (i % 1000 == 0)
			cache_sketch_add(&sketch, 77);
	}
	assert_true(cache_sketch_get(&sketch, 77) >= 8);
	assert_true(sketch.added < sketch.most);
	cache_sketch_done(&sketch);
}

static void most(void **state)
{
	struct cache_sketch sketch;

	(void)state;
	assert_ok(cache_sketch_init(&sketch, 1));
	for (unsigned i = 0; i < 100; i++)
		cache_sketch_add(&sketch, 5);
	assert_int_equal(cache_sketch_get(&sketch, 5), 15);
	cache_sketch_done(&sketch);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(counts), cmocka_unit_test(most) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
