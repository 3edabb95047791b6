/* One time for newcomers, whatever number of listeners they come to. */
#include "../base/check.h"

#include "edge/client/accepting.h"

#include "base/banned.h"

#define LISTENERS_MAX 16

/* For ROUNDS rounds all LISTENERS have more newcomers than there is time, each of which takes ONE_NS: how long each has had in all. */
static uint64_t longest_round_ns(unsigned listeners, unsigned rounds, uint64_t one_ns, uint64_t had_ns[LISTENERS_MAX])
{
	struct accepting accepting = { 0 };
	uint64_t longest_ns = 0;

	for (unsigned round = 1; round <= rounds; round++) {
		uint64_t round_ns = 0;

		for (unsigned i = 0; i < listeners; i++) {
			uint64_t part_ns = accepting_part_ns(&accepting, round), took_ns = 0;

			do {
				took_ns += one_ns;
			} while (took_ns < part_ns);
			accepting_spend(&accepting, took_ns);
			had_ns[i] += took_ns;
			round_ns += took_ns;
		}
		longest_ns = round_ns > longest_ns ? round_ns : longest_ns;
	}
	return longest_ns;
}

static void one_time_for_all(void **state)
{
	static const struct { unsigned listeners; uint64_t one_ns; } table[] = {
		{ 1, 10000 }, { 2, 10000 }, { 4, 10000 }, { 16, 10000 }, { 1, 1500000 }, { 4, 1500000 }, { 16, 3000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		uint64_t had_ns[LISTENERS_MAX] = { 0 };
		uint64_t longest_ns = longest_round_ns(table[i].listeners, 100, table[i].one_ns, had_ns);

		if (longest_ns > ACCEPTING_NS + table[i].listeners * table[i].one_ns)
			fail_msg("row %zu: %llu ns in one round", i, (unsigned long long)longest_ns);
		for (unsigned k = 0; k < table[i].listeners; k++)
			assert_true(had_ns[k] >= 100 * table[i].one_ns);
	}
}

/* All have newcomers, round after round: each has its part from the second round on. */
static void nobody_is_left_out(void **state)
{
	uint64_t had_ns[LISTENERS_MAX] = { 0 };

	(void)state;
	longest_round_ns(4, 101, 10000, had_ns);
	for (unsigned i = 0; i < 4; i++)
		assert_in_range(had_ns[i], 100 * (ACCEPTING_NS / 4), 102 * (ACCEPTING_NS / 4) + ACCEPTING_NS);
}

/* What the others do not need is for the one that does. */
static void nothing_is_kept_free(void **state)
{
	struct accepting accepting = { 0 };

	(void)state;
	for (uint64_t round = 1; round < 3; round++) {
		for (unsigned i = 0; i < 4; i++)
			accepting_spend(&accepting, accepting_part_ns(&accepting, round) / 8);
	}
	assert_int_equal(accepting_part_ns(&accepting, 3), ACCEPTING_NS / 4);  /* four had some a moment ago */
	assert_int_equal(accepting_part_ns(&accepting, 4), ACCEPTING_NS);
	assert_int_equal(accepting_part_ns(&accepting, 5), ACCEPTING_NS);
	accepting_spend(&accepting, ACCEPTING_NS - 1000);
	assert_int_equal(accepting_part_ns(&accepting, 5), 1000);
	accepting_spend(&accepting, 5000);
	assert_int_equal(accepting_part_ns(&accepting, 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_time_for_all), cmocka_unit_test(nobody_is_left_out), cmocka_unit_test(nothing_is_kept_free),
	};

	return cmocka_run_group_tests_name("edge/accepting", tests, NULL, NULL);
}
