/* Whose turn it is: shares, order, limits, and what stays together. */
#include "made.h"

#include <pthread.h>

#include "origin/pool.c"  /* take: what two workers that saw the same free place come to */

static void take_down(struct made_pool *made, unsigned i, uint64_t now_ms)
{
	for (unsigned n = 0; n < 3; n++)
		(void)origin_learn(made->pool->members[i].origin, ORIGIN_UNREACHABLE, now_ms);
	assert_false(origin_is_available(made->pool->members[i].origin, now_ms));
}

static void turns_follow_the_weights(void **state)
{
	static const int64_t weights[] = { 1, 2, 7, 90 };
	unsigned turns[4] = { 0 };
	struct made_pool *made = made_pool_new(4, BALANCE_ROUND_ROBIN);

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		made->list[i].weight = weights[i];
	made_pool_open(made);
	for (unsigned n = 0; n < 100000; n++)
		turns[made_pool_visit(made, (struct pool_wish){ .now_ms = 5 })]++;
	for (unsigned i = 0; i < 4; i++)
		assert_in_range(turns[i], weights[i] * 1000 - 20, weights[i] * 1000 + 20);
	made_pool_done(made);
}

static void equals_are_equal_over_a_short_time_too(void **state)
{
	struct made_pool *made = made_pool_new(3, BALANCE_ROUND_ROBIN);
	unsigned turns[3] = { 0 }, in_a_row = 0, longest = 0;
	int last = -1;

	(void)state;
	made_pool_open(made);
	for (unsigned n = 0; n < 300; n++) {
		int i = made_pool_visit(made, (struct pool_wish){ .now_ms = 5 });

		turns[i]++;
		in_a_row = i == last ? in_a_row + 1 : 1;
		longest = in_a_row > longest ? in_a_row : longest;
		last = i;
	}
	for (unsigned i = 0; i < 3; i++)
		assert_in_range(turns[i], 95, 105);
	assert_true(longest <= 2);
	made_pool_done(made);
}

static void the_least_busy_is_next(void **state)
{
	struct made_pool *made = made_pool_new(3, BALANCE_LEAST_CONNECTIONS);
	unsigned taken[3] = { 0 };

	(void)state;
	made->list[2].weight = 2;
	made_pool_open(made);
	for (unsigned n = 0; n < 400; n++) {
		const struct pool_member *member = pool_take(made->pool, &(struct pool_wish){ .now_ms = 5 });

		assert_non_null(member);
		taken[member - made->pool->members]++;
	}
	assert_in_range(taken[0], 99, 101);
	assert_in_range(taken[1], 99, 101);
	assert_in_range(taken[2], 199, 201);
	made_pool_done(made);
}

static void the_least_busy_is_next_among_thousands(void **state)
{
	struct made_pool *made = made_pool_new(2, BALANCE_LEAST_CONNECTIONS);

	(void)state;
	made_pool_open(made);
	for (unsigned at_work = 4290; at_work < 100000; at_work = at_work + 1 + at_work / 500) {
		made->pool->members[0].origin->at_work = at_work;  /* 4294 requests times a million is 2^32 */
		made->pool->members[1].origin->at_work = at_work - 400;
		for (unsigned n = 0; n < 4; n++)
			assert_int_equal(made_pool_visit(made, (struct pool_wish){ .now_ms = 5 }), 1);
	}
	made->pool->members[0].origin->at_work = made->pool->members[1].origin->at_work = 0;
	made_pool_done(made);
}

static struct span visitor_of(const unsigned *number)
{
	return span_make((const char *)number, sizeof(*number));
}

static void a_member_that_goes_moves_only_its_own(void **state)
{
	struct made_pool *made = made_pool_new(5, BALANCE_HASH);
	static int before[20000];
	unsigned shares[5] = { 0 }, moved[5] = { 0 };

	(void)state;
	made->list[4].weight = 2;
	made_pool_open(made);
	for (unsigned n = 0; n < 20000; n++) {
		before[n] = made_pool_visit(made, (struct pool_wish){ .visitor = visitor_of(&n), .now_ms = 5 });
		assert_int_equal(made_pool_visit(made, (struct pool_wish){ .visitor = visitor_of(&n), .now_ms = 5 }), before[n]);
		shares[before[n]]++;
	}
	for (unsigned i = 0; i < 5; i++)
		assert_in_range(shares[i], 20000 * made->list[i].weight / 6 - 300, 20000 * made->list[i].weight / 6 + 300);
	take_down(made, 2, 5);
	for (unsigned n = 0; n < 20000; n++) {
		int after = made_pool_visit(made, (struct pool_wish){ .visitor = visitor_of(&n), .now_ms = 5 });

		assert_int_not_equal(after, 2);
		if (before[n] != 2)
			assert_int_equal(after, before[n]);
		else
			moved[after]++;
	}
	for (unsigned i = 0; i < 5; i++) {
		if (i != 2)
			assert_true(moved[i] > 300);  /* and they are spread over all that stay */
	}
	made_pool_done(made);
}

static void the_order_of_a_list_is_nothing_to_the_hash(void **state)
{
	struct made_pool *one = made_pool_new(3, BALANCE_HASH), *two = made_pool_new(3, BALANCE_HASH);

	(void)state;
	two->list[0] = one->list[2];
	two->list[1] = one->list[1];
	two->list[2] = one->list[0];
	made_pool_open(one);
	made_pool_open(two);
	for (unsigned n = 0; n < 1000; n++)
		assert_int_equal(made_pool_visit(one, (struct pool_wish){ .visitor = visitor_of(&n) }), 2 - made_pool_visit(two, (struct pool_wish){ .visitor = visitor_of(&n) }));
	made_pool_done(one);
	made_pool_done(two);
}

static void a_visitor_sticks_while_it_can(void **state)
{
	struct made_pool *made = made_pool_new(3, BALANCE_ROUND_ROBIN);
	struct pool_wish wish = { .now_ms = 5 };

	(void)state;
	made->list[1].limit = 1;
	made->list[1].is_draining = true;  /* gets nobody new; who sticks stays */
	made_pool_open(made);
	for (unsigned n = 0; n < 20; n++)
		assert_int_not_equal(made_pool_visit(made, wish), 1);
	wish.sticky = made->pool->members[1].key;
	for (unsigned n = 0; n < 20; n++)
		assert_int_equal(made_pool_visit(made, wish), 1);
	const struct pool_member *member = pool_take(made->pool, &wish);

	assert_int_not_equal(made_pool_visit(made, wish), 1);  /* full */
	pool_give_back(member);
	wish.tried = 1 << 1;
	assert_int_not_equal(made_pool_visit(made, wish), 1);
	wish.tried = 0;
	take_down(made, 1, 5);
	assert_int_not_equal(made_pool_visit(made, wish), 1);
	wish.sticky = 12345;  /* nobody's key */
	assert_true(made_pool_visit(made, wish) >= 0);
	made_pool_done(made);
}

static void backups_then_the_ill(void **state)
{
	struct made_pool *made = made_pool_new(4, BALANCE_ROUND_ROBIN);
	unsigned turns[4] = { 0 };

	(void)state;
	made->list[2].is_backup = true;
	made->list[3].is_draining = true;
	made_pool_open(made);
	for (unsigned n = 0; n < 100; n++)
		turns[made_pool_visit(made, (struct pool_wish){ .now_ms = 5 })]++;
	assert_int_equal(turns[2] + turns[3], 0);
	take_down(made, 0, 5);
	assert_int_equal(made_pool_visit(made, (struct pool_wish){ .now_ms = 5 }), 1);
	take_down(made, 1, 5);
	for (unsigned n = 0; n < 20; n++)
		assert_int_equal(made_pool_visit(made, (struct pool_wish){ .now_ms = 5 }), 2);
	take_down(made, 2, 5);
	memset(turns, 0, sizeof(turns));
	for (unsigned n = 0; n < 300; n++)  /* fails open: all that are not draining */
		turns[made_pool_visit(made, (struct pool_wish){ .now_ms = 5 })]++;
	for (unsigned i = 0; i < 3; i++)
		assert_true(turns[i] > 50);
	assert_int_equal(turns[3], 0);
	made_pool_done(made);
}

/* What is said of a wait is of these, and not of whoever nobody is sent to. */
static void candidates_are_who_it_would_be(void **state)
{
	struct made_pool *made = made_pool_new(4, BALANCE_ROUND_ROBIN);
	struct pool_wish wish = { .now_ms = 5 };

	(void)state;
	made->list[2].is_backup = true;
	made->list[3].is_draining = true;
	made_pool_open(made);
	assert_int_equal(pool_candidates(made->pool, &wish), 3);
	wish.sticky = made->pool->members[3].key;
	assert_int_equal(pool_candidates(made->pool, &wish), 8);
	wish.sticky = 0;
	wish.tried = 1;
	assert_int_equal(pool_candidates(made->pool, &wish), 2);
	wish.tried = 0;
	take_down(made, 0, 5);
	take_down(made, 1, 5);
	assert_int_equal(pool_candidates(made->pool, &wish), 4);
	take_down(made, 2, 5);
	assert_int_equal(pool_candidates(made->pool, &wish), 7);
	made_pool_done(made);
}

static void nobody_is_asked_twice(void **state)
{
	static const enum origin_balance balances[] = { BALANCE_ROUND_ROBIN, BALANCE_LEAST_CONNECTIONS, BALANCE_HASH };

	(void)state;
	for (unsigned b = 0; b < 3; b++) {
		struct made_pool *made = made_pool_new(POOL_MEMBERS_MAX, balances[b]);
		struct pool_wish wish = { .now_ms = 5, .visitor = SPAN("77") };

		made_pool_open(made);
		for (unsigned n = 0; n < POOL_MEMBERS_MAX; n++) {
			int i = made_pool_visit(made, wish);

			assert_true(i >= 0);
			assert_false(wish.tried >> i & 1);
			wish.tried |= (uint64_t)1 << i;
		}
		assert_int_equal(made_pool_visit(made, wish), -1);
		made_pool_done(made);
	}
}

static void who_finds_all_that_are_well_full_is_not_sent_to_the_ill(void **state)
{
	struct made_pool *made = made_pool_new(2, BALANCE_ROUND_ROBIN);
	const struct pool_member *held;

	(void)state;
	made->list[0].limit = 1;
	made_pool_open(made);
	take_down(made, 1, 5);
	held = pool_take(made->pool, &(struct pool_wish){ .now_ms = 5 });
	assert_ptr_equal(held, &made->pool->members[0]);
	assert_null(pool_take(made->pool, &(struct pool_wish){ .now_ms = 5 }));
	/* The well one failed this very request: then the ill one is better than none. */
	assert_ptr_equal(pool_take(made->pool, &(struct pool_wish){ .now_ms = 5, .tried = 1 }), &made->pool->members[1]);
	pool_give_back(&made->pool->members[1]);
	pool_give_back(held);
	made_pool_done(made);
}

static void limits_hold(void **state)
{
	struct made_pool *made = made_pool_new(2, BALANCE_ROUND_ROBIN);
	const struct pool_member *held[7];

	(void)state;
	made->list[0].limit = 2;
	made->list[1].limit = 5;
	made_pool_open(made);
	assert_false(pool_is_full(made->pool, 5));
	for (unsigned n = 0; n < 7; n++) {
		held[n] = pool_take(made->pool, &(struct pool_wish){ .now_ms = 5 });
		assert_non_null(held[n]);
	}
	assert_null(pool_take(made->pool, &(struct pool_wish){ .now_ms = 5 }));
	assert_true(pool_is_full(made->pool, 5));
	assert_int_equal(made->pool->members[0].origin->at_work, 2);
	assert_int_equal(made->pool->members[1].origin->at_work, 5);
	pool_give_back(held[0]);
	assert_int_equal(made_pool_visit(made, (struct pool_wish){ .now_ms = 5 }), held[0] - made->pool->members);
	for (unsigned n = 1; n < 7; n++)
		pool_give_back(held[n]);
	made_pool_done(made);
}

static void the_last_place_is_given_once(void **state)
{
	struct made_pool *made = made_pool_new(1, BALANCE_ROUND_ROBIN);

	(void)state;
	made->list[0].limit = 2;
	made_pool_open(made);
	assert_true(pool_enter(&made->pool->members[0]));
	assert_true(pool_enter(&made->pool->members[0]));
	assert_false(pool_enter(&made->pool->members[0]));
	assert_int_equal(made->pool->members[0].origin->at_work, 2);
	pool_give_back(&made->pool->members[0]);
	assert_true(pool_enter(&made->pool->members[0]));
	made->pool->members[0].origin->at_work = 0;
	made_pool_done(made);
}

/* Who may wait goes where nobody has to, and waits at one that is well rather than go to a backup or to one that is ill. */
static void who_may_wait_is_not_turned_away(void **state)
{
	struct made_pool *made = made_pool_new(4, BALANCE_ROUND_ROBIN);
	struct pool_wish wish = { .now_ms = 5, .may_wait = true };

	(void)state;
	made->list[2].is_backup = true;
	made->list[0].limit = 1;
	made_pool_open(made);
	take_down(made, 3, 5);
	made->pool->members[0].origin->gate.is_short = true;
	for (unsigned n = 0; n < 20; n++)
		assert_ptr_equal(pool_choose(made->pool, &wish), &made->pool->members[1]);
	made->pool->members[1].origin->gate.is_short = true;
	for (unsigned n = 0; n < 20; n++)
		assert_in_range(pool_choose(made->pool, &wish) - made->pool->members, 0, 1);
	assert_true(pool_enter(&made->pool->members[0]));
	assert_false(pool_enter(&made->pool->members[0]));
	wish.sticky = made->pool->members[0].key;
	assert_ptr_equal(pool_choose(made->pool, &wish), &made->pool->members[0]);
	wish.tried = 3;
	assert_ptr_equal(pool_choose(made->pool, &wish), &made->pool->members[2]);
	wish.tried = 7;
	assert_ptr_equal(pool_choose(made->pool, &wish), &made->pool->members[3]);
	pool_give_back(&made->pool->members[0]);
	made_pool_done(made);
}

struct crowd {
	struct made_pool *made;
	unsigned most;
};

static void *press(void *argument)
{
	struct crowd *crowd = argument;

	for (unsigned n = 0; n < 100000; n++) {
		const struct pool_member *member = pool_take(crowd->made->pool, &(struct pool_wish){ .now_ms = 5 });

		if (!member)
			continue;
		unsigned inside = __atomic_add_fetch(&crowd->most, 1u, __ATOMIC_RELAXED);

		if (inside > 1)
			abort();  /* more at the origin than its limit allows */
		__atomic_sub_fetch(&crowd->most, 1u, __ATOMIC_RELAXED);
		pool_give_back(member);
	}
	return NULL;
}

static void limits_hold_over_all_threads(void **state)
{
	struct crowd crowd = { made_pool_new(1, BALANCE_ROUND_ROBIN), 0 };
	pthread_t threads[6];

	(void)state;
	crowd.made->list[0].limit = 1;
	made_pool_open(crowd.made);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, press, &crowd), 0);
	for (unsigned i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(crowd.made->pool->members[0].origin->at_work, 0);
	made_pool_done(crowd.made);
}

static unsigned share_of_first(struct made_pool *made, uint64_t now_ms)
{
	unsigned share = 0;

	for (unsigned n = 0; n < 10000; n++)
		share += made_pool_visit(made, (struct pool_wish){ .now_ms = now_ms }) == 0;
	return share;
}

static void who_recovered_starts_slowly(void **state)
{
	struct made_pool *made = made_pool_new(2, BALANCE_ROUND_ROBIN);

	(void)state;
	made->list[0].slow_start_ms = 10000;
	made->list[0].weight = made->list[1].weight = 100;
	made_pool_open(made);
	assert_in_range(share_of_first(made, 5), 4900, 5100);  /* never ill: no slow start */
	take_down(made, 0, 1000);
	assert_true(origin_learn(made->pool->members[0].origin, ORIGIN_ANSWERED, 5000));
	assert_in_range(share_of_first(made, 5000), 850, 970);    /* 10 : 100 */
	assert_in_range(share_of_first(made, 10000), 3450, 3650); /* 55 : 100 */
	assert_in_range(share_of_first(made, 15000), 4900, 5100);
	assert_in_range(share_of_first(made, 4999), 850, 970);    /* another worker's clock, a round behind: no sudden rush */
	made_pool_done(made);
}

static void an_empty_pool_has_nobody(void **state)
{
	struct made_pool *made = made_pool_new(0, BALANCE_HASH);

	(void)state;
	made_pool_open(made);
	assert_int_equal(made_pool_visit(made, (struct pool_wish){ .sticky = 4, .now_ms = 5 }), -1);
	assert_false(pool_is_full(made->pool, 5));
	made_pool_done(made);
}

static unsigned tls_asked;

static struct tls_client *no_tls(void *context, const struct origin_settings *settings)
{
	assert_ptr_equal(context, &tls_asked);
	assert_true(settings->url.is_tls);
	tls_asked++;
	return NULL;
}

static void a_pool_whose_tls_cannot_be_made_is_none(void **state)
{
	struct made_pool *made = made_pool_new(3, BALANCE_HASH);

	(void)state;
	made->list[2].url.is_tls = true;
	assert_result(pool_new(&(struct pool_needs){ .origins = &made->origins, .settings = &made->settings, .tls_of = no_tls, .context = &tls_asked }, &made->pool),
	              RESULT_REFUSED);
	assert_int_equal(tls_asked, 1);
	assert_null(made->pool);
	made_pool_done(made);
}

static void keys_outlive_a_restart(void **state)
{
	struct made_pool *one = made_pool_new(2, BALANCE_HASH), *two = made_pool_new(2, BALANCE_HASH);

	(void)state;
	made_pool_open(one);
	made_pool_open(two);
	assert_true(one->pool->members[0].key == two->pool->members[0].key);
	assert_true(one->pool->members[0].key != one->pool->members[1].key);
	assert_true(one->pool->members[0].key != 0);
	made_pool_done(one);
	made_pool_done(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_follow_the_weights), cmocka_unit_test(equals_are_equal_over_a_short_time_too),
		cmocka_unit_test(the_least_busy_is_next), cmocka_unit_test(the_least_busy_is_next_among_thousands),
		cmocka_unit_test(a_member_that_goes_moves_only_its_own), cmocka_unit_test(the_order_of_a_list_is_nothing_to_the_hash),
		cmocka_unit_test(a_visitor_sticks_while_it_can), cmocka_unit_test(backups_then_the_ill), cmocka_unit_test(candidates_are_who_it_would_be),
		cmocka_unit_test(nobody_is_asked_twice),
		cmocka_unit_test(who_may_wait_is_not_turned_away),
		cmocka_unit_test(limits_hold), cmocka_unit_test(who_finds_all_that_are_well_full_is_not_sent_to_the_ill),
		cmocka_unit_test(the_last_place_is_given_once), cmocka_unit_test(limits_hold_over_all_threads), cmocka_unit_test(who_recovered_starts_slowly),
		cmocka_unit_test(an_empty_pool_has_nobody), cmocka_unit_test(a_pool_whose_tls_cannot_be_made_is_none),
		cmocka_unit_test(keys_outlive_a_restart),
	};

	return cmocka_run_group_tests_name("origin/pool", tests, NULL, NULL);
}
