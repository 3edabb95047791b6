/* What a thread keeps, how much of it, and when it keeps nothing. */
#include "check.h"
#include "failing.h"

#include "base/block.c"

#define OF_8_KIB 2u

static void a_block_is_kept_for_the_next(void **state)
{
	void *block, *again;

	(void)state;
	block_thread_done();
	block = block_take(4096);
	assert_non_null(block);
	block_give(block, 4096);
	failing_from(1);
	if (keeps_blocks) {
		again = block_take(4096);
		assert_ptr_equal(again, block);
		assert_null(block_take(4096));  /* it serves one taker */
		failing_from(0);
		block_give(again, 4096);
	}
	failing_from(1);
	assert_null(block_take(512));   /* and only its size */
	failing_from(0);
	block_thread_done();
	for (unsigned i = 0; i < SIZES; i++)
		assert_int_equal(kept[i].count, 0);
}

/* More than is kept goes back at once; what is no size of ours always does. */
static void few_blocks_are_kept(void **state)
{
	void *list[KEPT_MAX + 9];
	size_t bytes = 0;

	(void)state;
	block_thread_done();
	for (unsigned i = 0; i < SIZES; i++) {
		assert_true(sizes[i].kept < sizeof(list) / sizeof(*list));
		for (unsigned n = 0; n <= sizes[i].kept; n++)
			assert_non_null(list[n] = block_take(sizes[i].bytes));
		for (unsigned n = 0; n <= sizes[i].kept; n++)
			block_give(list[n], sizes[i].bytes);
		assert_int_equal(kept[i].count, keeps_blocks ? sizes[i].kept : 0);
		bytes += kept[i].count * sizes[i].bytes;
	}
	assert_true(bytes <= 5632 * 1024);  /* what block.h promises */
	assert_non_null(list[0] = block_take(5000));
	block_give(list[0], 5000);
	block_thread_done();
}

/* Where the allocator has no more, what was kept goes back to it, and for a while nothing is kept. */
static void nothing_is_kept_while_memory_is_scarce(void **state)
{
	void *one, *two;

	(void)state;
	block_thread_done();
	assert_int_equal(sizes[OF_8_KIB].bytes, 8192);
	assert_non_null(one = block_take(8192));
	assert_non_null(two = block_take(8192));
	block_give(one, 8192);
	assert_int_equal(kept[OF_8_KIB].count, keeps_blocks ? 1 : 0);
	failing_from(1);
	assert_null(block_take(60000));
	assert_int_equal(kept[OF_8_KIB].count, 0);
	failing_from(0);
	block_give(two, 8192);
	assert_int_equal(kept[OF_8_KIB].count, 0);
	for (unsigned i = 0; i < SCARCE_GIVES; i++) {
		assert_non_null(one = block_take(8192));
		block_give(one, 8192);
	}
	assert_int_equal(kept[OF_8_KIB].count, keeps_blocks ? 1 : 0);
	block_thread_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_is_kept_for_the_next),
		cmocka_unit_test(few_blocks_are_kept),
		cmocka_unit_test(nothing_is_kept_while_memory_is_scarce),
	};

	return cmocka_run_group_tests_name("base/block", tests, NULL, NULL);
}
