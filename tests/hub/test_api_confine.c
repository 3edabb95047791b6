#include "../base/check.h"
#include "hub/api/ask/confine.h"
#include "hub/api/ask/tenants.h"
#include "incident/people.h"

#define NOW_S 1767657600u

static const struct span a[] = { SPAN_INIT("a") }, both[] = { SPAN_INIT("b"), SPAN_INIT("a") };
static const struct store_tenants of_a = { .list = a, .count = 1 }, of_both = { .list = both, .count = 2 }, nobody = { .list = NULL, .count = 0 };

static struct incident *shared(void)
{
	static struct incident incident;

	incident_init(&incident, 7, INCIDENT_ATTACK, SPAN_NONE, NOW_S);
	incident_tell(&incident, NOW_S, MOMENT_OPENED, SPAN_NONE);
	incident_add_site(&incident, SPAN("www.a.example"), SPAN("a"));
	incident_add_site(&incident, SPAN("www.b.example"), SPAN("b"));
	incident_tell(&incident, NOW_S, MOMENT_SITE, SPAN("www.b.example"));
	incident_tell(&incident, NOW_S, MOMENT_NOTICE, SPAN("203.0.113.7 is banned; it asked www.b.example"));
	assert_ok(incident_note(&incident, SPAN("anne"), SPAN("mine"), NOW_S));
	assert_ok(incident_note(&incident, SPAN("bert"), SPAN("www.b.example is ours"), NOW_S));
	incident.citizens = (struct citizens){ .expected = 100, .seen = 100, .served = 100, .site_minutes = 1 };
	incident.decisions[DECISION_BLOCK] = 5;
	incident.vectors[VECTOR_APPLICATION] = (struct vector_share){ 5, 1 };
	incident_add_rule(&incident, 942100);
	incident_add_source(&incident, &(struct geo_place){ .country = "BE", .asn = 64500 });
	incident.countries_other = 1;
	incident.related[incident.related_count++] = 3;
	return &incident;
}

static void who_sees_what(void **unused)
{
	struct incident *incident = shared();

	(void)unused;
	assert_int_equal(confine_sees(&store_all_tenants, incident), CONFINED_WHOLE);
	assert_int_equal(confine_sees(&of_both, incident), CONFINED_WHOLE);
	assert_int_equal(confine_sees(&of_a, incident), CONFINED_PART);
	assert_int_equal(confine_sees(&nobody, incident), CONFINED_NOTHING);
	/* Whose the rest is nobody knows. */
	incident->sites_more = 1;
	assert_int_equal(confine_sees(&of_both, incident), CONFINED_PART);
	/* A site that is nobody's, and none at all. */
	incident_init(incident, 8, INCIDENT_ATTACK, SPAN_NONE, NOW_S);
	assert_int_equal(confine_sees(&of_both, incident), CONFINED_NOTHING);
	incident_add_site(incident, SPAN("www.n.example"), SPAN_NONE);
	assert_int_equal(confine_sees(&of_both, incident), CONFINED_NOTHING);
	incident_add_site(incident, SPAN("www.a.example"), SPAN("a"));
	assert_int_equal(confine_sees(&of_both, incident), CONFINED_PART);
}

static void what_is_others_is_left_out(void **unused)
{
	struct incident *incident = shared();
	unsigned share;

	(void)unused;
	confine(&of_a, SPAN("anne"), incident);
	assert_int_equal(incident->site_count, 1);
	assert_string_equal(incident->sites[0].name, "www.a.example");
	assert_int_equal(incident->tenant_count, 1);
	assert_string_equal(incident->tenants[0], "a");
	assert_int_equal(incident->note_count, 1);
	assert_string_equal(incident->notes[0].text, "mine");
	for (uint32_t i = 0; i < incident->moment_count; i++)
		assert_false(span_contains(span_of(incident->timeline[i].text), SPAN("www.b.example")));
	assert_int_equal(incident->moment_count, 3);  /* opened, and who wrote notes */
	assert_int_equal(citizens_share(&incident->citizens, &share), VANTAGE_UNKNOWN);
	assert_int_equal(incident->decisions[DECISION_BLOCK] + incident->related_count, 0);
	assert_int_equal(incident->vectors[VECTOR_APPLICATION].count + incident->country_count + incident->family_count + incident->countries_other, 0);
}

static void who_sees_the_whole_sees_all_of_it(void **unused)
{
	struct incident *incident = shared();

	(void)unused;
	confine(&of_both, SPAN("anne"), incident);
	assert_int_equal(incident->site_count, 2);
	assert_int_equal(incident->note_count, 2);
	assert_int_equal(incident->citizens.served, 100);
}

static void sets_of_tenants_are_copied_and_compared(void **unused)
{
	struct store_tenants copy;

	(void)unused;
	assert_ok(tenants_copy(&of_both, &copy));
	assert_true(copy.list != of_both.list && copy.list[0].at != of_both.list[0].at);
	assert_true(tenants_see(&copy, SPAN("a")) && tenants_see(&copy, SPAN("b")) && !tenants_see(&copy, SPAN("c")) && !tenants_see(&copy, SPAN("")));
	assert_true(tenants_see(&store_all_tenants, SPAN("")) && !tenants_see(&nobody, SPAN("a")));
	tenants_done(&copy);
	assert_false(tenants_see(&copy, SPAN("a")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_sees_what),
		cmocka_unit_test(what_is_others_is_left_out),
		cmocka_unit_test(who_sees_the_whole_sees_all_of_it),
		cmocka_unit_test(sets_of_tenants_are_copied_and_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
