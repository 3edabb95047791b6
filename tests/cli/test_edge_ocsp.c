/* When OCSP responses are asked for again. The rest is shown in tests/scenes/test_ocsp.py. */
#include "../base/check.h"

#include "cli/edge/ocsp.h"

#define S ((int64_t)1000)
#define HOUR (3600 * S)
#define DAY (24 * HOUR)

static void renewals(void **state)
{
	static const struct { struct ocsp_times times; int64_t now, due; } cases[] = {
		{ { 0, 8 * DAY }, 0, 4 * DAY }, { { 0, 8 * DAY }, DAY, 4 * DAY }, { { 100 * S, 200 * S }, 100 * S, 150 * S },
		/* One that came late in its life. */
		{ { 0, 8 * DAY }, 4 * DAY, 4 * DAY + HOUR }, { { 0, 8 * DAY }, 7 * DAY, 7 * DAY + HOUR },
		{ { 0, 8 * DAY }, 8 * DAY - HOUR, 8 * DAY - HOUR / 2 }, { { 0, 8 * DAY }, 8 * DAY - 20 * S, 8 * DAY - 10 * S },
		/* Not again and again. */
		{ { 0, 8 * DAY }, 8 * DAY - S, 8 * DAY + 4 * S }, { { 0, 4 * S }, 0, 5 * S }, { { 0, 8 * DAY }, 4 * DAY - S, 4 * DAY + 4 * S },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(ocsp_renewal_ms(&cases[i].times, cases[i].now), cases[i].due);
}

static void retries(void **state)
{
	(void)state;
	assert_int_equal(ocsp_retry_ms(1), 10 * S);
	assert_int_equal(ocsp_retry_ms(2), 20 * S);
	assert_int_equal(ocsp_retry_ms(9), 2560 * S);
	assert_int_equal(ocsp_retry_ms(10), HOUR);
	assert_int_equal(ocsp_retry_ms(4000000000u), HOUR);
	for (unsigned i = 1; i < 100; i++)
		assert_in_range(ocsp_retry_ms(i + 1), ocsp_retry_ms(i), HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(renewals), cmocka_unit_test(retries) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
