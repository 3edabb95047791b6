/* What a real ModSecurity 2.9.7 made of many values, corners and random ones (ask_modsecurity.py), is what we make of them. */
#include "transform_check.h"

static const struct {
	const char *name;
	struct span in, out;
} answers[] = {
#include "transform_answers.inc"
};

static void as_the_reference_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		enum transform transform;

		assert_ok(transform_find(span_of(answers[i].name), &transform));
		check_example(transform, answers[i].in, answers[i].out);
	}
}

/* Whoever makes the rows anew with a transformation forgotten is told. */
static void no_transformation_is_forgotten(void **state)
{
	unsigned counts[TRANSFORM_COUNT] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		enum transform transform;

		assert_ok(transform_find(span_of(answers[i].name), &transform));
		counts[transform]++;
	}
	for (unsigned i = 0; i < TRANSFORM_COUNT; i++)
		if (i != TRANSFORM_UPPERCASE && i != TRANSFORM_PHP_ARGS_NAMES)  /* newer than 2.9.7 */
			assert_true(counts[i] >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_reference_does),
		cmocka_unit_test(no_transformation_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
