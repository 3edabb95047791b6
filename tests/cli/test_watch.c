/* When somebody else's shield is dead, and what a look says of it. */
#include "../base/check.h"

#include "cli/watch/judge.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_takes_three_bad_looks_to_be_dead_and_two_good_ones_to_live),
		cmocka_unit_test(a_look_says_what_it_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
