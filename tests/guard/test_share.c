/* Sites' shares of a worker: who has to give, and whose turn it is. */
#include "../base/check.h"

#include "guard/share.h"

#include "base/banned.h"

#define US ((uint64_t)1000)

/* Something that has a place among what yields or waits. */
struct thing {
	struct list node;
	int site;
};

static void take(struct shares *shares, uint64_t key, enum share_thing thing, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		share_take(shares, shares_of(shares, key), thing);
}

static void give(struct shares *shares, uint64_t key, enum share_thing thing, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		share_give(shares, shares_of(shares, key), thing);
}

static void over(void **state)
{
	struct shares shares;

	(void)state;
	shares_init(&shares);
	take(&shares, 7, SHARE_CONNECTIONS, 900);
	assert_true(share_is_over(&shares, shares_of(&shares, 7), SHARE_CONNECTIONS));   /* alone: what is scarce is for others */
	take(&shares, 0, SHARE_CONNECTIONS, 5000);                                       /* strangers are no site */
	take(&shares, 8, SHARE_CONNECTIONS, 100);
	assert_true(share_is_over(&shares, shares_of(&shares, 7), SHARE_CONNECTIONS));
	assert_false(share_is_over(&shares, shares_of(&shares, 8), SHARE_CONNECTIONS));
	take(&shares, 8, SHARE_CONNECTIONS, 800);
	assert_false(share_is_over(&shares, shares_of(&shares, 7), SHARE_CONNECTIONS));  /* even is not over */
	take(&shares, 8, SHARE_HANDSHAKES, 1);
	assert_false(share_is_over(&shares, shares_of(&shares, 7), SHARE_HANDSHAKES));   /* of another thing, it is another matter */
	give(&shares, 8, SHARE_HANDSHAKES, 1);
	give(&shares, 0, SHARE_CONNECTIONS, 5000);
	give(&shares, 7, SHARE_CONNECTIONS, 900);
	give(&shares, 8, SHARE_CONNECTIONS, 900);
	assert_int_equal(shares.holders[SHARE_CONNECTIONS] + shares.held[SHARE_CONNECTIONS] + shares.held[SHARE_HANDSHAKES], 0);
	shares_done(&shares);
}

/* The one that has most gives, if it is over; a site that has its part or less never does, whatever rests of it; strangers always. */
static void who_gives(void **state)
{
	struct shares shares;
	struct thing of_7, of_8, of_strangers;
	struct share *small;

	(void)state;
	shares_init(&shares);
	take(&shares, 7, SHARE_CONNECTIONS, 90);
	take(&shares, 8, SHARE_CONNECTIONS, 10);
	assert_null(shares_yielding(&shares));
	small = shares_of(&shares, 8);
	list_add_last(&small->yielding, &of_8.node);
	assert_null(shares_yielding(&shares));
	take(&shares, 0, SHARE_CONNECTIONS, 5);
	list_add_last(&shares.strangers.yielding, &of_strangers.node);
	assert_ptr_equal(shares_yielding(&shares), &shares.strangers);
	list_add_last(&shares_of(&shares, 7)->yielding, &of_7.node);
	assert_int_equal(shares_yielding(&shares)->key, 7);
	give(&shares, 7, SHARE_CONNECTIONS, 90);
	give(&shares, 0, SHARE_CONNECTIONS, 5);
	assert_ptr_equal(shares_yielding(&shares), small);  /* alone: room for its own newcomers */
	give(&shares, 8, SHARE_CONNECTIONS, 10);
	shares_done(&shares);
}

/* NOW_US of a clock that moves with what is done: each thing of site 1 takes 300 us, each of site 2 100 us. How long did site 2's last one wait? */
static uint64_t waited_us(unsigned of_1, unsigned of_2, unsigned times_longer)
{
	static struct thing things[4096];
	struct shares shares;
	struct share *share;
	struct list *node;
	uint64_t now_us = 0, last_us = 0;
	unsigned done = 0;

	shares_init(&shares);
	for (unsigned i = 0; i < of_1 + of_2; i++) {
		things[i].site = i < of_1 ? 1 : 2;
		share = shares_of(&shares, (uint64_t)things[i].site);
		share_take(&shares, share, SHARE_CONNECTIONS);
		share_wait(&shares, share, &things[i].node);
	}
	while ((node = shares_next(&shares, &share))) {
		struct thing *thing = list_entry(node, struct thing, node);
		uint64_t took_us = thing->site == 1 ? 300 * times_longer : 100;

		now_us += took_us;
		last_us = thing->site == 2 ? now_us : last_us;
		share_give(&shares, share, SHARE_CONNECTIONS);  /* the last one of all takes its share away while it has its turn */
		shares_ran(&shares, share, took_us * US);
		done++;
	}
	assert_int_equal(done, of_1 + of_2);
	shares_done(&shares);
	return last_us;
}

static void turns(void **state)
{
	(void)state;
	assert_in_range(waited_us(3000, 1, 1), 100, 1100);
	/* 200 of them are 20 ms of work: in twice that they are done, whatever waits of the other. */
	assert_in_range(waited_us(3000, 200, 1), 35000, 43000);
	/* What takes longer than a turn is paid off. */
	assert_in_range(waited_us(300, 200, 10), 35000, 46000);
	assert_int_equal(waited_us(0, 200, 1), 20000);
}

/* Who had nothing to do has saved nothing up, and what one did too long is not held against it for ever. */
static void nothing_is_saved(void **state)
{
	struct shares shares;
	struct thing thing = { .site = 1 };
	struct share *share, *ran;

	(void)state;
	shares_init(&shares);
	take(&shares, 1, SHARE_CONNECTIONS, 1);
	share = shares_of(&shares, 1);
	for (unsigned i = 0; i < 5; i++) {
		share_wait(&shares, share, &thing.node);
		assert_ptr_equal(shares_next(&shares, &ran), &thing.node);
		shares_ran(&shares, ran, 10);
		assert_int_equal(share->credit_ns, 0);
	}
	share_wait(&shares, share, &thing.node);
	assert_ptr_equal(shares_next(&shares, &ran), &thing.node);
	shares_ran(&shares, ran, UINT64_MAX);
	assert_int_equal(share->credit_ns, -SHARE_TURN_NS);
	share_wait(&shares, share, &thing.node);
	assert_ptr_equal(shares_next(&shares, &ran), &thing.node);
	share_wait(&shares, share, &thing.node);  /* while it has its turn */
	shares_ran(&shares, ran, UINT64_MAX);
	assert_true(shares_wait(&shares));
	assert_int_equal(share->credit_ns, -(int64_t)SHARE_DEBT_TURNS * SHARE_TURN_NS);  /* it goes on without a pause */
	list_remove(&thing.node);
	assert_null(shares_next(&shares, &ran));
	assert_false(shares_wait(&shares));
	give(&shares, 1, SHARE_CONNECTIONS, 1);
	shares_done(&shares);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over),
		cmocka_unit_test(who_gives),
		cmocka_unit_test(turns),
		cmocka_unit_test(nothing_is_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
