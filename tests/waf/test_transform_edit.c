/* Edits: what is kept between changes, what is no change, no memory. */
#include "transform_check.h"

#include "waf/transform/edit.h"

static void changes_and_what_lies_between(void **state)
{
	struct span in = SPAN("0123456789abcdefghij"), out;
	struct arena arena;
	struct edit edit;

	(void)state;
	arena_init(&arena, 4096, 4096);
	edit = edit_make(in, in.len, &arena);
	edit_byte(&edit, 0, 2, 'X');
	edit_drop(&edit, 2, 3);
	edit_replace(&edit, 12, 15, "yz", 2);
	edit_byte(&edit, 19, 20, 'j');
	assert_ok(edit_end(&edit, &out));
	assert_span(out, "X3456789abyzfghij");
	arena_done(&arena);
}

static void the_same_text_is_no_change(void **state)
{
	struct span in = SPAN("abc"), out;
	struct arena arena;
	struct edit edit;

	(void)state;
	arena_init(&arena, 4096, 4096);
	edit = edit_make(in, in.len, &arena);
	edit_byte(&edit, 1, 2, 'b');
	edit_replace(&edit, 2, 2, "", 0);
	assert_ok(edit_end(&edit, &out));
	assert_ptr_equal(out.at, in.at);
	assert_int_equal(out.len, 3);
	assert_int_equal(arena.used_bytes, 0);
	edit = edit_make(in, in.len, &arena);  /* the same text behind a change is kept */
	edit_byte(&edit, 0, 1, 'A');
	edit_byte(&edit, 1, 2, 'b');
	assert_ok(edit_end(&edit, &out));
	assert_span(out, "Abc");
	arena_done(&arena);
}

static void everything_goes(void **state)
{
	struct span in = SPAN("abc"), out;
	struct arena arena;
	struct edit edit;

	(void)state;
	arena_init(&arena, 4096, 4096);
	edit = edit_make(in, in.len, &arena);
	edit_drop(&edit, 0, 3);
	assert_ok(edit_end(&edit, &out));
	assert_int_equal(out.len, 0);
	arena_done(&arena);
}

static void no_memory_is_remembered(void **state)
{
	struct span in = SPAN("abc"), out = SPAN("untouched");
	struct arena arena;
	struct edit edit;

	(void)state;
	arena_init(&arena, 8, 8);
	edit = edit_make(in, in.len, &arena);
	edit_drop(&edit, 0, 1);
	arena.limit_bytes = 4096;  /* too late */
	edit_byte(&edit, 1, 2, 'B');
	assert_result(edit_end(&edit, &out), RESULT_NO_MEMORY);
	assert_span(out, "untouched");
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_and_what_lies_between),
		cmocka_unit_test(the_same_text_is_no_change),
		cmocka_unit_test(everything_goes),
		cmocka_unit_test(no_memory_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
