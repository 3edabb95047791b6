#include <stdlib.h>

#include "../base/check.h"
#include "waf/body/dashes.h"

static const char *find_slowly(const char *at, const char *end)
{
	for (; end - at >= 2; at++) {
		if (at[0] == '-' && at[1] == '-')
			return at;
	}
	return NULL;
}

static void test_as_the_slow_one(void **state)
{
	struct draws draws = { 1 };

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		size_t len = draw_below(&draws, 70);
		char *text = malloc(len ? len : 1);  /* of the exact size: ASan sees a byte too far */
		unsigned rare = 2 + (unsigned)draw_below(&draws, 30);

		for (size_t i = 0; i < len; i++)
			text[i] = draw_below(&draws, rare) ? 'x' : '-';
		assert_ptr_equal(dashes_find(text, text + len), find_slowly(text, text + len));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_as_the_slow_one) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
