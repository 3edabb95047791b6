/* Which lane a caller gets by what is known of him. */
#include "../base/check.h"

#include "edge/caller.h"

#include "base/banned.h"

static void lanes(void **state)
{
	static const struct { bool is_partner, is_known, has_token, was_banned; enum budget_level level; enum lane lane; } table[] = {
		{ false, false, false, false, BUDGET_WITHIN, LANE_PLAUSIBLE },
		{ false, true, false, false, BUDGET_WITHIN, LANE_KNOWN },
		{ false, false, true, false, BUDGET_WITHIN, LANE_KNOWN },
		{ false, true, true, false, BUDGET_OVER, LANE_REST },
		{ false, true, false, true, BUDGET_WITHIN, LANE_REST },
		{ false, false, false, false, BUDGET_FAR, LANE_REST },
		{ true, false, false, true, BUDGET_FAR, LANE_PARTNER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct caller caller = { .is_partner = table[i].is_partner, .is_known = table[i].is_known, .has_token = table[i].has_token,
			                 .was_banned = table[i].was_banned, .budget.level = table[i].level };

		caller_choose_lane(&caller);
		assert_int_equal(caller.lane, table[i].lane);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lanes) };

	return cmocka_run_group_tests_name("edge/caller", tests, NULL, NULL);
}
