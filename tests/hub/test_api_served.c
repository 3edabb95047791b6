#include "../base/check.h"
#include "hub/api/now/now_words.h"

static void nothing_is_said_that_is_not_known(void **unused)
{
	static const struct {
		const char *what;
		struct citizens citizens;
		enum served_state state;
		enum vantage vantage;
		unsigned per_mille;
	} rows[] = {
		{ "nothing is known", { .site_minutes = 0 }, SERVED_UNKNOWN, VANTAGE_UNKNOWN, 0 },
		{ "all who were expected", { .expected = 100, .seen = 100, .served = 99, .site_minutes = 5 }, SERVED_WELL, VANTAGE_SHIELD, 990 },
		{ "who did not come was not served", { .expected = 100, .seen = 5, .served = 5, .not_seen = 95, .site_minutes = 5, .minutes = 5 }, SERVED_DEGRADED, VANTAGE_SHIELD, 50 },
		{ "the line dropped packets", { .expected = 100, .seen = 100, .served = 100, .site_minutes = 5, .has_drops = true }, SERVED_UNKNOWN, VANTAGE_UNKNOWN, 0 },
		{ "nobody knew what to expect", { .expected = 100, .seen = 100, .served = 100, .site_minutes = 5, .blind = 1 }, SERVED_UNKNOWN, VANTAGE_UNKNOWN, 0 },
		{ "a minute was unreachable", { .expected = 100, .seen = 100, .served = 100, .site_minutes = 5, .unreachable = 1 }, SERVED_UNREACHABLE, VANTAGE_SHIELD, 1000 },
		{ "a minute was degraded", { .expected = 100, .seen = 100, .served = 100, .site_minutes = 5, .degraded = 1 }, SERVED_DEGRADED, VANTAGE_SHIELD, 1000 },
		{ "outside saw less", { .expected = 100, .seen = 100, .served = 100, .site_minutes = 2, .probed = 2, .probes = 10, .reached = 5 }, SERVED_DEGRADED, VANTAGE_OUTSIDE, 500 },
	};
	const struct citizens looked_at = { .site_minutes = 2, .probed = 2, .probes = 10, .reached = 10, .blind = 2 };

	(void)unused;
	assert_true(served_of(&looked_at).is_of_looks);
	assert_false(served_of(&rows[sizeof(rows) / sizeof(rows[0]) - 1].citizens).is_of_looks);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct served served = served_of(&rows[i].citizens);

		if (served.state != rows[i].state || served.vantage != rows[i].vantage || (served.vantage != VANTAGE_UNKNOWN && served.per_mille != rows[i].per_mille))
			fail_msg("%s: %s, %s, %u", rows[i].what, served_state_name(served.state), served_vantage_name(served.vantage), served.per_mille);
	}
}

static void say(const struct now_said *said, enum desk_language language, const char *wanted)
{
	struct buffer out;

	buffer_init(&out, 4096);
	assert_ok(now_words(said, language, &out));
	if (!span_equal(buffer_span(&out), span_of(wanted)))
		fail_msg("%.*s", SPAN_ARG(buffer_span(&out)));
	buffer_done(&out);
}

static void sentences_say_from_where(void **unused)
{
	const struct now_said well = { .served = { SERVED_WELL, VANTAGE_SHIELD, 991, false }, .sites = 3 };
	const struct now_said looks = { .served = { SERVED_WELL, VANTAGE_OUTSIDE, 1000, true }, .sites = 1 };
	const struct now_said gone = { .served = { SERVED_UNREACHABLE, VANTAGE_UNKNOWN, 0, false }, .sites = 3, .troubled = 1, .site = SPAN("www.a.example") };
	const struct now_said many = { .served = { SERVED_DEGRADED, VANTAGE_OUTSIDE, 505, false }, .sites = 1200, .troubled = 2, .site = SPAN("www.a.example") };

	(void)unused;
	say(&well, DESK_EN, "Citizens are served. Of those who usually come, at most 99.1 % are served in time; nobody looks from outside.");
	say(&well, DESK_NL, "Burgers worden geholpen. Van wie gewoonlijk komt, wordt hoogstens 99,1 % op tijd geholpen; niemand kijkt van buitenaf.");
	say(&looks, DESK_EN, "Citizens are served. Of the visits that are tried from outside, 100.0 % are served in time; how many citizens come is not known.");
	say(&gone, DESK_EN, "Citizens cannot reach www.a.example.");
	say(&gone, DESK_FR, "Les citoyens ne peuvent pas atteindre www.a.example.");
	say(&many, DESK_DE, "Bürger erreichen 2 von 1.200 Websites, aber nicht so, wie sie sollten. Von denen, die gewöhnlich kommen, werden 50,5 % rechtzeitig bedient, vom Schild und von außen gesehen.");
	say(&(struct now_said){ .served = { SERVED_UNKNOWN, VANTAGE_UNKNOWN, 0, false } }, DESK_EN, "Whether citizens are served is not known.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_said_that_is_not_known),
		cmocka_unit_test(sentences_say_from_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
