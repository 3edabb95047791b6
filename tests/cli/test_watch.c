/* When somebody else's shield is dead, and what a look says of it. */
#include "../base/check.h"

#include "cli/watch/alive.h"

#define NOW_MS INT64_C(1769860800000)
#define DAY_MS INT64_C(86400000)

static void it_takes_three_bad_looks_to_be_dead_and_two_good_ones_to_live(void **unused)
{
	/* g: good, b: bad, -: says nothing; behind each: u o f d, the state then. */
	static const char *const plays[] = { "go go bf go", "bf bf bd bd gd go", "gobfbfgobfbfbd", "bfbfbdgdbdgdgo", "-u go-obf-fbf-fbd-dgd-dgo", "bfgo", "bf-fbf-fbd" };

	(void)unused;
	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		struct watched watched = { 0 };
		const char *at = plays[i];

		while (*at) {
			enum watch_state before = watched.state;
			bool moved;

			at += *at == ' ';
			moved = watch_move(&watched, at[0] == 'g' ? WATCH_GOOD : at[0] == 'b' ? WATCH_BAD : WATCH_SAYS_NOTHING);
			assert_int_equal(moved, watched.state != before);
			if (watch_state_name(watched.state)[0] != at[1])
				fail_msg("%s: at %zu it is %s", plays[i], (size_t)(at - plays[i]), watch_state_name(watched.state));
			at += 2;
		}
	}
}

static void a_look_says_what_it_knows(void **unused)
{
	static const struct {
		struct look look;
		enum watch_finding shield, portal, certificate;
	} rows[] = {
		{ { .outcome = LOOK_IN_TIME, .status = 200, .certificate_until_ms = NOW_MS + 14 * DAY_MS }, WATCH_GOOD, WATCH_GOOD, WATCH_GOOD },
		{ { .outcome = LOOK_IN_TIME, .status = 200, .certificate_until_ms = NOW_MS + 14 * DAY_MS - 1 }, WATCH_GOOD, WATCH_GOOD, WATCH_BAD },
		{ { .outcome = LOOK_IN_TIME, .status = 200 }, WATCH_GOOD, WATCH_GOOD, WATCH_SAYS_NOTHING },
		{ { .outcome = LOOK_SLOW, .status = 200, .took_ms = 9000 }, WATCH_GOOD, WATCH_BAD, WATCH_SAYS_NOTHING },
		{ { .outcome = LOOK_REFUSED, .status = 502, .certificate_until_ms = NOW_MS + 90 * DAY_MS }, WATCH_GOOD, WATCH_BAD, WATCH_GOOD },
		{ { .outcome = LOOK_UNREACHABLE, .step = PROBE_STEP_DNS }, WATCH_BAD, WATCH_SAYS_NOTHING, WATCH_SAYS_NOTHING },
		{ { .outcome = LOOK_UNREACHABLE, .step = PROBE_STEP_CONNECT }, WATCH_BAD, WATCH_SAYS_NOTHING, WATCH_SAYS_NOTHING },
		{ { .outcome = LOOK_UNREACHABLE, .step = PROBE_STEP_TIMEOUT, .certificate_until_ms = NOW_MS + 90 * DAY_MS }, WATCH_BAD, WATCH_SAYS_NOTHING, WATCH_GOOD },
		{ { .outcome = LOOK_UNREACHABLE, .step = PROBE_STEP_TLS, .error = "certificate has expired" }, WATCH_SAYS_NOTHING, WATCH_SAYS_NOTHING, WATCH_BAD },
		{ { .outcome = LOOK_UNREACHABLE, .step = PROBE_STEP_HTTP, .status = 200 }, WATCH_GOOD, WATCH_BAD, WATCH_SAYS_NOTHING },
		{ { .outcome = LOOK_STOPPED, .certificate_until_ms = 1 }, WATCH_SAYS_NOTHING, WATCH_SAYS_NOTHING, WATCH_SAYS_NOTHING },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum watch_finding found[WATCH_THINGS];
		char why[WATCH_THINGS][EXCHANGE_ERROR_MAX];

		watch_find(&rows[i].look, NOW_MS, found, why);
		if (found[WATCH_SHIELD] != rows[i].shield || found[WATCH_PORTAL] != rows[i].portal || found[WATCH_CERTIFICATE] != rows[i].certificate)
			fail_msg("row %zu: %d %d %d", i, found[0], found[1], found[2]);
		assert_true(found[WATCH_SHIELD] != WATCH_BAD || why[WATCH_SHIELD][0]);
		assert_true(found[WATCH_CERTIFICATE] != WATCH_BAD || why[WATCH_CERTIFICATE][0]);
	}
}

static void a_shield_says_how_its_alerts_are(void **unused)
{
	static const struct {
		unsigned status;
		const char *text;
		enum watch_state before;
		enum watch_finding due;
	} rows[] = {
		{ 200, "{\"shield\":\"alive\",\"alerts\":\"ok\",\"since\":\"2026-01-31T12:00:00.000Z\"}", WATCH_UNKNOWN, WATCH_GOOD },
		{ 200, "{\"shield\":\"alive\",\"alerts\":\"failing\",\"since\":null}", WATCH_UNKNOWN, WATCH_BAD },
		{ 200, "{\"shield\":\"alive\",\"alerts\":\"unknown\",\"since\":null}", WATCH_UNKNOWN, WATCH_SAYS_NOTHING },
		{ 200, "{\"shield\":\"alive\",\"alerts\":\"unknown\",\"since\":null}", WATCH_OK, WATCH_BAD },
		{ 404, "{\"shield\":\"alive\",\"alerts\":\"failing\"}", WATCH_OK, WATCH_SAYS_NOTHING },
		{ 200, "{\"shield\":\"dead\",\"alerts\":\"failing\"}", WATCH_OK, WATCH_SAYS_NOTHING },
		{ 200, "{\"alerts\":\"failing\"}", WATCH_OK, WATCH_SAYS_NOTHING },
		{ 200, "{\"shield\":\"alive\",\"alerts\":7}", WATCH_OK, WATCH_SAYS_NOTHING },
		{ 200, "[\"shield\"]", WATCH_OK, WATCH_SAYS_NOTHING },
		{ 200, "<html>", WATCH_OK, WATCH_SAYS_NOTHING },
		{ 200, "", WATCH_OK, WATCH_SAYS_NOTHING },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[EXCHANGE_ERROR_MAX];
		enum watch_finding found;

		alive_judge(rows[i].status, span_of(rows[i].text), rows[i].before, &found, why);
		if (found != rows[i].due || (found == WATCH_BAD) != (why[0] != '\0'))
			fail_msg("row %zu: %d %s", i, found, why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_takes_three_bad_looks_to_be_dead_and_two_good_ones_to_live),
		cmocka_unit_test(a_look_says_what_it_knows),
		cmocka_unit_test(a_shield_says_how_its_alerts_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
