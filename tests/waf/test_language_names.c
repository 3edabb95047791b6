/* Names of TX and their numbers. */
#include <stdio.h>

#include "../base/check.h"

#include "waf/language/names.h"

static void a_name_has_one_number_in_any_case(void **state)
{
	struct arena arena;
	struct names names;
	uint16_t number, again;

	(void)state;
	arena_init(&arena, 1 << 20, 4096);
	assert_ok(names_init(&names, &arena));
	assert_ok(names_number(&names, &arena, SPAN("Score"), &number));
	assert_ok(names_number(&names, &arena, SPAN("sCORE"), &again));
	assert_int_equal(number, again);
	assert_int_equal(names_find(&names, SPAN("score"), names_hash(&names, SPAN("score"))), number);
	assert_span(names.list[number], "Score");
	assert_int_equal(names_find(&names, SPAN("scor"), names_hash(&names, SPAN("scor"))), 0);
	arena_done(&arena);
}

static void some_are_known_beforehand(void **state)
{
	struct arena arena;
	struct names names;

	(void)state;
	arena_init(&arena, 1 << 20, 4096);
	assert_ok(names_init(&names, &arena));
	for (char digit = '0'; digit <= '9'; digit++)
		assert_int_equal(names_find(&names, span_make(&digit, 1), names_hash(&names, span_make(&digit, 1))), NAME_CAPTURE + (digit - '0'));
	assert_int_equal(names_find(&names, SPAN("msc_pcre_limits_exceeded"), names_hash(&names, SPAN("msc_pcre_limits_exceeded"))),
	                 NAME_PCRE_LIMITS);
	arena_done(&arena);
}

/* Beyond the limit names have no number, and those before keep theirs. */
static void many_names(void **state)
{
	struct arena arena;
	struct names names;
	uint16_t numbers[2], number;
	char text[16];

	(void)state;
	arena_init(&arena, 64 << 20, 65536);
	assert_ok(names_init(&names, &arena));
	for (unsigned i = 0; i < NAMES_MAX + 100; i++) {
		int len = snprintf(text, sizeof(text), "name%u", i);

		assert_ok(names_number(&names, &arena, span_make(text, (size_t)len), &number));
		assert_int_equal(number != 0, i + NAME_PCRE_LIMITS + 1 < NAMES_MAX);
		if (i == 0 || i == 1000)
			numbers[i != 0] = number;
	}
	assert_int_equal(names_find(&names, SPAN("NAME0"), names_hash(&names, SPAN("NAME0"))), numbers[0]);
	assert_int_equal(names_find(&names, SPAN("NAME1000"), names_hash(&names, SPAN("NAME1000"))), numbers[1]);
	arena_done(&arena);
}

static void without_memory(void **state)
{
	struct arena arena;
	struct names names;

	(void)state;
	arena_init(&arena, 1024, 1024);
	assert_result(names_init(&names, &arena), RESULT_NO_MEMORY);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_name_has_one_number_in_any_case), cmocka_unit_test(some_are_known_beforehand),
		                            cmocka_unit_test(many_names), cmocka_unit_test(without_memory) };

	return cmocka_run_group_tests_name("waf/language_names", tests, NULL, NULL);
}
