/* Many days at random: incidents never flap. Observations are fed as they are, for lines would take minutes. */
#include <stdlib.h>

#include "../base/check.h"
#include "incident/group.h"
#include "lines.h"

#define DAY_S 86400u

struct world {
	struct group *group;
	struct draws draws;
	uint64_t now_s, numbers[COUNTS_NUMBERS];
	unsigned opened, told;
	uint64_t last_id;
	unsigned waves;
};

static void told(void *context, const struct incident *incident)
{
	struct world *world = context;

	world->told++;
	world->opened += incident->id > world->last_id;
	world->last_id = incident->id > world->last_id ? incident->id : world->last_id;
	world->waves = incident->waves;
	/* Whatever comes: bounded, in the order of time, and no figure is too good. */
	assert_true(incident->moment_count <= INCIDENT_TIMELINE_MAX && incident->citizens.served <= incident->citizens.expected);
	assert_true(incident->opened_s <= incident->last_s && incident->citizens.unreachable + incident->citizens.degraded <= incident->citizens.minutes);
	for (uint32_t i = 1; i < incident->moment_count; i++)
		assert_true(incident->timeline[i].at_s >= incident->timeline[i - 1].at_s);
}

static void begin(struct world *world, uint64_t seed)
{
	struct group_birth birth = { .next_id = 1, .context = world, .changed = told };

	*world = (struct world){ .draws = { seed }, .now_s = TUESDAY_S };
	assert_ok(group_new(&birth, world->now_s, &world->group));
}

static void level(struct world *world, const char *site, const char *detail)
{
	struct observation observation = { .kind = OBSERVATION_NOTICE, .at_s = world->now_s, .site = span_of(site), .notice = { SPAN("level"), SPAN_NONE, span_of(detail) } };

	group_feed(world->group, &observation);
}

static void second(struct world *world, const char *site, uint64_t served, uint64_t refused, uint64_t failed)
{
	struct observation observation = { .kind = OBSERVATION_COUNTS, .at_s = world->now_s, .site = span_of(site), .counts = { world->numbers, 1 } };
	struct counts_total total = { .name = SPAN_NONE };

	add_served(&total, served);
	add_refused(&total, DECISION_BLOCK, REASON_RULES, refused);
	add_failed(&total, failed);
	memcpy(world->numbers, total.numbers, sizeof(world->numbers));
	group_feed(world->group, &observation);
}

static void pass(struct world *world)
{
	group_second(world->group, ++world->now_s);
}

/* Two weeks of bots that knock now and then, and of requests that fail. */
static void noise_on_a_calm_site_opens_nothing(void **unused)
{
	struct world world;
	uint64_t bots = 0;

	(void)unused;
	begin(&world, 21);
	for (unsigned i = 0; i < 14 * DAY_S; i++) {
		bots = draw_below(&world.draws, 600) == 0 ? draw_below(&world.draws, 8) : bots;
		second(&world, "www.a.example", draw_below(&world.draws, 12), draw_below(&world.draws, 10) < bots ? 1 : 0, draw_below(&world.draws, 50) == 0);
		pass(&world);
	}
	assert_true(world.opened <= 2);  /* a bot that knocks nearly each second for minutes is more than noise */
	group_free(world.group);
}

/* Fifteen days of waves of minutes to hours on two sites, with pauses of minutes to most of a day: one incident. */
static void a_campaign_of_fifteen_days_is_a_handful(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct world world;
		uint64_t change_s = 0;
		bool is_on = false;
		unsigned waves = 0;

		begin(&world, seed);
		while (world.now_s < TUESDAY_S + 15 * DAY_S) {
			if (world.now_s >= change_s) {
				is_on = !is_on;
				waves += is_on;
				change_s = world.now_s + (is_on ? 60 + draw_below(&world.draws, 7200) : 60 + draw_below(&world.draws, 20 * 3600));
				level(&world, "www.a.example", is_on ? "from normal to attack: requests" : "from attack to normal");
				level(&world, "www.b.example", is_on && draw_below(&world.draws, 2) ? "from normal to elevated: new-sources" : "from elevated to normal");
			}
			if (world.now_s % 10 == 0 || is_on)
				second(&world, "www.a.example", 20, is_on ? draw_below(&world.draws, 30) : 0, is_on && draw_below(&world.draws, 20) == 0 ? 10 : 0);
			pass(&world);
		}
		assert_true(waves > 20);
		assert_int_equal(world.opened, 1);
		assert_true(world.waves <= waves && world.waves > waves / 2);
		assert_true(world.told < 15 * DAY_S / 60 + 4 * waves + 50);
		group_free(world.group);
	}
}

/* Levels that flutter each few seconds, all day. */
static void what_flutters_is_one_wave(void **unused)
{
	struct world world;

	(void)unused;
	begin(&world, 5);
	for (unsigned i = 0; i < DAY_S; i++) {
		if (draw_below(&world.draws, 30) == 0)
			level(&world, "www.a.example", draw_below(&world.draws, 2) ? "from normal to elevated: requests" : "from elevated to normal");
		second(&world, "www.a.example", 5, draw_below(&world.draws, 3), draw_below(&world.draws, 4));
		pass(&world);
	}
	assert_int_equal(world.opened, 1);
	assert_int_equal(world.waves, 1);
	assert_true(world.told <= DAY_S / 60 + 20);
	group_free(world.group);
}

/* Anything at all, for a day: nothing breaks, and what is followed stays bounded. */
static void anything_may_come(void **unused)
{
	static const char *const actions[] = { "level", "origin-down", "origin-up", "ban", "certificate-expires", "certificate-expired", "staple-renewed", "lines-lost", "audit-log-stopped",
		                               "audit-log-written", "maintenance", "maintenance-over", "continuity-begun", "cache-disk-damaged", "staple-missing" };
	static const char *const details[] = { "from normal to attack: requests", "from attack to normal", "to", "from x to attack: floor", "the certificate x expires in 3 days, on 2026-01-01",
		                               "the certificate", ": ", "" };
	struct world world;
	char name[32];

	(void)unused;
	begin(&world, 77);
	for (unsigned i = 0; i < DAY_S / 2; i++) {
		struct observation observation = { .kind = OBSERVATION_NOTICE, .at_s = world.now_s };
		unsigned which = (unsigned)draw_below(&world.draws, 6);

		observation.site = span_make(name, (size_t)snprintf(name, sizeof(name), "s%u", (unsigned)draw_below(&world.draws, 40)));
		if (which == 0)
			second(&world, name, draw_below(&world.draws, 100), draw_below(&world.draws, 100), draw_below(&world.draws, 100));
		observation.notice.action = span_of(actions[draw_below(&world.draws, sizeof(actions) / sizeof(actions[0]))]);
		observation.notice.origin = observation.site;
		observation.notice.detail = span_of(details[draw_below(&world.draws, sizeof(details) / sizeof(details[0]))]);
		if (which == 1)
			group_feed(world.group, &observation);
		if (which == 2)
			group_feed(world.group, &(struct observation){ .kind = OBSERVATION_PROBE, .site = observation.site, .at_s = observation.at_s - draw_below(&world.draws, 3) * 60,
			                                               .probe = { .asked = 1, .reached = (uint32_t)draw_below(&world.draws, 2), .slow = 1 } });
		if (which == 3 && draw_below(&world.draws, 50) == 0)
			group_feed(world.group, &(struct observation){ .kind = OBSERVATION_LINK, .link = { draw_below(&world.draws, 2), draw_below(&world.draws, 2) } });
		pass(&world);
	}
	assert_true(world.opened > 10);
	group_free(world.group);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noise_on_a_calm_site_opens_nothing),
		cmocka_unit_test(a_campaign_of_fifteen_days_is_a_handful),
		cmocka_unit_test(what_flutters_is_one_wave),
		cmocka_unit_test(anything_may_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
