#include "stage.h"

#include "event/sample.h"

static unsigned flood(struct sample *sample, uint32_t second, enum reason reason, unsigned status, unsigned group, unsigned count)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < count; i++)
		taken += sample_take(sample, second, reason, status, group);
	return taken;
}

static void never_more_than_the_share(void **state)
{
	static const unsigned shares[] = { 1, 2, 3, 10, 64, 100, 1000, 100000 };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		struct sample *sample = malloc(sizeof(*sample));

		sample_init(sample);
		sample_set_share(sample, shares[i]);
		for (uint32_t second = 1; second < 4; second++) {
			unsigned taken = 0;

			for (unsigned j = 0; j < 300000; j++)
				taken += sample_take(sample, second, (enum reason)(j % REASON_COUNT), j % 600, j / 7);
			assert_true(taken <= shares[i]);
			assert_true(taken >= (shares[i] + 1) / 2);
		}
		free(sample);
	}
}

static void a_flood_of_one_kind_leaves_room_for_the_others(void **state)
{
	struct sample *sample = malloc(sizeof(*sample));

	(void)state;
	sample_init(sample);
	sample_set_share(sample, 1000);
	for (uint32_t second = 1; second < 3; second++) {
		assert_in_range(flood(sample, second, REASON_CONNECTIONS, 429, 1, 100000), 500, 520);
		assert_true(flood(sample, second, REASON_NONE, 200, 2, 1000) >= 10);    /* another class */
		assert_true(flood(sample, second, REASON_CONNECTIONS, 429, 3, 1000) >= 10);  /* another site */
		assert_true(flood(sample, second, REASON_NONE, 503, 1, 1000) >= 10);    /* another status */
	}
	free(sample);
}

static void a_quiet_worker_takes_everything(void **state)
{
	struct sample *sample = malloc(sizeof(*sample));

	(void)state;
	sample_init(sample);
	sample_set_share(sample, 100);
	assert_int_equal(flood(sample, 1, REASON_NONE, 200, 0, 50), 50);
	assert_int_equal(flood(sample, 2, REASON_NONE, 200, 0, 50), 50);
	sample_set_share(sample, 10);
	assert_true(flood(sample, 2, REASON_NONE, 200, 0, 50) <= 10);
	free(sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_more_than_the_share), cmocka_unit_test(a_flood_of_one_kind_leaves_room_for_the_others),
		cmocka_unit_test(a_quiet_worker_takes_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
