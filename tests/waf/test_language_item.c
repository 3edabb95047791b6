#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "waf/language/item.h"

/* As ModSecurity 2.9.7 cuts them: a NULL value is one that is not there. */
static const struct {
	const char *text;
	struct { const char *name, *value; } items[4];
} good[] = {
	{ "", { { 0 } } },
	{ "  ", { { 0 } } },
	{ "A", { { "A", NULL } } },
	{ "A|B", { { "A", NULL }, { "B", NULL } } },
	{ "A,B|", { { "A", NULL }, { "B", NULL } } },
	{ "A , B", { { "A", NULL }, { "B", NULL } } },
	{ "id:1 phase:2", { { "id", "1" }, { "phase", "2" } } },
	{ "id:1,,|, deny", { { "id", "1" }, { "deny", NULL } } },
	{ "A:,B", { { "A", "" }, { "B", NULL } } },
	{ "A:", { { "A", "" } } },
	{ "A:b:c", { { "A", "b:c" } } },
	{ "A: b,C:\t'd' E: f", { { "A", "b" }, { "C", "d" }, { "E", "f" } } },  /* in Coraza's way, where 2.9.7 refuses */
	{ "A: ,B: ", { { "A", "" }, { "B", "" } } },
	{ "A:'b, c|d'", { { "A", "b, c|d" } } },
	{ "A:'b'c:d", { { "A", "b" }, { "c", "d" } } },
	{ "A:'it\\'s \\\\'", { { "A", "it's \\" } } },
	{ "A:b'c", { { "A", "b'c" } } },
	{ "A:''", { { "A", "" } } },
	{ "!A:/x/|&B", { { "!A", "/x/" }, { "&B", NULL } } },
	{ "t:none,\t t:lowercase", { { "t", "none" }, { "t", "lowercase" } } },
};

static void items_are_cut_as_2_9_7_cuts_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct item_fault fault;
		struct bag items = { 0 };
		struct arena arena;
		size_t count = 0;

		arena_init(&arena, 1 << 20, 4096);
		assert_int_equal(items_read(span_of(good[i].text), &arena, &items, &fault), RESULT_OK);
		for (; count < 4 && good[i].items[count].name; count++) {
			const struct item *item = &((struct item *)items.items)[count];

			assert_true(count < items.count);
			if (!span_equal(item->name, span_of(good[i].items[count].name)))
				fail_msg("%s: name %.*s", good[i].text, SPAN_ARG(item->name));
			assert_int_equal(item->has_value, good[i].items[count].value != NULL);
			if (item->has_value && !span_equal(item->value, span_of(good[i].items[count].value)))
				fail_msg("%s: value %.*s", good[i].text, SPAN_ARG(item->value));
		}
		assert_int_equal(items.count, count);
		arena_done(&arena);
	}
}

static const struct {
	const char *text;
	size_t offset, count;
	const char *what;
} bad[] = {
	{ "A B", 2, 0, "no separator before the next name" },
	{ "A||B", 2, 1, "nothing between two separators" },
	{ ",A", 0, 0, "nothing between two separators" },
	{ ":b", 0, 0, "a : with no name before it" },
	{ "A:1,B:'c", 6, 1, "a single quote that is not closed" },
	{ "A:'b\\'", 2, 0, "a single quote that is not closed" },
	{ "A:'\\d'", 3, 0, "a \\ within single quotes that stands before neither \\ nor ' (in a quoted argument a \\ is written \\\\,"
	                   " so here \\\\\\\\)" },
};

static void a_fault_says_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct item_fault fault = { 0, NULL };
		struct bag items = { 0 };
		struct arena arena;

		arena_init(&arena, 1 << 20, 4096);
		assert_int_equal(items_read(span_of(bad[i].text), &arena, &items, &fault), RESULT_MALFORMED);
		assert_string_equal(fault.what, bad[i].what);
		assert_int_equal(fault.offset, bad[i].offset);
		assert_int_equal(items.count, bad[i].count);
		arena_done(&arena);
	}
}

static void offsets_lead_back_to_the_text(void **state)
{
	const char *text = " id:1, msg:'a b'";
	struct item_fault fault;
	struct bag items = { 0 };
	struct arena arena;
	struct item *list;

	(void)state;
	arena_init(&arena, 1 << 20, 4096);
	assert_int_equal(items_read(span_of(text), &arena, &items, &fault), RESULT_OK);
	list = items.items;
	assert_int_equal(list[0].name_offset, 1);
	assert_int_equal(list[0].value_offset, 4);
	assert_int_equal(list[1].name_offset, 7);
	assert_int_equal(list[1].value_offset, 12);
	arena_done(&arena);
}

static void a_list_has_a_limit(void **state)
{
	char *text = malloc(2 * (ITEMS_MAX + 1));

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i <= ITEMS_MAX; i++)
		memcpy(text + 2 * i, "A|", 2);
	for (size_t over = 0; over < 2; over++) {
		struct item_fault fault = { 0, NULL };
		struct bag items = { 0 };
		struct arena arena;

		arena_init(&arena, 16 << 20, 4096);
		assert_int_equal(items_read(span_make(text, 2 * (ITEMS_MAX + over)), &arena, &items, &fault), over ? RESULT_MALFORMED : RESULT_OK);
		assert_int_equal(items.count, ITEMS_MAX);
		arena_done(&arena);
	}
	free(text);
}

static void memory_may_end_anywhere(void **state)
{
	const char *text = "a:'\\'b',c:d,e:f,g:'h\\\\',i:j,k:l";

	(void)state;
	for (size_t limit = 0; limit < 4096; limit += 16) {
		struct item_fault fault;
		struct bag items = { 0 };
		struct arena arena;
		enum result result;

		arena_init(&arena, limit, 4096);
		result = items_read(span_of(text), &arena, &items, &fault);
		assert_true(result == RESULT_NO_MEMORY || (result == RESULT_OK && items.count == 6));
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_are_cut_as_2_9_7_cuts_them),
		cmocka_unit_test(a_fault_says_where),
		cmocka_unit_test(offsets_lead_back_to_the_text),
		cmocka_unit_test(a_list_has_a_limit),
		cmocka_unit_test(memory_may_end_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
