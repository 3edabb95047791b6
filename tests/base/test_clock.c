#include "check.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"

static void written(void **state)
{
	static const struct { uint64_t wall_ns; const char *http, *iso; } table[] = {
		{ 0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z" },
		{ 784111777123456789u, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.123Z" },
		{ 951782399999999999u, "Mon, 28 Feb 2000 23:59:59 GMT", "2000-02-28T23:59:59.999Z" },
		{ 951782400000000000u, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00.000Z" },
		{ 4294967296000000000u, "Sun, 07 Feb 2106 06:28:16 GMT", "2106-02-07T06:28:16.000Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char http[CLOCK_HTTP_LEN + 1], iso[CLOCK_ISO_LEN + 1];

		clock_write_http(table[i].wall_ns, http);
		clock_write_iso(table[i].wall_ns, iso);
		assert_string_equal(http, table[i].http);
		assert_string_equal(iso, table[i].iso);
		assert_int_equal(strlen(http), CLOCK_HTTP_LEN);
		assert_int_equal(strlen(iso), CLOCK_ISO_LEN);
	}
}

/* Beyond what nanoseconds can say. */
static void years_far_ahead(void **state)
{
	static const struct { uint64_t wall_ms; const char *iso; } table[] = {
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ 18446744073710, "2554-07-21T23:34:33.710Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
		{ 253402300800000, "9999-12-31T23:59:59.999Z" },
		{ UINT64_MAX, "9999-12-31T23:59:59.999Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char iso[CLOCK_ISO_LEN + 1];

		clock_write_iso_ms(table[i].wall_ms, iso);
		assert_string_equal(iso, table[i].iso);
	}
}

static void clocks_go_on(void **state)
{
	uint64_t mono_ns = clock_mono_ns(), wall_ns = clock_wall_ns();

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t now_ns = clock_mono_ns();

		assert_true(now_ns >= mono_ns);
		mono_ns = now_ns;
	}
	assert_in_range(clock_mono_ms(), mono_ns / 1000000, mono_ns / 1000000 + 5000);
	assert_in_range((uint64_t)time(NULL), wall_ns / 1000000000 - 1, wall_ns / 1000000000 + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(written), cmocka_unit_test(years_far_ahead), cmocka_unit_test(clocks_go_on) };

	return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
