#include "arena_stage.h"

#include "waf/prefilter/pattern.h"

/* The only item of a pattern: alternation of one branch of one item. */
static const struct pattern_node *only_item(const char *text)
{
	struct pattern_node *node;

	assert_ok(pattern_read(span_of(text), &arena, &node));
	assert_int_equal(node->kind, NODE_ALTERNATION);
	assert_null(node->child->next);
	assert_non_null(node->child->child);
	assert_null(node->child->child->next);
	return node->child->child;
}

static void assert_kind(const char *text, enum pattern_kind kind)
{
	assert_int_equal(only_item(text)->kind, kind);
}

/* The class of TEXT holds all bytes from FROM to TO, and all of MORE, and nothing else. */
static void assert_class(const char *text, int from, int to, struct span more)
{
	const struct pattern_node *node = only_item(text);
	struct byte_set set = { 0 };

	assert_int_equal(node->kind, NODE_SET);
	for (int byte = from; byte <= to; byte++)
		byte_set_add(&set, (unsigned char)byte);
	byte_set_add_span(&set, more);
	assert_memory_equal(&node->set, &set, sizeof(set));
}

static void test_kinds(void **state)
{
	(void)state;
	assert_kind("^", NODE_EMPTY);
	assert_kind("\\b", NODE_EMPTY);
	assert_kind("(?!a)", NODE_EMPTY);
	assert_kind("(?<!a)", NODE_EMPTY);
	assert_kind("[[:<:]]", NODE_EMPTY);
	assert_kind("(?=a)", NODE_LOOK);
	assert_kind("(?<=a)", NODE_LOOK);
	assert_kind("\\1", NODE_ANY);
	assert_kind("\\g{-1}", NODE_ANY);
	assert_kind("\\R", NODE_ANY);
	assert_kind("(?&n)", NODE_ANY);
	assert_kind("(?-1)", NODE_ANY);
	assert_kind("(a|b)", NODE_ALTERNATION);
	assert_kind("a{2,}?", NODE_REPETITION);
	assert_kind("{", NODE_SET);
	assert_kind("]", NODE_SET);
}

static void test_classes(void **state)
{
	(void)state;
	assert_class("a", 'a', 'a', SPAN(""));
	assert_class("A", 'a', 'a', SPAN(""));
	assert_class("[a-c]", 'a', 'c', SPAN(""));
	assert_class("[A-C]", 'a', 'c', SPAN(""));
	assert_class("[]a]", 'a', 'a', SPAN("]"));
	assert_class("[]-a]", ']', 'a', SPAN(""));
	assert_class("[a-]", 'a', 'a', SPAN("-"));
	assert_class("[-a]", 'a', 'a', SPAN("-"));
	assert_class("[\\d-z]", '0', '9', SPAN("-z"));
	assert_class("[a\\]b]", 'a', 'b', SPAN("]"));
	assert_class("[[:digit:]x]", '0', '9', SPAN("x"));
	assert_class("[[:digit:-]", 'd', 'd', SPAN("[:git-"));
	assert_class("[[=<>]", '<', '>', SPAN("["));
	assert_class("[[.]", '.', '.', SPAN("["));
	assert_class("[\\b]", 8, 8, SPAN(""));
	assert_class("[\\x41-\\103]", 'a', 'c', SPAN(""));
	assert_class("[\\12]", 10, 10, SPAN(""));
	assert_class("\\x", 0, 0, SPAN(""));
	assert_class("\\cA", 1, 1, SPAN(""));
	assert_class("\\o{60}", '0', '0', SPAN(""));
	assert_class("\\s", '\t', '\r', SPAN(" "));
	assert_class("[^\\x00-\\x7f]", 0x80, 0xff, SPAN(""));
	assert_class("[^\\x0b-\\xff]", 0, 10, SPAN(""));
	assert_class("[[:^ascii:]]", 0x80, 0xff, SPAN(""));
}

static void test_counts(void **state)
{
	static const struct {
		const char *text;
		uint32_t min, max;
	} cases[] = {
		{ "a*", 0, PATTERN_MANY }, { "a+?", 1, PATTERN_MANY }, { "a?+", 0, 1 }, { "a{3}", 3, 3 }, { "a{3,}+", 3, PATTERN_MANY }, { "a{0,65535}", 0, 65535 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct pattern_node *node = only_item(cases[i].text);

		assert_int_equal(node->kind, NODE_REPETITION);
		assert_int_equal(node->min, cases[i].min);
		assert_int_equal(node->max, cases[i].max);
	}
}

static void test_no_memory(void **state)
{
	struct pattern_node *node;
	bool was_ok = false;

	(void)state;
	for (size_t limit = 0; limit < 4096; limit += 64) {
		struct arena small;
		enum result result;

		arena_init(&small, limit, 256);
		result = pattern_read(SPAN("a(?:b|[c-d]+)(?=e)\\1f{2}"), &small, &node);
		assert_true(result == RESULT_OK || result == RESULT_NO_MEMORY);
		was_ok = result == RESULT_OK;
		arena_done(&small);
	}
	assert_true(was_ok);
}

/* No prefix of a pattern, and no pattern with a byte changed, is read beyond its end. */
static void test_prefixes(void **state)
{
	static const char text[] = "(?i)a(?<n>[^]\\d[:alpha:]-]{2,3}+|\\Q*\\E)(?x: b #\n)\\x{41}\\g{n}(?#c)(?P=n)\\cA[[:<:]](?'m'x)(?1)\\o{12}";
	struct pattern_node *node;
	char copy[sizeof(text)];

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		(void)!pattern_read(span_make(text, len), &arena, &node);
		for (size_t at = 0; at < len; at++) {
			memcpy(copy, text, sizeof(text));
			copy[at] = "()[]{}\\?|"[at % 9];
			(void)!pattern_read(span_make(copy, len), &arena, &node);
		}
		arena_reset(&arena);
	}
	assert_ok(pattern_read(span_make(text, sizeof(text) - 1), &arena, &node));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_classes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_prefixes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
