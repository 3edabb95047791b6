/* What is shared: shares hold whatever others took, the rest is lent, and nothing is lost or made by taking and giving. */
#include "base/check.h"

#include "base/budget.h"

#define PARTIES 5u

static uint64_t take_all(struct budget *budget, struct budget_party *party, uint64_t step)
{
	while (budget_take(budget, party, step))
		;
	return party->used;
}

static void alone_it_is_all_of_it(void **state)
{
	struct budget budget;
	struct budget_party party = { 0 };

	(void)state;
	budget_set(&budget, 1000, 1);
	assert_int_equal(take_all(&budget, &party, 10), 1000);
	budget_give(&budget, &party, 10);
	assert_true(budget_take(&budget, &party, 10));
	assert_false(budget_take(&budget, &party, 1));
	assert_false(budget_take(&budget, &party, UINT64_MAX));
	assert_int_equal(budget.used, 1000);
	budget_set(&budget, 0, 1);
	assert_false(budget_take(&budget, &(struct budget_party){ 0 }, 1));
}

/* Whatever the first takes, the second has its share, and may be lent something. */
static void a_flood_leaves_the_others_their_shares(void **state)
{
	struct budget budget;
	struct budget_party parties[PARTIES] = { { 0 } };

	(void)state;
	budget_set(&budget, 1000, PARTIES);
	assert_int_equal(budget.share, 100);
	assert_int_equal(take_all(&budget, &parties[0], 1), 100 + 250);
	assert_int_equal(take_all(&budget, &parties[1], 1), 100 + 125);
	for (unsigned i = 2; i < PARTIES; i++)
		assert_true(take_all(&budget, &parties[i], 1) >= 100);
	assert_true(budget.used <= 1000);
	/* What was lent comes back, and is somebody else's to have. */
	budget_give(&budget, &parties[0], parties[0].used);
	assert_true(take_all(&budget, &parties[4], 1) > 100 + 100);
}

static void sums_are_right(const struct budget *budget, const struct budget_party *parties)
{
	uint64_t used = 0, lent = 0;

	for (unsigned i = 0; i < PARTIES; i++) {
		used += parties[i].used;
		lent += parties[i].used > budget->share ? parties[i].used - budget->share : 0;
	}
	assert_int_equal(budget->used, used);
	assert_int_equal(budget->lent, lent);
}

/* In any order; and whoever is within its share is never refused. */
static void nothing_is_lost(void **state)
{
	struct budget budget;
	struct budget_party parties[PARTIES] = { { 0 } };
	uint32_t draw = 1;

	(void)state;
	budget_set(&budget, 100000, PARTIES);
	for (unsigned i = 0; i < 100000; i++) {
		struct budget_party *party = &parties[(draw = draw * 1664525u + 1013904223u) >> 8 & 3];
		uint64_t amount = draw >> 16 & 4095, before = party->used;

		if (draw & 0x80) {
			bool is_taken = budget_take(&budget, party, amount);

			assert_true(is_taken || before + amount > budget.share);
			assert_int_equal(party->used, is_taken ? before + amount : before);
		} else if (amount <= before) {
			budget_give(&budget, party, amount);
		}
		sums_are_right(&budget, parties);
		assert_true(budget.used <= 100000);
	}
	assert_true(budget_take(&budget, &parties[4], budget.share));  /* the one that never asked */
}

/* A change of their number keeps what is taken; shares are the new ones at once. */
static void shares_change(void **state)
{
	struct budget budget;
	struct budget_party parties[2] = { { 0 } };

	(void)state;
	budget_set(&budget, 1000, 1);
	assert_int_equal(take_all(&budget, &parties[0], 1), 1000);
	budget_set(&budget, 1000, 2);
	budget_count(&budget, &parties[0]);
	budget_count(&budget, &parties[1]);
	assert_false(budget_take(&budget, &parties[0], 1));
	assert_int_equal(take_all(&budget, &parties[1], 1), 250);
	assert_int_equal(budget.used, 1250);
	budget_give(&budget, &parties[0], 1000);
	assert_int_equal(take_all(&budget, &parties[0], 1), 250 + 250);
	budget_give(&budget, &parties[0], 500);
	budget_give(&budget, &parties[1], 250);
	assert_int_equal(budget.used + budget.lent, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alone_it_is_all_of_it),
		cmocka_unit_test(a_flood_leaves_the_others_their_shares),
		cmocka_unit_test(nothing_is_lost),
		cmocka_unit_test(shares_change),
	};

	return cmocka_run_group_tests_name("base/budget", tests, NULL, NULL);
}
