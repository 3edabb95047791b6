/* What a source owes says the same as the arrival time that it stands for, however the clock runs. */
#include "../base/check.h"

#include "guard/budget.h"

#include "base/banned.h"

#define S ((uint64_t)1000000)

static void as_its_arrival_time(void **state)
{
	struct draws draws = { 8 };
	struct rate rates[BUDGET_COUNT] = { { 10, 1000 }, { 5, 60000 }, { 1000, 1000 }, { 30, 3600000 }, { 1, 1000 }, { 7, 60000 } };
	uint64_t tats[BUDGET_COUNT] = { 0 }, now = 50 * S;
	struct gcra gcra[BUDGET_COUNT];
	struct source_entry entry;
	unsigned refused = 0;

	(void)state;
	for (unsigned i = 0; i < BUDGET_COUNT; i++)
		assert_ok(gcra_make(&rates[i], 3 + i, 2 * i, 1000, ENTRY_OWED_MAX_US, &gcra[i]));
	entry_begin(&entry, (struct source_key){ 1, SOURCE_V4 }, now);
	for (unsigned i = 0; i < 300000; i++) {
		unsigned which = (unsigned)draw_below(&draws, BUDGET_COUNT);
		uint64_t weight = draw_below(&draws, 4);

		now += draw_below(&draws, draw_below(&draws, 500) ? 400000 : 3600 * S);
		entry_advance(&entry, now);
		if (draw_below(&draws, 5)) {
			struct gcra_answer answer = gcra_ask(&gcra[which], tats[which], now, weight);

			assert_int_equal(budget_ask(&entry, (enum source_budget)which, &gcra[which], weight), answer.retry_after);
			tats[which] = answer.tat;
			refused += !answer.is_allowed;
		} else {
			budget_charge(&entry, (enum source_budget)which, &gcra[which], weight);
			tats[which] = gcra_charge(&gcra[which], tats[which], now, weight);
		}
	}
	assert_true(refused > 10000);
}

static void it_ends_somewhere(void **state)
{
	struct gcra gcra;
	struct rate rate = { 1, 1000 };
	struct source_entry entry;

	(void)state;
	assert_result(gcra_make(&rate, 4000, 1000, 1000, ENTRY_OWED_MAX_US, &gcra), RESULT_LIMIT);
	assert_ok(gcra_make(&rate, 2000, 1000, 1000, ENTRY_OWED_MAX_US, &gcra));
	entry_begin(&entry, (struct source_key){ 1, SOURCE_V4 }, 0);
	budget_charge(&entry, BUDGET_COST, &gcra, UINT64_MAX);
	assert_int_equal(entry.owed_us[BUDGET_COST], gcra.most);
	assert_int_equal(budget_ask(&entry, BUDGET_COST, &gcra, 1), 1001 * S);
	assert_int_equal(budget_ask(&entry, BUDGET_COST, &gcra, 2001), GCRA_NEVER);
	assert_int_equal(budget_ask(&entry, BUDGET_BYTES, &gcra, 2000), 0);
	/* the clock is set back by a day: what was owed is, and no longer than it was */
	entry_advance(&entry, 86400 * S);
	budget_charge(&entry, BUDGET_COST, &gcra, 5);
	entry_advance(&entry, 10 * S);
	assert_int_equal(entry.owed_us[BUDGET_COST], 5 * S);
	entry_advance(&entry, 15 * S);
	assert_int_equal(entry.owed_us[BUDGET_COST], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(as_its_arrival_time), cmocka_unit_test(it_ends_somewhere) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
