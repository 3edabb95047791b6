/* What the hub said of its alerts, and how long it counts. */
#include "../base/check.h"

#include "edge/sites/alive.h"

#define NOW_MS UINT64_C(1796025600000)

static void a_word_is_forgotten(void **unused)
{
	struct alive alive = { 0 }, seen;

	(void)unused;
	assert_int_equal(alive_look(&alive, NOW_MS).state, ALIVE_UNKNOWN);
	alive_tell(&alive, ALIVE_OK, 2, 1, NOW_MS);
	alive_tell(&alive, ALIVE_OK, 2, 0, NOW_MS + 60000);
	seen = alive_look(&alive, NOW_MS + 60000 + ALIVE_FORGET_MS);
	assert_true(seen.state == ALIVE_OK && seen.since_ms == NOW_MS && seen.paths == 2 && seen.failing == 0);
	seen = alive_look(&alive, NOW_MS + 60001 + ALIVE_FORGET_MS);
	assert_true(seen.state == ALIVE_UNKNOWN && !seen.since_ms && seen.told_ms);
	assert_int_equal(alive_look(&alive, NOW_MS).state, ALIVE_UNKNOWN);  /* told in the future: the clock was put back */
	alive_tell(&alive, ALIVE_FAILING, 2, 2, NOW_MS + 70000);
	assert_int_equal(alive_look(&alive, NOW_MS + 70000).since_ms, NOW_MS + 70000);
	/* Between two words too long ago it may have been otherwise. */
	alive_tell(&alive, ALIVE_FAILING, 2, 2, NOW_MS + 70001 + ALIVE_FORGET_MS);
	assert_int_equal(alive_look(&alive, NOW_MS + 70001 + ALIVE_FORGET_MS).since_ms, NOW_MS + 70001 + ALIVE_FORGET_MS);
}

static void names_are_found(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < ALIVE_COUNT; i++)
		assert_int_equal(alive_find(alive_name(i)), i);
	assert_int_equal(alive_find(SPAN("")), ALIVE_COUNT);
	assert_int_equal(alive_find(SPAN("OK")), ALIVE_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_word_is_forgotten), cmocka_unit_test(names_are_found) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
