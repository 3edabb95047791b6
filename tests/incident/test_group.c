#include "incident/signals.h"
#include "play.h"

static void a_calm_day_opens_nothing(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_calm(play, 86400);
	assert_int_equal(play->told, 0);
	play_free(play);
}

static void a_flood_is_one_incident(void **unused)
{
	struct play *play = play_new();
	const struct incident *incident;
	unsigned told;

	(void)unused;
	play_calm(play, 2 * 3600 - 600);
	play_level(play, 0, "from normal to elevated: requests");
	play_flood(play, 0, 2);
	play_level(play, 0, "from elevated to attack: requests, pressure");
	told = play->told;
	assert_int_equal(play->opened, 1);
	play_flood(play, 0, 598);
	play_level(play, 0, "from attack to normal");
	play_calm(play, GROUP_CONTAIN_S - 1);
	incident = play->incidents[0];
	assert_int_equal(incident->status, STATUS_NEW);
	assert_true(play->told - told < 30);  /* once a minute, and at what matters */
	play_calm(play, 2);
	assert_int_equal(play->opened, 1);
	assert_int_equal(incident->family, INCIDENT_ATTACK);
	assert_int_equal(incident->status, STATUS_CONTAINED);
	assert_int_equal(incident->site_count, 1);
	assert_string_equal(incident->sites[0].name, "www.a.example");
	assert_int_equal(incident->level, LEVEL_ATTACK);
	assert_int_equal(incident->level_moves, 2);
	assert_int_equal(incident->decisions[DECISION_LIMIT], 600 * 500);
	assert_int_equal(incident->vectors[VECTOR_REQUEST_FLOOD].count, 600 * 500);
	assert_int_equal(incident->vectors[VECTOR_REQUEST_FLOOD].peak, 500);
	assert_int_equal(vector_per_mille(incident, VECTOR_REQUEST_FLOOD), 1000);
	assert_int_equal(incident->severity, SEVERITY_MEDIUM);
	assert_int_equal(incident->reason, FOR_HELD);
	assert_int_equal(incident->opened_s, TUESDAY_S + 2 * 3600 - 600 + 1);
	assert_string_equal(incident->fingerprint, "attack vectors=request-flood");
	assert_int_equal(incident->citizens.minutes, 10);
	assert_int_equal(incident->citizens.unreachable + incident->citizens.degraded, 0);
	play_free(play);
}

/* Counts name no tenant. */
static void whose_it_is_the_configuration_says(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	assert_ok(group_set_tenant(play->group, span_of(play_names[0]), SPAN("ville")));
	assert_ok(group_set_tenant(play->group, span_of(play_names[1]), SPAN_NONE));
	play_calm(play, 600);
	play_level(play, 0, "from normal to attack: requests");
	play_flood(play, 0, 10);
	assert_int_equal(play->incidents[0]->tenant_count, 1);
	assert_string_equal(play->incidents[0]->tenants[0], "ville");
	assert_ok(group_set_tenant(play->group, span_of(play_names[0]), SPAN("stad")));
	play_flood(play, 0, 120);
	assert_string_equal(play->incidents[0]->sites[0].tenant, "ville");  /* whose it was when it began */
	play_free(play);
}

static void ends_when_the_caller_says(void **unused)
{
	struct play *play = play_new_of(20, 15);
	const struct incident *incident;

	(void)unused;
	play_calm(play, 600);
	play_level(play, 0, "from normal to attack: requests");
	play_flood(play, 0, 10);
	play_level(play, 0, "from attack to normal");
	play_calm(play, 19);
	incident = play->incidents[0];
	assert_int_equal(incident->status, STATUS_NEW);
	play_calm(play, 2);
	assert_int_equal(incident->status, STATUS_CONTAINED);
	play_calm(play, 12);
	assert_int_equal(incident->status, STATUS_CONTAINED);
	play_calm(play, 4);
	assert_int_equal(incident->status, STATUS_CLOSED);
	play_free(play);
}

static void what_citizens_experienced_is_counted(void **unused)
{
	struct play *play = play_new();
	const struct incident *incident;
	unsigned share;

	(void)unused;
	play_calm(play, 1800);
	play_level(play, 0, "from normal to attack: requests");
	for (unsigned i = 0; i < 600; i++) {  /* the portal is out of reach for ten minutes: the line is full of others */
		add_refused(&play->totals[0], DECISION_LIMIT, REASON_QUEUE_FULL, 400);
		play_second(play);
	}
	play_level(play, 0, "from attack to normal");
	play_calm(play, 60);
	incident = play->incidents[0];
	assert_int_equal(incident->citizens.minutes, 10);  /* it was seen in */
	assert_int_equal(incident->citizens.unreachable, 10);
	assert_int_equal(incident->severity, SEVERITY_CRITICAL);
	assert_int_equal(incident->reason, FOR_UNREACHABLE);
	assert_int_equal(incident->number, 10);
	assert_int_equal(citizens_share(&incident->citizens, &share), VANTAGE_SHIELD);
	assert_int_equal(share, 0);
	play_free(play);
}

/* Two sites are attacked; one of them soon no more, and well: that makes the other's citizens no better served. */
static void who_is_well_again_does_not_count(void **unused)
{
	struct play *play = play_new();
	unsigned share;

	(void)unused;
	play_calm(play, 1800);
	play_level(play, 0, "from normal to attack: requests");
	play_level(play, 1, "from normal to attack: requests");
	for (unsigned i = 0; i < 1200; i++) {
		if (i == 60)
			play_level(play, 1, "from attack to normal");
		add_served(&play->totals[1], 3);
		add_refused(&play->totals[0], DECISION_LIMIT, REASON_QUEUE_FULL, 400);
		play_second(play);
	}
	assert_int_equal(play->opened, 1);
	assert_int_equal(play->incidents[0]->site_count, 2);
	assert_int_equal(play->incidents[0]->citizens.minutes, 20);
	assert_int_equal(play->incidents[0]->citizens.site_minutes, 21);
	assert_int_equal(citizens_share(&play->incidents[0]->citizens, &share), VANTAGE_SHIELD);
	assert_in_range(share, 30, 60);  /* one of 21 minutes */
	play_free(play);
}

static void nothing_is_learned_while_it_is_attacked(void **unused)
{
	struct play *play = play_new();
	uint64_t before = 0, after = 0;

	(void)unused;
	play_calm(play, 3600 - 60);
	assert_true(citizens_expect(group_usual(play->group, SPAN("www.a.example")), TUESDAY_S, &before));
	play_level(play, 0, "from normal to attack: requests");
	play->now_s = TUESDAY_S + 7 * 86400;
	for (unsigned i = 0; i < 3600; i++) {
		add_served(&play->totals[0], 400);
		play_second(play);
	}
	assert_true(citizens_expect(group_usual(play->group, SPAN("www.a.example")), TUESDAY_S, &after));
	assert_int_equal(before, after);
	play_free(play);
}

static void a_second_wave_is_the_same_incident(void **unused)
{
	struct play *play = play_new();
	const struct incident *incident;

	(void)unused;
	for (unsigned wave = 0; wave < 3; wave++) {
		play_calm(play, 3600);
		play_level(play, 0, "from normal to attack: requests");
		play_flood(play, 0, 300);
		play_level(play, 0, "from attack to normal");
	}
	incident = play->incidents[0];
	assert_int_equal(play->opened, 1);
	assert_int_equal(incident->waves, 3);
	assert_int_equal(play_moments(incident, MOMENT_WAVE), 2);
	assert_int_equal(play_moments(incident, MOMENT_CONTAINED), 2);
	/* Closed by itself after a day; and what comes after that is another one, which is related. */
	play_calm(play, GROUP_CONTAIN_S + GROUP_CLOSE_S + 10);
	assert_int_equal(incident->status, STATUS_CLOSED);
	assert_null(group_find(play->group, incident->id));
	play_level(play, 0, "from normal to attack: requests");
	play_flood(play, 0, 120);
	assert_int_equal(play->opened, 2);
	assert_true(fingerprint_is_related(play->incidents[1], incident));
	play_free(play);
}

static void the_same_attack_on_several_sites_is_one(void **unused)
{
	struct play *play = play_new();
	const struct incident *incident;

	(void)unused;
	play_calm(play, 3600);
	play_level(play, 0, "from normal to attack: requests");
	play_flood(play, 0, 100);
	play_level(play, 1, "from normal to attack: requests");
	play_level(play, 0, "from attack to normal");
	play_flood(play, 1, 100);
	assert_int_equal(play->opened, 1);
	/* Rules that refuse on a third site are something else... */
	play_scan(play, 2, 120);
	assert_int_equal(play->opened, 2);
	assert_int_equal(play->incidents[1]->kinds, ATTACK_IS_APPLICATION);
	assert_string_equal(play->incidents[1]->sites[0].name, "www.c.example");
	assert_int_equal(group_find(play->group, 2)->vectors[VECTOR_APPLICATION].count, 120 * 20);  /* those before it was seen, too */
	/* ... and on one that is flooded, a part of the same. */
	play_scan(play, 1, 120);
	play_flood(play, 1, 60);
	assert_int_equal(play->opened, 2);
	incident = play->incidents[0];
	assert_int_equal(incident->site_count, 2);
	assert_int_equal(incident->kinds, ATTACK_IS_FLOOD | ATTACK_IS_APPLICATION);
	assert_int_equal(play_moments(incident, MOMENT_SITE), 1);
	assert_int_equal(incident->vectors[VECTOR_REQUEST_FLOOD].peak, 500);
	play_free(play);
}

/* The attack on one is over for longer than the other could be a part of it. */
static void what_comes_later_elsewhere_is_another(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	for (unsigned is_late = 0; is_late < 2; is_late++) {
		play_calm(play, GROUP_CONTAIN_S);
		play_level(play, 2 * is_late, "from normal to attack: requests");
		play_flood(play, 2 * is_late, 60);
		play_level(play, 2 * is_late, "from attack to normal");
		play_calm(play, is_late ? GROUP_JOIN_S + 10 : GROUP_JOIN_S - 10);
		play_level(play, 2 * is_late + 1, "from normal to attack: requests");
		play_flood(play, 2 * is_late + 1, 60);
		play_level(play, 2 * is_late + 1, "from attack to normal");
		assert_int_equal(play->opened, is_late ? 3 : 1);
	}
	play_free(play);
}

static void packets_belong_to_what_goes_on(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_calm(play, 3600);
	for (unsigned i = 0; i < 120; i++) {
		play_notice(play, "packets-dropped", "", "", "out_of_state 3000, malformed 1000");
		play_calm(play, 1);
	}
	assert_int_equal(play->opened, 1);
	assert_int_equal(play->incidents[0]->kinds, ATTACK_IS_PACKETS);
	assert_int_equal(play->incidents[0]->site_count, 0);
	assert_int_equal(play->incidents[0]->vectors[VECTOR_OUT_OF_STATE].peak, 3000);
	play_level(play, 3, "from normal to attack: requests");
	play_flood(play, 3, 60);
	assert_int_equal(play->opened, 1);
	assert_int_equal(play->incidents[0]->site_count, 1);
	assert_int_equal(vector_per_mille(play->incidents[0], VECTOR_OUT_OF_STATE), 750);
	play_free(play);
}

/* It was taken out of the configuration while its level was up: nobody says that it is normal again. */
static void a_site_that_is_gone_is_not_attacked_for_ever(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_calm(play, 600);
	play_level(play, 0, "from normal to attack: requests");
	play_flood(play, 0, 60);
	for (unsigned i = 0; i < GROUP_SILENT_S - 10; i++)
		play_second(play);
	assert_int_equal(play->incidents[0]->status, STATUS_NEW);
	for (unsigned i = 0; i < GROUP_CONTAIN_S + 20; i++)
		play_second(play);
	assert_int_equal(play->incidents[0]->status, STATUS_CONTAINED);
	play_free(play);
}

static void a_floor_is_no_attack(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_level(play, 0, "from normal to elevated: floor");
	play_calm(play, 600);
	assert_int_equal(play->opened, 0);
	play_level(play, 0, "from elevated to attack: person");
	play_calm(play, 60);
	assert_int_equal(play->opened, 1);
	play_free(play);
}

static void an_origin_that_is_down_for_a_minute_is_an_outage(void **unused)
{
	struct play *play = play_new();
	const struct incident *incident;

	(void)unused;
	play_calm(play, 1800);
	play_line(play, SPAN("{\"@timestamp\":\"2026-01-06T00:00:01.500Z\",\"event.dataset\":\"bouclier.request\",\"bouclier.tenant\":\"ville\",\"bouclier.site\":\"www.a.example\","
	        "\"bouclier.decision\":\"allow\",\"bouclier.origin\":\"http://10.0.0.11:8080\"}"));
	play_notice(play, "origin-down", "", "http://10.0.0.11:8080", "connection refused");
	play_calm(play, GROUP_DOWN_S - 2);
	play_notice(play, "origin-up", "", "http://10.0.0.11:8080", "well again");
	play_calm(play, 3600);
	assert_int_equal(play->opened, 0);
	play->now_s += 7 * 86400 - 3600;  /* the same hour */
	play_calm(play, 60 - (unsigned)(play->now_s % 60));
	play_notice(play, "origin-down", "", "http://10.0.0.11:8080", "connection refused");
	for (unsigned i = 0; i < 600; i++) {
		for (unsigned site = 1; site < PLAY_SITES; site++)
			add_served(&play->totals[site], 2);
		add_failed(&play->totals[0], 3);
		play_second(play);
	}
	play_notice(play, "origin-up", "", "http://10.0.0.11:8080", "well again");
	play_calm(play, GROUP_CONTAIN_S + 3 * SIGNALS_WINDOW_S);
	incident = play->incidents[0];
	assert_int_equal(play->opened, 1);
	assert_int_equal(incident->family, INCIDENT_OUTAGE);
	assert_string_equal(incident->subject, "http://10.0.0.11:8080");
	assert_int_equal(incident->site_count, 1);
	assert_string_equal(incident->sites[0].tenant, "ville");
	assert_string_equal(incident->tenants[0], "ville");
	assert_int_equal(incident->status, STATUS_CONTAINED);
	assert_in_range(incident->citizens.unreachable, 9, 10);
	assert_int_equal(incident->reason, FOR_UNREACHABLE);
	play_free(play);
}

/* It is a part of the attack; and when that is over, and the origin is not back, an outage. */
static void an_origin_that_an_attack_brings_down_is_a_part_of_it(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_calm(play, 600);
	play_line(play, SPAN("{\"@timestamp\":\"2026-01-06T00:00:01.500Z\",\"event.dataset\":\"bouclier.request\",\"bouclier.site\":\"www.a.example\","
	        "\"bouclier.decision\":\"allow\",\"bouclier.origin\":\"http://10.0.0.11:8080\"}"));
	play_level(play, 0, "from normal to attack: requests");
	play_notice(play, "origin-down", "", "http://10.0.0.11:8080", "connection refused");
	play_flood(play, 0, 300);
	assert_int_equal(play->opened, 1);
	assert_int_equal(play_moments(play->incidents[0], MOMENT_NOTICE), 1);
	play_level(play, 0, "from attack to normal");
	play_calm(play, GROUP_CONTAIN_S + 10);
	assert_int_equal(play->opened, 2);
	assert_int_equal(play->incidents[1]->family, INCIDENT_OUTAGE);
	play_free(play);
}

static void a_portal_that_fails_is_an_outage_and_under_attack_a_part_of_it(void **unused)
{
	(void)unused;
	for (unsigned is_attacked = 0; is_attacked < 2; is_attacked++) {
		struct play *play = play_new();

		play_calm(play, 1800);
		if (is_attacked)
			play_level(play, 0, "from normal to attack: errors");
		for (unsigned i = 0; i < 300; i++) {
			play_citizens(play);
			add_failed(&play->totals[0], 3);
			play_second(play);
		}
		assert_int_equal(play->opened, 1);
		assert_int_equal(play->incidents[0]->family, is_attacked ? INCIDENT_ATTACK : INCIDENT_OUTAGE);
		assert_int_equal(play->incidents[0]->reason, FOR_DEGRADED);
		play_free(play);
	}
}

static void outside_sees_an_outage_that_the_shield_does_not(void **unused)
{
	struct play *play = play_new();
	unsigned share = 7;

	(void)unused;
	play_calm(play, 1800);
	for (unsigned i = 0; i < 10; i++) {
		play_probe(play, 0, i != 0);
		play_calm(play, 60);
	}
	assert_int_equal(play->opened, 0);
	for (unsigned i = 0; i < 10; i++) {
		play_probe(play, 0, false);
		play_calm(play, 60);
	}
	assert_int_equal(play->opened, 1);
	assert_int_equal(play->incidents[0]->family, INCIDENT_OUTAGE);
	assert_int_equal(play->incidents[0]->citizens.unreachable, 10);   /* those before anybody could know, too */
	assert_int_equal(citizens_share(&play->incidents[0]->citizens, &share), VANTAGE_OUTSIDE);
	assert_int_equal(share, 0);
	play_free(play);
}

/* -- packets that are lost in front of the shield -- */

#define LOST_MINUTES 12u

/* One citizen of twenty comes through, and one packet of twenty of a flood of FLOOD requests a second, which are served. */
static void play_lost_second(struct play *play, unsigned flood)
{
	for (unsigned i = 0; i < PLAY_SITES; i++) {
		if (play->now_s % 20 == i)
			add_served(&play->totals[i], 2);
	}
	add_served(&play->totals[0], flood / 20);
	play_second(play);
}

/* What a vantage says of a minute of site 0. */
static void play_looks(struct play *play, uint64_t at_s, unsigned asked, unsigned reached, unsigned slow)
{
	struct observation observation = { .kind = OBSERVATION_PROBE, .at_s = at_s, .site = span_of(play_names[0]), .probe = { asked, reached, slow } };

	group_feed(play->group, &observation);
}

/* Whatever is told, by whom and when: never more than what came through. */
static void of_a_line_that_loses_95_percent_nobody_says_more_than_5(void **unused)
{
	static const struct {
		const char *what;
		bool is_told;            /* the interface counts what it loses */
		bool is_flood;
		unsigned looks_late;     /* in minutes; 0: nobody looks */
		enum vantage vantage;
	} rows[] = {
		{ "nobody says anything", false, false, 0, VANTAGE_SHIELD },
		{ "the line is said to lose packets", true, false, 0, VANTAGE_UNKNOWN },
		{ "a flood comes through, too", false, true, 0, VANTAGE_UNKNOWN },
		{ "a probe looks", false, false, 1, VANTAGE_OUTSIDE },
		{ "a probe looks, and the line is said to lose packets", true, true, 1, VANTAGE_OUTSIDE },
		{ "a probe tells it when the attack is over", true, true, LOST_MINUTES + 5, VANTAGE_OUTSIDE },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct play *play = play_new();
		const struct citizens *citizens;
		uint64_t first;
		unsigned share = 7;

		for (unsigned minute = 0; minute < 40; minute++) {
			play_calm(play, 60);
			if (rows[i].looks_late == 1)  /* who tells it late was never heard before */
				play_looks(play, play->now_s - 60, 4, 4, 0);
		}
		assert_int_equal(play->opened, 0);
		play_level(play, 0, "from normal to attack: requests");
		if (rows[i].is_told)
			play_notice(play, "line-full", "", "", "eth0: 950.0 Mbit/s in, 10.0 Mbit/s out, 95 % of its capacity, 3400 packets lost a second. Run: bouclier report carrier");
		first = play->now_s;
		for (unsigned minute = 0; minute < LOST_MINUTES + rows[i].looks_late; minute++) {
			uint64_t of_s = first + 60 * (minute - rows[i].looks_late);

			if (rows[i].looks_late && minute >= rows[i].looks_late)
				play_looks(play, of_s, 20, 1, of_s % 120 == 0);
			for (unsigned second = 0; second < 60; second++) {
				if (minute < LOST_MINUTES)
					play_lost_second(play, rows[i].is_flood ? 2000 : 0);
				else
					play_calm(play, 1);
			}
			if (minute == LOST_MINUTES - 1) {
				play_notice(play, "line-calm", "", "", "eth0: 12.0 Mbit/s in, 10.0 Mbit/s out, 1 % of its capacity");
				play_level(play, 0, "from attack to normal");
			}
		}
		play_calm(play, 70);
		citizens = &play->incidents[0]->citizens;
		assert_int_equal(play->incidents[0]->family, INCIDENT_ATTACK);
		if (citizens_share(citizens, &share) != rows[i].vantage)
			fail_msg("%s: %s", rows[i].what, vantage_name(citizens_share(citizens, &share)));
		if (rows[i].vantage != VANTAGE_UNKNOWN && share > 50)
			fail_msg("%s: %u of a thousand", rows[i].what, share);
		assert_true(citizens->minutes >= LOST_MINUTES - 1 && citizens->degraded + citizens->unreachable <= citizens->minutes);
		if (rows[i].looks_late)
			assert_in_range(citizens->probed, LOST_MINUTES - 1, citizens->site_minutes);
		assert_int_equal(citizens->has_drops, rows[i].is_told);
		play_free(play);
	}
}

/* Of each minute, whoever tells of it first: the sums are those of who is told at once. */
static void what_is_told_late_counts_as_if_it_were_told_at_once(void **unused)
{
	struct play *early = play_new(), *late = play_new();
	const struct citizens *a, *b;
	struct citizens at_once, afterwards;
	uint64_t first;

	(void)unused;
	play_calm(early, 2400);
	play_calm(late, 2400);
	play_looks(early, early->now_s - 60, 1, 1, 0);
	play_looks(late, late->now_s - 60, 1, 1, 0);
	play_level(early, 0, "from normal to attack: requests");
	play_level(late, 0, "from normal to attack: requests");
	first = early->now_s;
	for (unsigned minute = 0; minute < 10; minute++) {
		play_looks(early, early->now_s, 3, minute % 4, minute % 2);
		play_looks(early, early->now_s, 1, 1, 0);
		play_flood(early, 0, 60);
		play_flood(late, 0, 60);
	}
	for (unsigned minute = 10; minute-- > 0;) {
		play_looks(late, first + minute * 60, 1, 1, 0);
		play_looks(late, first + minute * 60 + 59, 3, minute % 4, minute % 2);
	}
	play_looks(late, first - 60 * (GROUP_LATE_MINUTES + 60), 1, 0, 0);
	assert_int_equal(group_sums(late->group).too_late, group_sums(early->group).too_late + 1);
	play_flood(early, 0, 60);
	play_flood(late, 0, 60);
	a = &group_find(early->group, early->incidents[0]->id)->citizens;
	b = &group_find(late->group, late->incidents[0]->id)->citizens;
	at_once = *a;
	afterwards = *b;
	assert_memory_equal(&at_once, &afterwards, sizeof(at_once));
	assert_int_equal(at_once.probes, 40);
	play_free(early);
	play_free(late);
}

/* What the shield alone took for nobody served was another minute: somebody outside got his page. And the other way round. */
static void who_looks_from_outside_knows_better(void **unused)
{
	struct play *play = play_new();
	const struct citizens *citizens;
	uint64_t first;

	(void)unused;
	play_calm(play, 2400);
	play_looks(play, play->now_s - 60, 1, 1, 0);
	play_level(play, 0, "from normal to attack: requests");
	first = play->now_s;
	for (unsigned i = 0; i < 120; i++) {
		add_refused(&play->totals[0], DECISION_LIMIT, REASON_RATE_LIMIT, 5);
		play_second(play);
	}
	play_flood(play, 0, 70);
	citizens = &group_find(play->group, play->incidents[0]->id)->citizens;
	assert_int_equal(citizens->unreachable, 2);
	assert_int_equal(citizens->degraded, 0);
	play_looks(play, first, 2, 2, 0);
	assert_int_equal(citizens->unreachable, 1);
	assert_int_equal(citizens->degraded, 1);
	play_looks(play, first + 120, 2, 0, 0);
	assert_int_equal(citizens->unreachable, 2);
	assert_int_equal(citizens->minutes, 3);
	play_free(play);
}

static void a_line_that_is_full_goes_on_until_it_is_calm(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_calm(play, 60);
	play_notice(play, "line-filling", "", "", "eth0: 750.0 Mbit/s in, 10.0 Mbit/s out, 75 % of its capacity");
	play_calm(play, 60);
	assert_int_equal(play->opened, 0);
	play_notice(play, "line-full", "", "", "eth0: 960.0 Mbit/s in, 10.0 Mbit/s out, 96 % of its capacity");
	play_calm(play, GROUP_CONTAIN_S * 3);
	assert_int_equal(play->opened, 1);
	assert_int_equal(play->incidents[0]->family, INCIDENT_CAPACITY);
	assert_int_equal(play->incidents[0]->reason, FOR_LINE_FULL);
	assert_int_equal(play->incidents[0]->status, STATUS_NEW);
	play_notice(play, "line-calm", "", "", "eth0: 6.0 Mbit/s in, 10.0 Mbit/s out, 1 % of its capacity");
	play_calm(play, GROUP_CONTAIN_S + 61);
	assert_int_equal(play->incidents[0]->status, STATUS_CONTAINED);
	play_free(play);
}

static void how_a_site_is_now_can_be_asked(void **unused)
{
	struct play *play = play_new();
	struct group_site_view view = { 0 };
	unsigned share = 7;

	(void)unused;
	assert_false(group_site_look(play->group, SPAN(""), &view));
	assert_false(group_site_look(play->group, span_of(play_names[0]), &view));
	play_calm(play, 30);
	assert_true(group_site_look(play->group, span_of(play_names[0]), &view));
	assert_int_equal(view.since_s, 0);
	assert_int_equal(view.recent.minutes, 0);
	play_calm(play, 240);
	assert_true(group_site_look(play->group, span_of(play_names[0]), &view));
	assert_true(view.is_known && view.state == CITIZENS_WELL && view.since_s);
	assert_int_equal(view.recent.blind, view.recent.minutes);
	assert_int_equal(citizens_share(&view.recent, &share), VANTAGE_UNKNOWN);  /* nobody knows yet what to expect */
	play_calm(play, 2400);
	assert_true(group_site_look(play->group, span_of(play_names[0]), &view));
	assert_int_equal(view.recent.minutes, GROUP_RECENT);
	assert_int_equal(view.recent.blind, 0);
	assert_int_equal(citizens_share(&view.recent, &share), VANTAGE_SHIELD);
	assert_in_range(share, 900, 1000);
	/* Nobody comes any more: who was expected is not served. */
	for (unsigned i = 0; i < 600; i++)
		play_second(play);
	assert_true(group_site_look(play->group, span_of(play_names[0]), &view));
	assert_int_equal(view.state, CITIZENS_UNREACHABLE);
	assert_in_range(view.since_s, play->now_s - 600, play->now_s - 480);
	assert_int_equal(citizens_share(&view.recent, &share), VANTAGE_SHIELD);
	assert_int_equal(share, 0);
	play_free(play);
}

/* A probe reports a minute when it is over: how a site is now is what it saw, not what the shield did not know of that minute. */
static void what_is_told_of_the_last_minutes_is_how_a_site_is_now(void **unused)
{
	struct play *play = play_new();
	struct group_site_view view = { 0 };
	unsigned share = 7;

	(void)unused;
	assert_int_equal(group_set_tenant(play->group, span_of(play_names[0]), SPAN("town-a")), RESULT_OK);
	for (unsigned i = 0; i < 180; i++)
		group_second(play->group, ++play->now_s);  /* of these nobody knows anything */
	assert_true(group_site_look(play->group, span_of(play_names[0]), &view));
	assert_int_equal(view.recent.minutes, 0);
	play_calm(play, (unsigned)(120 - play->now_s % 60));
	play_looks(play, play->now_s - 60, 6, 6, 0);
	assert_true(group_site_look(play->group, span_of(play_names[0]), &view));
	assert_int_equal(citizens_share(&view.recent, &share), VANTAGE_OUTSIDE);
	for (unsigned i = 0; i < GROUP_RECENT; i++) {
		play_calm(play, 60);
		play_looks(play, play->now_s - 60, 6, i == GROUP_RECENT - 1 ? 0 : 6, 0);
	}
	assert_true(group_site_look(play->group, span_of(play_names[0]), &view));
	assert_int_equal(citizens_share(&view.recent, &share), VANTAGE_OUTSIDE);
	assert_int_equal(share, 800);
	assert_int_equal(view.recent.minutes, GROUP_RECENT);
	assert_int_equal(view.state, CITIZENS_UNREACHABLE);  /* the last one */
	assert_int_equal(view.since_s, play->now_s);
	play_looks(play, play->now_s - 60 * (GROUP_RECENT + 1), 100, 100, 0);
	assert_true(group_site_look(play->group, span_of(play_names[0]), &view));
	assert_int_equal(view.recent.probes, 6 * GROUP_RECENT);  /* what was before those is over */
	play_free(play);
}

static void a_certificate_is_one_incident_until_it_is_renewed(void **unused)
{
	struct play *play = play_new();
	const struct incident *incident;

	(void)unused;
	play_notice(play, "certificate-expires", "www.a.example", "", "the certificate /etc/tls/a.pem expires in 21 days, on 2026-01-27");
	play_notice(play, "certificate-expires", "www.b.example", "", "the certificate /etc/tls/a.pem expires in 21 days, on 2026-01-27");
	play_notice(play, "certificate-expires", "www.c.example", "", "the certificate /etc/tls/c.pem expires in 7 days, on 2026-01-13");
	play_calm(play, 60);
	assert_int_equal(play->opened, 2);
	incident = play->incidents[0];
	assert_string_equal(incident->subject, "/etc/tls/a.pem");
	assert_int_equal(incident->site_count, 2);
	assert_int_equal(incident->severity, SEVERITY_LOW);
	assert_int_equal(incident->number, 21);
	assert_int_equal(play->incidents[1]->severity, SEVERITY_MEDIUM);
	/* The reminder of the second comes, that of the first does not: it was renewed. */
	for (unsigned day = 0; day < 16; day++) {
		play->now_s += 86400 - 200;
		group_second(play->group, play->now_s);
		if (day == 4)
			play_notice(play, "certificate-expires", "www.c.example", "", "the certificate /etc/tls/c.pem expires in 2 days, on 2026-01-13");
		if (day == 5)
			play_notice(play, "certificate-expires", "www.c.example", "", "the certificate /etc/tls/c.pem expires in 1 day, on 2026-01-13");
		if (day >= 6)
			play_notice(play, "certificate-expired", "www.c.example", "", "the certificate /etc/tls/c.pem expired on 2026-01-13");
		play_calm(play, 200);
	}
	assert_int_equal(play->opened, 2);
	assert_true(incident->status != STATUS_NEW);
	assert_int_equal(play->incidents[1]->status, STATUS_NEW);
	assert_int_equal(play->incidents[1]->severity, SEVERITY_HIGH);
	assert_int_equal(play->incidents[1]->waves, 1);
	play_free(play);
}

static void a_certificate_that_is_renewed_is_over(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_notice(play, "certificate-expires", "www.a.example", "", "the certificate /etc/tls/a.pem expires in 7 days, on 2026-01-13");
	play_notice(play, "certificate-expires", "www.b.example", "", "the certificate /etc/tls/b.pem expires in 7 days, on 2026-01-13");
	play_calm(play, GROUP_CONTAIN_S + 60);
	assert_int_equal(play->incidents[0]->status, STATUS_NEW);
	play_notice(play, "certificate-renewed", "www.a.example", "", "the certificate /etc/tls/a.pem: renewed, until 2026-04-01");
	play_calm(play, GROUP_CONTAIN_S + 60);
	assert_int_equal(play->incidents[0]->status, STATUS_CONTAINED);
	assert_int_equal(play->incidents[1]->status, STATUS_NEW);
	play_notice(play, "certificate-renewed", "www.b.example", "", "the certificate /etc/tls/b.pem: no site shows it any more");
	play_calm(play, GROUP_CONTAIN_S + 60);
	assert_int_equal(play->incidents[1]->status, STATUS_CONTAINED);
	assert_int_equal(play->opened, 2);
	play_free(play);
}

/* That its response is well again does not make a certificate valid. */
static void a_response_that_is_renewed_ends_only_what_it_began(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_notice(play, "certificate-expired", "www.a.example", "", "the certificate /etc/tls/a.pem expired on 2026-01-01");
	play_notice(play, "staple-missing", "www.a.example", "", "no OCSP response goes with the certificate /etc/tls/a.pem: refused");
	play_notice(play, "staple-missing", "www.b.example", "", "no OCSP response goes with the certificate /etc/tls/b.pem: refused");
	play_calm(play, 60);
	assert_int_equal(play->opened, 2);
	play_notice(play, "staple-renewed", "www.a.example", "", "an OCSP response goes with the certificate /etc/tls/a.pem again");
	play_notice(play, "staple-renewed", "www.b.example", "", "an OCSP response goes with the certificate /etc/tls/b.pem again");
	play_calm(play, GROUP_CONTAIN_S + 10);
	assert_int_equal(play->incidents[0]->status, STATUS_NEW);
	assert_int_equal(play->incidents[1]->status, STATUS_CONTAINED);
	play_free(play);
}

static void a_late_reminder_is_of_the_same_certificate(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_notice(play, "certificate-expires", "www.a.example", "", "the certificate /etc/tls/a.pem expires in 7 days, on 2026-01-13");
	play_calm(play, 60);
	play->now_s += 6 * 86400;
	play_calm(play, 60);
	assert_int_equal(play->incidents[0]->status, STATUS_CONTAINED);
	play->now_s += 3600;
	play_calm(play, 60);
	play_notice(play, "certificate-expires", "www.a.example", "", "the certificate /etc/tls/a.pem expires in 1 day, on 2026-01-13");
	play_calm(play, 60);
	assert_int_equal(play->opened, 1);
	assert_int_equal(play->incidents[0]->waves, 2);
	assert_int_equal(play->incidents[0]->severity, SEVERITY_HIGH);
	play_free(play);
}

/* Whoever follows the journal was away: it goes on all the same. */
static void what_goes_on_is_not_over_because_nobody_looked(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_notice(play, "audit-log-stopped", "", "", "no space left on device");
	play_calm(play, 60);
	play->now_s += 30 * 86400;
	play_calm(play, 200);
	assert_int_equal(play->incidents[0]->status, STATUS_NEW);
	assert_int_equal(play->incidents[0]->last_s / 60, (play->now_s - 1) / 60);
	play_free(play);
}

static void what_is_lost_or_full_has_incidents_of_its_own(void **unused)
{
	struct observation link = { .kind = OBSERVATION_LINK, .at_s = TUESDAY_S, .link = { .has_drops = true } };
	struct play *play = play_new();
	unsigned share;

	(void)unused;
	play_line(play, SPAN("{\"@timestamp\":\"2026-01-06T00:00:01.500Z\",\"event.dataset\":\"bouclier.journal\",\"event.action\":\"lines-lost\",\"bouclier.journal.lost.lines\":5}"));
	play_notice(play, "audit-log-stopped", "", "", "no space left on device");
	play_notice(play, "continuity-damaged", "www.a.example", "", "2 files were damaged");
	group_feed(play->group, &link);
	play_calm(play, GROUP_CONTAIN_S + 62);
	assert_int_equal(play->opened, 4);
	assert_int_equal(play->incidents[0]->family, INCIDENT_INTEGRITY);
	assert_int_equal(play->incidents[0]->status, STATUS_CONTAINED);
	assert_int_equal(play->incidents[1]->family, INCIDENT_CAPACITY);
	assert_int_equal(play->incidents[1]->status, STATUS_NEW);  /* until it is said to be over */
	assert_int_equal(play->incidents[2]->reason, FOR_DAMAGED);
	assert_int_equal(play->incidents[3]->reason, FOR_LINE_FULL);
	play_notice(play, "audit-log-written", "", "", "it is written again");
	play_calm(play, GROUP_CONTAIN_S + 2);
	assert_int_equal(play->incidents[1]->status, STATUS_CONTAINED);
	/* While a site is attacked a full line is a part of that, and no figure is known. */
	play_calm(play, 5400);
	play_level(play, 0, "from normal to attack: requests");
	play_flood(play, 0, 120);
	assert_int_equal(citizens_share(&play->incidents[4]->citizens, &share), VANTAGE_SHIELD);
	group_feed(play->group, &link);
	play_flood(play, 0, 120);
	assert_int_equal(play->opened, 5);
	assert_int_equal(play->incidents[4]->reason, FOR_LINE_FULL);
	assert_int_equal(citizens_share(&play->incidents[4]->citizens, &share), VANTAGE_UNKNOWN);
	play_free(play);
}

static void what_the_configuration_did_by_itself_is_told(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_notice(play, "config-serves", "", "", "configuration 2 of the history serves");
	play_notice(play, "config-went-back", "", "", "nobody confirmed");
	play_notice(play, "backup-failed", "", "", "no backup was made");
	play_calm(play, GROUP_CONTAIN_S + 62);
	assert_int_equal(play->opened, 2);
	assert_int_equal(play->incidents[0]->family, INCIDENT_INTEGRITY);
	assert_int_equal(play->incidents[0]->reason, FOR_WENT_BACK);
	assert_int_equal(play->incidents[0]->status, STATUS_CONTAINED);
	assert_int_equal(play->incidents[1]->reason, FOR_NO_BACKUP);
	assert_int_equal(play->incidents[1]->status, STATUS_NEW);
	play_notice(play, "backup-made", "", "", "/var/backups/bouclier-2026-01-07.backup");
	play_calm(play, GROUP_CONTAIN_S + 2);
	assert_int_equal(play->incidents[1]->status, STATUS_CONTAINED);
	play_free(play);
}

static void sampled_lines_name_rules_and_sources(void **unused)
{
	struct play *play = play_new();
	const struct incident *incident;

	(void)unused;
	play_calm(play, 60);
	play_level(play, 0, "from normal to attack: requests");
	play_calm(play, 2);
	for (unsigned i = 0; i < 3; i++)
		play_line(play, SPAN("{\"@timestamp\":\"2026-01-06T00:00:01.500Z\",\"event.dataset\":\"bouclier.request\",\"bouclier.tenant\":\"ville\",\"bouclier.site\":\"www.a.example\","
		        "\"bouclier.decision\":\"block\",\"bouclier.rules\":[{\"id\":942100},{\"id\":942200}],\"source.ip\":\"192.0.2.1\"}"));
	play_line(play, SPAN("{\"@timestamp\":\"2026-01-06T00:00:01.500Z\",\"event.dataset\":\"bouclier.request\",\"bouclier.site\":\"www.a.example\","
	        "\"bouclier.decision\":\"allow\",\"bouclier.rules\":[{\"id\":920100}],\"source.ip\":\"192.0.2.2\"}"));
	play_notice(play, "ban", "", "", "192.0.2.1 until tomorrow");
	play_calm(play, 60);
	incident = play->incidents[0];
	assert_int_equal(incident->family_count, 1);
	assert_int_equal(incident->families[0].number, 942);
	assert_int_equal(incident->families[0].lines, 6);
	assert_int_equal(incident->country_count, 1);
	assert_string_equal(incident->countries[0].country, "BE");
	assert_int_equal(incident->countries[0].lines, 3);
	assert_int_equal(incident->networks[0].asn, 64500);
	assert_string_equal(incident->sites[0].tenant, "ville");
	assert_int_equal(incident->tenant_count, 1);
	assert_int_equal(incident->bans, 1);
	play_free(play);
}

/* -- people -- */

static void what_people_say_holds(void **unused)
{
	struct play *play = play_new();
	struct incident *incident;
	unsigned told;

	(void)unused;
	play_calm(play, 600);
	play_level(play, 0, "from normal to attack: requests");
	play_flood(play, 0, 30);
	incident = group_find(play->group, 1);
	assert_non_null(incident);
	told = play->told;
	assert_ok(incident_acknowledge(incident, SPAN("anne"), play->now_s));
	play_flood(play, 0, 1);
	assert_int_equal(play->told, told + 1);
	assert_string_equal(play->incidents[0]->owner, "anne");
	assert_ok(incident_close(incident, SPAN("anne"), play->now_s));
	play_flood(play, 0, PEOPLE_HOLD_S - 10);
	assert_int_equal(play->incidents[0]->status, STATUS_CLOSED);
	/* It was not over. */
	play_flood(play, 0, 20);
	assert_int_equal(play->opened, 1);
	assert_int_equal(play->incidents[0]->status, STATUS_ACKNOWLEDGED);
	assert_int_equal(play->incidents[0]->waves, 2);
	play_free(play);
}

/* -- a restart -- */

static void what_was_told_is_taken_up_again(void **unused)
{
	struct play *play = play_new(), *again = play_new();
	uint64_t expected;

	(void)unused;
	play_calm(play, 3600);
	play_level(play, 0, "from normal to attack: requests");
	play_flood(play, 0, 120);
	assert_ok(group_restore(again->group, play->incidents[0]));
	assert_result(group_restore(again->group, play->incidents[0]), RESULT_REFUSED);
	assert_ok(group_set_usual(again->group, SPAN("www.a.example"), group_usual(play->group, SPAN("www.a.example"))));
	assert_true(citizens_expect(group_usual(again->group, SPAN("www.a.example")), TUESDAY_S, &expected));
	assert_int_equal(group_next_id(again->group), 2);
	again->now_s = play->now_s;
	play_flood(again, 0, GROUP_CONTAIN_S + 120);  /* it goes on although nobody says so anew */
	assert_int_equal(again->opened, 1);
	assert_int_equal(again->incidents[0]->status, STATUS_NEW);
	assert_true(again->incidents[0]->decisions[DECISION_LIMIT] > play->incidents[0]->decisions[DECISION_LIMIT]);
	play_level(again, 0, "from attack to normal");
	play_calm(again, GROUP_CONTAIN_S + 2);
	assert_int_equal(again->incidents[0]->status, STATUS_CONTAINED);
	play_free(play);
	play_free(again);
}

/* -- limits -- */

static void for_one_more_the_least_severe_gives_place(void **unused)
{
	struct group_birth birth = { .next_id = 1 };
	struct observation observation = { .kind = OBSERVATION_NOTICE, .at_s = TUESDAY_S };
	struct group *group;
	char detail[64];

	(void)unused;
	assert_ok(group_new(&birth, TUESDAY_S, &group));
	for (unsigned i = 0; i <= GROUP_INCIDENTS_MAX; i++) {
		observation.notice.action = i == 7 ? SPAN("staple-missing") : SPAN("certificate-expired");
		observation.notice.detail = span_make(detail, (size_t)snprintf(detail, sizeof(detail), "the certificate %u.pem expired on 2026-01-01", i));
		group_feed(group, &observation);
	}
	assert_int_equal(group_sums(group).gave_place, 1);
	assert_null(group_find(group, 8));
	assert_non_null(group_find(group, 1));
	/* An attack always finds a place; nothing takes that of an attack. */
	observation.notice.action = SPAN("level");
	observation.notice.detail = SPAN("from normal to attack: requests");
	for (unsigned i = 0; i < 3; i++) {
		observation.site = span_of(play_names[i]);
		group_feed(group, &observation);
	}
	group_second(group, TUESDAY_S + 1);
	assert_int_equal(group_sums(group).gave_place, 2);
	assert_non_null(group_find(group, GROUP_INCIDENTS_MAX + 2));
	observation.notice.action = SPAN("staple-missing");
	observation.notice.detail = SPAN("the certificate z.pem: x");
	group_feed(group, &observation);
	assert_int_equal(group_sums(group).refused, 1);
	group_free(group);
}

static void sites_beyond_the_limit_are_counted(void **unused)
{
	struct group_birth birth = { .next_id = 1 };
	struct observation observation = { .kind = OBSERVATION_PROBE };
	struct group *group;
	char name[32];

	(void)unused;
	assert_ok(group_new(&birth, TUESDAY_S, &group));
	for (unsigned i = 0; i < GROUP_SITES_MAX; i++) {  /* one has no name */
		observation.site = span_make(name, (size_t)snprintf(name, sizeof(name), "www.%u.example", i));
		group_feed(group, &observation);
	}
	assert_int_equal(group_sums(group).beyond, 1);
	group_free(group);
}

/* What came in minutes that nobody read is no flood of one second. */
static void growth_of_longer_is_spread(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_calm(play, 600);
	play->now_s += 300;
	add_refused(&play->totals[0], DECISION_BLOCK, REASON_RULES, 200);
	play_calm(play, 120);
	assert_int_equal(play->opened, 0);
	play_level(play, 0, "from normal to attack: requests");
	play_calm(play, 1);
	play->now_s += 300;
	add_refused(&play->totals[0], DECISION_LIMIT, REASON_RATE_LIMIT, 6020);
	play_calm(play, 120);
	assert_int_equal(play->incidents[0]->vectors[VECTOR_REQUEST_FLOOD].peak, 20);
	assert_int_equal(play->incidents[0]->vectors[VECTOR_REQUEST_FLOOD].count, 6020);
	play_free(play);
}

static void a_clock_that_jumps_stops_nothing(void **unused)
{
	struct play *play = play_new();

	(void)unused;
	play_calm(play, 100);
	play_level(play, 0, "from normal to attack: requests");
	play_flood(play, 0, 10);
	group_second(play->group, play->now_s - 50);
	group_second(play->group, play->now_s);
	play_flood(play, 0, 10);
	play->now_s += 1000000000;
	play_flood(play, 0, 10);
	assert_int_equal(play->opened, 1);
	play_free(play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_calm_day_opens_nothing),
		cmocka_unit_test(a_flood_is_one_incident), cmocka_unit_test(ends_when_the_caller_says), cmocka_unit_test(whose_it_is_the_configuration_says),
		cmocka_unit_test(what_citizens_experienced_is_counted),
		cmocka_unit_test(who_is_well_again_does_not_count),
		cmocka_unit_test(nothing_is_learned_while_it_is_attacked),
		cmocka_unit_test(a_second_wave_is_the_same_incident),
		cmocka_unit_test(the_same_attack_on_several_sites_is_one),
		cmocka_unit_test(what_comes_later_elsewhere_is_another),
		cmocka_unit_test(packets_belong_to_what_goes_on),
		cmocka_unit_test(a_site_that_is_gone_is_not_attacked_for_ever),
		cmocka_unit_test(a_floor_is_no_attack),
		cmocka_unit_test(an_origin_that_is_down_for_a_minute_is_an_outage),
		cmocka_unit_test(an_origin_that_an_attack_brings_down_is_a_part_of_it),
		cmocka_unit_test(a_portal_that_fails_is_an_outage_and_under_attack_a_part_of_it),
		cmocka_unit_test(outside_sees_an_outage_that_the_shield_does_not),
		cmocka_unit_test(of_a_line_that_loses_95_percent_nobody_says_more_than_5),
		cmocka_unit_test(what_is_told_late_counts_as_if_it_were_told_at_once),
		cmocka_unit_test(who_looks_from_outside_knows_better),
		cmocka_unit_test(a_line_that_is_full_goes_on_until_it_is_calm),
		cmocka_unit_test(how_a_site_is_now_can_be_asked),
		cmocka_unit_test(what_is_told_of_the_last_minutes_is_how_a_site_is_now),
		cmocka_unit_test(a_certificate_is_one_incident_until_it_is_renewed),
		cmocka_unit_test(a_certificate_that_is_renewed_is_over),
		cmocka_unit_test(a_response_that_is_renewed_ends_only_what_it_began),
		cmocka_unit_test(a_late_reminder_is_of_the_same_certificate),
		cmocka_unit_test(what_goes_on_is_not_over_because_nobody_looked),
		cmocka_unit_test(what_is_lost_or_full_has_incidents_of_its_own),
		cmocka_unit_test(what_the_configuration_did_by_itself_is_told),
		cmocka_unit_test(sampled_lines_name_rules_and_sources),
		cmocka_unit_test(what_people_say_holds),
		cmocka_unit_test(what_was_told_is_taken_up_again),
		cmocka_unit_test(for_one_more_the_least_severe_gives_place),
		cmocka_unit_test(sites_beyond_the_limit_are_counted),
		cmocka_unit_test(growth_of_longer_is_spread),
		cmocka_unit_test(a_clock_that_jumps_stops_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
