#include "arena_stage.h"

#include "waf/prefilter/phrase_set.h"

/* "a|b|c" */
static struct phrases set_of(const char *text)
{
	struct span rest = span_of(text);
	struct phrases set = { arena_new_array(&arena, struct span, rest.len + 1), 0 };

	do
		set.list[set.count++] = span_cut(&rest, '|');
	while (rest.at);
	return set;
}

static void assert_set(struct phrases set, const char *expected)
{
	struct span rest = span_of(expected);

	for (size_t i = 0; i < set.count; i++)
		assert_true(span_equal(set.list[i], span_cut(&rest, '|')));
	assert_null(rest.at);
}

static void test_bytes(void **state)
{
	struct byte_set bytes = { 0 };
	struct phrases set;

	(void)state;
	assert_false(phrases_of_bytes(&arena, &bytes, &set));
	byte_set_add_span(&bytes, SPAN("zab"));
	assert_true(phrases_of_bytes(&arena, &bytes, &set));
	assert_set(set, "a|b|z");
	bytes = (struct byte_set){ { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };
	assert_true(phrases_of_bytes(&arena, &bytes, &set));
	assert_int_equal(set.count, 256);
}

static void test_cross(void **state)
{
	struct phrases set, many;
	struct byte_set bytes = { { 0, 0xffffffff, 0, 0 } };

	(void)state;
	assert_true(phrases_cross(&arena, set_of("a|b"), set_of("x|yz"), &set));
	assert_set(set, "ax|ayz|bx|byz");
	assert_true(phrases_cross(&arena, set_of("a|ab"), set_of("bc|c"), &set));
	assert_set(set, "abbc|abc|ac");
	assert_true(phrases_cross(&arena, set_of("a|b"), phrases_nothing, &set));
	assert_set(set, "a|b");
	assert_true(phrases_of_bytes(&arena, &bytes, &many));
	assert_true(phrases_cross(&arena, many, set_of("a|b|c|d"), &set));
	assert_int_equal(set.count, SET_CROSS_MAX);
	assert_false(phrases_cross(&arena, many, set_of("a|b|c|d|e"), &set));
	assert_false(phrases_cross(&arena, set_of("0123456789abcdef"), set_of("0123456789abcdefg"), &set));
	assert_int_equal(set.count, SET_CROSS_MAX);  /* untouched */
}

static void test_unite(void **state)
{
	struct phrases sets[] = { set_of("b|d"), set_of("a|b"), set_of("c") }, set;
	struct byte_set all = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };
	struct phrases many[6];

	(void)state;
	assert_true(phrases_unite(&arena, sets, 3, &set));
	assert_set(set, "a|b|c|d");
	for (size_t i = 0; i < 6; i++) {
		assert_true(phrases_of_bytes(&arena, &all, &many[i]));
		for (size_t j = 0; j < 256; j++) {
			char *text = arena_take(&arena, 2);

			text[0] = (char)i;
			text[1] = (char)j;
			many[i].list[j] = span_make(text, 2);
		}
	}
	assert_true(phrases_unite(&arena, many, 4, &set));
	assert_int_equal(set.count, FACTORS_MAX);
	assert_false(phrases_unite(&arena, many, 5, &set));
}

static void test_cuts(void **state)
{
	struct phrases set;

	(void)state;
	assert_true(phrases_front(&arena, set_of("abc|abd|x"), 2, &set));
	assert_set(set, "ab|x");
	assert_true(phrases_back(&arena, set_of("abc|xbc|x"), 2, &set));
	assert_set(set, "bc|x");
	assert_int_equal(phrases_shortest(set), 1);
}

static void test_reduce(void **state)
{
	struct phrases set = set_of("abc|b|bx|cd|xcdx|e");

	(void)state;
	phrases_reduce(&set);
	assert_set(set, "b|cd|e");
	set = set_of("same|same");
	phrases_reduce(&set);
	assert_set(set, "same|same");
}

static void test_improve(void **state)
{
	struct phrases given = set_of("aselect|bselect|cselect|dselect"), set = phrases_improve(&arena, given);

	(void)state;
	assert_set(set, "select");
	assert_set(given, "aselect|bselect|cselect|dselect");
	assert_true(phrases_cost(set) < phrases_cost(given));
	assert_set(phrases_improve(&arena, set_of("wget|curl")), "curl|wget");
	assert_set(phrases_improve(&arena, set_of("abcxyz|bcxyz|cxyz")), "cxyz");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cross, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unite, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cuts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reduce, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_improve, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
