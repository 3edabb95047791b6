#include "../base/check.h"

#include "waf/prefilter/rarity.h"

static void test_order(void **state)
{
	static const struct {
		const char *common, *rare;
	} pairs[] = {
		{ "en", "qx" }, { "er", "$(" }, { "tion", "xp_c" }, { " de ", "<?ph" }, { "e", "`" }, { "ment", "wget" }, { "10", "0x" },
		{ "a", "ab" }, { "the", "etc/passwd" }, { "e ", "e\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_true(rarity_rate(span_of(pairs[i].common)) > 2 * rarity_rate(span_of(pairs[i].rare)));
}

/* A rate is a share of all texts of that length. */
static void test_sums(void **state)
{
	double one = 0, two = 0;

	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		char text[2] = { (char)a, 0 };

		if (a >= 'A' && a <= 'Z')
			continue;
		one += rarity_rate(span_make(text, 1));
		for (unsigned b = 0; b < 256; b++) {
			text[1] = (char)b;
			if (b < 'A' || b > 'Z')
				two += rarity_rate(span_make(text, 2));
		}
	}
	assert_true(one > 0.5 && one < 1.5);
	assert_true(two > 0.5 && two < 1.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_order), cmocka_unit_test(test_sums) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
