/* Cache-Control, whole and broken. */
#include "heads.h"

#include "cache/control.h"

#include "base/banned.h"

#define NONE CONTROL_NONE
#define MOST CONTROL_SECONDS_MAX

static void ages(void **state)
{
	static const struct { const char *fields; int64_t max_age, s_maxage; } rows[] = {
		{ "", NONE, NONE },
		{ "Cache-Control: max-age=60|", 60, NONE },
		{ "Cache-Control: MAX-AGE=60, S-MaxAge=7|", 60, 7 },
		{ "Cache-Control: max-age=\"60\"|", 60, NONE },
		{ "Cache-Control: max-age = 60|", 0, NONE },                  /* a space is no part of a directive: an age without a number */
		{ "Cache-Control: max-age=|", 0, NONE },
		{ "Cache-Control: max-age|", 0, NONE },
		{ "Cache-Control: max-age=-1|", 0, NONE },
		{ "Cache-Control: max-age=1.5|", 0, NONE },
		{ "Cache-Control: max-age=0x10|", 0, NONE },
		{ "Cache-Control: max-age=60 s|", 0, NONE },
		{ "Cache-Control: max-age=99999999999999999999999|", MOST, NONE },
		{ "Cache-Control: max-age=4294967296|", MOST, NONE },
		{ "Cache-Control: max-age=60, max-age=5|", 5, NONE },
		{ "Cache-Control: max-age=60|Cache-Control: max-age=x|", 0, NONE },
		{ "Cache-Control: extension=\"max-age=9, s-maxage=9\"|", NONE, NONE },
		{ "Cache-Control: extension=\"a\\\"b, max-age=9\", s-maxage=1|", NONE, 1 },
		{ "Cache-Control: ,,, max-age=3,,|", 3, NONE },
		{ "Cache-Control: x-max-age=3|", NONE, NONE },
		{ "Cache-Control: max-age=3;s-maxage=4|", 0, NONE },
	};
	struct heads heads;
	struct cache_control control;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("%s\n", rows[i].fields);
		heads_answer(&heads, 200, rows[i].fields);
		cache_control_read(&heads.answer.fields, &control);
		assert_int_equal(control.max_age, rows[i].max_age);
		assert_int_equal(control.s_maxage, rows[i].s_maxage);
		assert_false(control.is_broken);
	}
	heads_done(&heads);
}

static void flags(void **state)
{
	struct heads heads;
	struct cache_control control;

	(void)state;
	heads_init(&heads);
	heads_answer(&heads, 200, "Cache-Control: No-Store, no-cache=\"set-cookie\", private=\"x\"|Cache-Control: public,must-revalidate,proxy-revalidate|"
	                          "Cache-Control: stale-while-revalidate=5, stale-if-error=6|");
	cache_control_read(&heads.answer.fields, &control);
	assert_true(control.no_store && control.no_cache && control.is_private && control.is_public && control.must_revalidate && control.proxy_revalidate);
	assert_int_equal(control.while_revalidate, 5);
	assert_int_equal(control.if_error, 6);
	heads_answer(&heads, 200, "Cache-Control: max-age=60, extension=\"never ends, no-store|");
	cache_control_read(&heads.answer.fields, &control);
	assert_true(control.is_broken);
	heads_answer(&heads, 200, "Cache-Control: private-ish, xno-store|");
	cache_control_read(&heads.answer.fields, &control);
	assert_false(control.is_private || control.no_store);
	heads_ask(&heads, "GET /", "Pragma: no-cache|");
	cache_control_read(&heads.request.fields, &control);
	assert_true(control.no_cache);
	heads_ask(&heads, "GET /", "Pragma: no-cache|Cache-Control: max-age=1, only-if-cached, min-fresh=4|");
	cache_control_read(&heads.request.fields, &control);
	assert_true(!control.no_cache && control.only_if_cached);
	assert_int_equal(control.min_fresh, 4);
	heads_done(&heads);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(ages), cmocka_unit_test(flags) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
