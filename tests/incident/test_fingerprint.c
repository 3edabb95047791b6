#include "../base/check.h"
#include "incident/fingerprint.h"

#define NOW_S 1767657600u

static struct incident attack(uint64_t id, uint64_t at_s)
{
	struct incident incident;

	incident_init(&incident, id, INCIDENT_ATTACK, SPAN_NONE, at_s);
	incident.vectors[VECTOR_REQUEST_FLOOD].count = 900;
	incident.vectors[VECTOR_APPLICATION].count = 100;
	incident.vectors[VECTOR_REFLECTED].count = 5;
	for (unsigned i = 0; i < 5; i++) {
		incident_add_rule(&incident, 942100);
		incident_add_rule(&incident, 941100 + i);
		incident_add_rule(&incident, i ? 913100u : 920100u);
	}
	fingerprint_set(&incident);
	return incident;
}

static void it_is_what_the_attack_consists_of(void **unused)
{
	struct incident incident = attack(1, NOW_S);

	(void)unused;
	assert_string_equal(incident.fingerprint, "attack vectors=request-flood,application,udp-reflection rules=913,941,942");
	/* Too little of a vector is none, and then its rules are none either. */
	incident.vectors[VECTOR_REQUEST_FLOOD].count = 100000;
	fingerprint_set(&incident);
	assert_string_equal(incident.fingerprint, "attack vectors=request-flood,udp-reflection");
	/* The order in which rules were seen does not matter. */
	incident.vectors[VECTOR_REQUEST_FLOOD].count = 900;
	incident.families[0].number = 941;
	incident.families[1].number = 942;
	fingerprint_set(&incident);
	assert_true(strstr(incident.fingerprint, "rules=913,941,942") != NULL);
}

static void others_are_what_they_are_about(void **unused)
{
	struct incident incident;

	(void)unused;
	incident_init(&incident, 1, INCIDENT_OUTAGE, SPAN("http://10.0.0.11:8080"), NOW_S);
	fingerprint_set(&incident);
	assert_string_equal(incident.fingerprint, "outage http://10.0.0.11:8080");
}

static void the_longest_fits(void **unused)
{
	static char subject[INCIDENT_TEXT_BYTES];
	struct incident incident;
	size_t len;

	(void)unused;
	memset(subject, 's', sizeof(subject) - 1);
	incident_init(&incident, 1, INCIDENT_CERTIFICATE, span_of(subject), NOW_S);
	fingerprint_set(&incident);
	assert_int_equal(strlen(incident.fingerprint), sizeof("certificate") + sizeof(subject) - 1);
	incident_init(&incident, 1, INCIDENT_ATTACK, SPAN_NONE, NOW_S);
	for (unsigned i = 0; i < VECTOR_COUNT; i++)
		incident.vectors[i].count = 100;
	for (unsigned i = 0; i < 3; i++)
		incident_add_rule(&incident, 997000 + i * 1000);
	fingerprint_set(&incident);
	len = strlen(incident.fingerprint);
	assert_true(len < sizeof(incident.fingerprint) - 1 && strcmp(incident.fingerprint + len - 12, "997,998,999") >= 0);
}

static void alike_within_six_months_is_related(void **unused)
{
	struct incident now = attack(9, NOW_S), earlier = attack(3, NOW_S - RELATED_WITHIN_S), longer_ago = attack(2, NOW_S - RELATED_WITHIN_S - 1), other = attack(4, NOW_S), nothing;

	(void)unused;
	assert_true(fingerprint_is_related(&now, &earlier) && fingerprint_is_related(&earlier, &now));
	assert_false(fingerprint_is_related(&now, &longer_ago));
	assert_false(fingerprint_is_related(&now, &now));
	other.vectors[VECTOR_HANDSHAKE].count = 5000;
	fingerprint_set(&other);
	assert_false(fingerprint_is_related(&now, &other));
	incident_init(&nothing, 5, INCIDENT_ATTACK, SPAN_NONE, NOW_S);
	fingerprint_set(&nothing);
	other = nothing;
	other.id = 6;
	assert_false(fingerprint_is_related(&nothing, &other));  /* nothing is known of either */
}

static void related_ones_are_remembered_once_and_the_newest_stay(void **unused)
{
	struct incident now = attack(100, NOW_S);

	(void)unused;
	for (uint64_t id = 1; id <= 10; id++) {
		struct incident earlier = attack(id, NOW_S - 86400);

		fingerprint_relate(&now, &earlier);
		fingerprint_relate(&now, &earlier);
	}
	assert_int_equal(now.related_count, INCIDENT_RELATED_MAX);
	assert_int_equal(now.related[0], 3);
	assert_int_equal(now.related[INCIDENT_RELATED_MAX - 1], 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_what_the_attack_consists_of),
		cmocka_unit_test(others_are_what_they_are_about),
		cmocka_unit_test(the_longest_fits),
		cmocka_unit_test(alike_within_six_months_is_related),
		cmocka_unit_test(related_ones_are_remembered_once_and_the_newest_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
