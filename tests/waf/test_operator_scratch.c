/* A thread's memory for matching: it may fail to come, keeps the last expressions, and shares nothing with other threads. */
#include "../base/failing.h"
#include "operator_stage.h"

#include <pthread.h>

#include "waf/operator/scratch.c"

static void any_allocation_may_fail(void **state)
{
	struct operator_limits limits = { 0, 0 };
	struct operator_scratch *scratch;
	struct regex *regex = NULL;

	(void)state;
	failing_from(1);
	scratch = operator_scratch_new();
	failing_from(0);
	assert_null(scratch);
	operator_scratch_free(NULL);
	scratch = operator_scratch_new();
	assert_non_null(scratch);
	failing_from(1);
	assert_result(scratch_regex(scratch, SPAN("a"), &limits, &regex), RESULT_NO_MEMORY);
	failing_from(0);
	assert_null(regex);
	assert_ok(scratch_regex(scratch, SPAN("a"), &limits, &regex));
	assert_int_equal(regex_match(regex, scratch, SPAN("cab"), 0, 0, NULL), MATCH_YES);
	operator_scratch_free(scratch);
}

static void it_keeps_the_last_ones(void **state)
{
	struct stage stage;
	struct regex *first = NULL, *again = NULL;

	(void)state;
	stage_init(&stage);
	assert_ok(scratch_regex(stage.scratch, SPAN("a0"), &stage.limits, &first));
	for (unsigned i = 1; i < SCRATCH_EXPANDED; i++) {
		struct regex *other = NULL;
		char text[] = { 'a', (char)('0' + i) };

		assert_ok(scratch_regex(stage.scratch, span_make(text, 2), &stage.limits, &other));
		assert_ptr_not_equal(other, first);
	}
	assert_ok(scratch_regex(stage.scratch, SPAN("a0"), &stage.limits, &again));
	assert_ptr_equal(again, first);
	assert_result(scratch_regex(stage.scratch, SPAN("("), &stage.limits, &again), RESULT_MALFORMED);  /* takes the place of a0 */
	assert_ptr_equal(expanded_find(stage.scratch, SPAN("(")), &stage.scratch->expanded[0]);
	assert_result(scratch_regex(stage.scratch, SPAN("("), &stage.limits, &again), RESULT_MALFORMED);
	assert_null(expanded_find(stage.scratch, SPAN("a0")));
	assert_ok(scratch_regex(stage.scratch, SPAN("a0"), &stage.limits, &again));
	assert_int_equal(regex_match(again, stage.scratch, SPAN("xa0"), 0, 0, NULL), MATCH_YES);
	stage_done(&stage);
}

/* What the context has is what was asked for last, PCRE2's own where 0 is asked for. */
static void limits_come_and_go(void **state)
{
	struct stage stage;
	struct regex *regex = NULL;
	char text[400];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + sizeof(text) - 2, "-y", 2);
	stage_init(&stage);
	assert_ok(scratch_regex(stage.scratch, SPAN("x+x+x+x+y"), &stage.limits, &regex));
	for (unsigned round = 0; round < 3; round++) {
		regex->limits = (struct operator_limits){ 100, 100 };
		assert_int_equal(regex_match(regex, stage.scratch, span_make(text, sizeof(text)), 0, 0, NULL), MATCH_LIMIT);
		regex->limits = (struct operator_limits){ 0, 0 };
		assert_int_equal(regex_match(regex, stage.scratch, span_make(text, 40), 0, 0, NULL), MATCH_NO);
	}
	stage_done(&stage);
}

struct crew {
	const struct operator *rx, *expanded, *pm;
	unsigned wrong;
};

static void *ask_often(void *context)
{
	struct crew *crew = context;
	struct operator_scratch *scratch = operator_scratch_new();
	struct arena arena;
	unsigned wrong = scratch ? 0 : 1;

	arena_init(&arena, 1 << 20, 4096);
	for (unsigned i = 0; scratch && i < 5000; i++) {
		char text[32];
		int len = snprintf(text, sizeof(text), "user-%u-word%u", i, i % 11);
		struct operator_call call = { .scratch = scratch, .arena = &arena, .parameter = span_make(text, (size_t)(len - 1 - (i % 11 > 9))) };
		struct span value = span_make(text, (size_t)len);
		struct captures captures;

		wrong += operator_match(crew->rx, &call, value, &captures) != MATCH_YES || captures.count != 3;
		wrong += operator_match(crew->expanded, &call, value, &captures) != MATCH_YES;
		wrong += (operator_match(crew->pm, &call, value, &captures) == MATCH_YES) != (i % 11 == 7);
		arena_reset(&arena);
	}
	arena_done(&arena);
	operator_scratch_free(scratch);
	__atomic_add_fetch(&crew->wrong, wrong, __ATOMIC_RELAXED);
	return NULL;
}

static void many_threads_ask_the_same_operators(void **state)
{
	enum { THREADS = 4 };
	struct operator *rx = NULL, *expanded = NULL, *pm = NULL;
	pthread_t threads[THREADS];
	struct crew crew = { 0 };
	struct stage stage;

	(void)state;
	stage_init(&stage);
	assert_ok(operator_compile(OPERATOR_RX, SPAN("^user-(\\d+)-word(\\d+)$"), false, &stage.birth, &rx));
	assert_ok(operator_compile(OPERATOR_RX, SPAN("%{tx.a}"), true, &stage.birth, &expanded));
	assert_ok(operator_compile(OPERATOR_PM, SPAN("word7 nothing"), false, &stage.birth, &pm));
	crew = (struct crew){ rx, expanded, pm, 0 };
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &crew), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(crew.wrong, 0);
	operator_done(rx);
	operator_done(expanded);
	operator_done(pm);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_allocation_may_fail), cmocka_unit_test(it_keeps_the_last_ones), cmocka_unit_test(limits_come_and_go),
		cmocka_unit_test(many_threads_ask_the_same_operators),
	};

	return cmocka_run_group_tests_name("waf/operator_scratch", tests, NULL, NULL);
}
