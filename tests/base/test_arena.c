/* An arena's limit, its blocks, and memory that runs out. */
#include "check.h"
#include "failing.h"

#include "base/arena.c"

static void nothing_past_the_limit(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1024, 256);
	for (unsigned i = 0; i < 1024 / 32; i++)
		assert_non_null(arena_take(&arena, 20));  /* rounded up to 32 */
	assert_null(arena_take(&arena, 1));
	assert_int_equal(arena.used_bytes, 1024);
	assert_null(arena_take(&arena, SIZE_MAX));
	assert_null(arena_take(&arena, SIZE_MAX - 15));
	assert_null(arena_take_zero(&arena, SIZE_MAX / 2, 3));
	arena_reset(&arena);
	assert_non_null(arena_take(&arena, 1024));
	assert_null(arena_take(&arena, 1));
	arena_done(&arena);
}

static void a_limit_of_all_memory_does_not_wrap(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, SIZE_MAX, 256);
	assert_null(arena_take(&arena, SIZE_MAX - 16));
	arena_done(&arena);
}

/* NULL is for "no memory" alone, also for the very first allocation. */
static void nothing_at_all_is_not_no_memory(void **state)
{
	struct arena arena;
	char *first, *second;

	(void)state;
	arena_init(&arena, 64, 64);
	first = arena_take(&arena, 0);
	second = arena_take_zero(&arena, 0, 8);
	assert_non_null(first);
	assert_non_null(second);
	assert_ptr_not_equal(first, second);
	assert_non_null(arena_copy(&arena, SPAN_NONE).at);
	assert_int_equal(arena_copy(&arena, SPAN_NONE).len, 0);
	assert_null(arena_take(&arena, 0));
	arena_done(&arena);
}

static void pieces_are_aligned_apart_and_cleared(void **state)
{
	struct draws draws = { 3 };
	struct { unsigned char *at; size_t len; } pieces[200];
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20, 1000);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 200; i++) {
			pieces[i].len = (size_t)draw_below(&draws, i % 20 == 0 ? 3000 : 90);
			pieces[i].at = arena_take_zero(&arena, pieces[i].len, 1);
			assert_non_null(pieces[i].at);
			assert_int_equal((uintptr_t)pieces[i].at % 16, 0);
			for (size_t b = 0; b < pieces[i].len; b++)
				assert_int_equal(pieces[i].at[b], 0);
			memset(pieces[i].at, (int)i, pieces[i].len);
		}
		for (unsigned i = 0; i < 200; i++) {
			for (size_t b = 0; b < pieces[i].len; b++)
				assert_int_equal(pieces[i].at[b], i);
		}
		arena_reset(&arena);
		assert_int_equal(arena.used_bytes, 0);
	}
	arena_done(&arena);
	assert_null(arena.block);
}

static void reset_keeps_one_ordinary_block_and_no_outsize_one(void **state)
{
	struct arena arena;
	struct arena_block *block;

	(void)state;
	arena_init(&arena, 1 << 20, 256);
	arena_reset(&arena);  /* before the first allocation */
	for (unsigned i = 0; i < 10; i++)
		assert_non_null(arena_take(&arena, 200));
	block = arena.block;
	arena_reset(&arena);
	assert_ptr_equal(arena.block, block);
	assert_null(block->older);
	assert_non_null(arena_take(&arena, 5000));
	arena_reset(&arena);
	assert_null(arena.block);
	assert_non_null(arena_take(&arena, 16));
	arena_done(&arena);
}

static void a_copy_ends_with_nul(void **state)
{
	char large[100] = { 0 };
	struct arena arena;
	struct span copy;

	(void)state;
	arena_init(&arena, 100, 64);
	copy = arena_copy(&arena, SPAN("gemeente"));
	assert_span(copy, "gemeente");
	assert_int_equal(copy.at[copy.len], 0);
	assert_null(arena_copy(&arena, span_make(large, sizeof(large))).at);
	assert_span(copy, "gemeente");
	arena_done(&arena);
}

static void a_print_is_as_long_as_it_is(void **state)
{
	struct arena arena;
	struct span text;

	(void)state;
	arena_init(&arena, 4096, 128);
	text = arena_print(&arena, "%s=%u", "ttl", 60u);
	assert_span(text, "ttl=60");
	assert_int_equal(text.at[text.len], 0);
	assert_int_equal(arena_print(&arena, "%*d", 2000, 7).len, 2000);
	assert_null(arena_print(&arena, "%*d", 5000, 7).at);
	assert_span(text, "ttl=60");
	text = arena_print(&arena, "%s", "");
	assert_true(text.at && !text.len);
	arena_done(&arena);
}

static void the_nth_allocation_may_fail(void **state)
{
	(void)state;
	for (size_t nth = 1; nth < 6; nth++) {
		struct arena arena;
		unsigned got = 0;

		arena_init(&arena, 1 << 20, 128);
		failing_from(nth);
		for (unsigned i = 0; i < 6; i++)
			got += arena_take(&arena, 100) != NULL;
		assert_int_equal(got, nth - 1);
		assert_int_equal(arena.used_bytes, got * 112);
		failing_from(0);
		assert_non_null(arena_take(&arena, 100));  /* and goes on when there is memory again */
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_past_the_limit),
		cmocka_unit_test(a_limit_of_all_memory_does_not_wrap),
		cmocka_unit_test(nothing_at_all_is_not_no_memory),
		cmocka_unit_test(pieces_are_aligned_apart_and_cleared),
		cmocka_unit_test(reset_keeps_one_ordinary_block_and_no_outsize_one),
		cmocka_unit_test(a_copy_ends_with_nul),
		cmocka_unit_test(a_print_is_as_long_as_it_is),
		cmocka_unit_test(the_nth_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
