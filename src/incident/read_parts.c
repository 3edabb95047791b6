#include "incident/read_parts.h"

#include "base/banned.h"

static const char *vector_at(unsigned index)
{
	return vector_name((enum incident_vector)index);
}

static const char *level_at(unsigned index)
{
	return level_name((enum level)index);
}

static const char *vantage_at(unsigned index)
{
	return vantage_name((enum vantage)index);
}

static void read_vector(struct reading *reading, const struct json *item, struct incident *incident, unsigned shares[VECTOR_COUNT], int *last)
{
	struct reading one;
	unsigned vector, unit;
	char name[16] = "";

	reading_begin(&one, item);
	vector = reading_name(&one, "name", VECTOR_COUNT, vector_at);
	reading_text(&one, "unit", name, sizeof(name));
	unit = strcmp(name, "packets") == 0 ? UNIT_PACKETS : UNIT_REQUESTS;
	reading_check(&one, (unit == UNIT_PACKETS || strcmp(name, "requests") == 0) && unit == (unsigned)vector_unit((enum incident_vector)vector));
	incident->vectors[vector].count = reading_number(&one, "count", READING_COUNT_MAX);
	incident->vectors[vector].peak = reading_number(&one, "peak", READING_COUNT_MAX);
	shares[vector] = (unsigned)reading_number(&one, "share", 1000);
	reading_check(&one, (int)vector > *last && (incident->vectors[vector].count || incident->vectors[vector].peak));
	*last = (int)vector;
	reading_check(reading, reading_end(&one));
}

void read_vectors(struct reading *reading, struct incident *incident)
{
	unsigned shares[VECTOR_COUNT] = { 0 };
	int last = -1;
	uint32_t count;
	const struct json *list = reading_list(reading, "vectors", VECTOR_COUNT, &count);

	for (uint32_t i = 0; i < count; i++)
		read_vector(reading, json_item(list, i), incident, shares, &last);
	for (unsigned i = 0; i < VECTOR_COUNT; i++)
		reading_check(reading, shares[i] == vector_per_mille(incident, (enum incident_vector)i));
	list = reading_list(reading, "rule_families", INCIDENT_FAMILIES_MAX, &incident->family_count);
	for (uint32_t i = 0; i < incident->family_count; i++) {
		struct reading one;

		reading_begin(&one, json_item(list, i));
		incident->families[i].number = (uint32_t)reading_number(&one, "family", 999);
		incident->families[i].lines = reading_number(&one, "lines", READING_COUNT_MAX);
		reading_check(reading, reading_end(&one));
	}
}

static void read_places(struct reading *reading, const char *name, const char *key, struct incident_place *places, uint32_t *count)
{
	const struct json *list = reading_list(reading, name, INCIDENT_PLACES_MAX, count);
	bool is_country = strcmp(key, "country") == 0;

	for (uint32_t i = 0; i < *count; i++) {
		struct reading one;

		reading_begin(&one, json_item(list, i));
		if (is_country)
			reading_text(&one, key, places[i].country, sizeof(places[i].country));
		else
			places[i].asn = reading_number32(&one, key);
		places[i].lines = reading_number(&one, "lines", READING_COUNT_MAX);
		reading_check(reading, reading_end(&one) && (is_country ? places[i].country[0] != 0 : places[i].asn != 0));
	}
}

void read_sources(struct reading *reading, struct incident *incident)
{
	read_places(reading, "countries", "country", incident->countries, &incident->country_count);
	incident->countries_other = reading_number(reading, "countries_other", READING_COUNT_MAX);
	read_places(reading, "networks", "asn", incident->networks, &incident->network_count);
	incident->networks_other = reading_number(reading, "networks_other", READING_COUNT_MAX);
}

void read_done(struct reading *reading, struct incident *incident)
{
	struct reading decisions;

	reading_begin(&decisions, reading_member(reading, "decisions"));
	for (unsigned i = 0; i < DECISION_COUNT; i++)
		incident->decisions[i] = reading_number(&decisions, decision_name((enum decision)i), READING_COUNT_MAX);
	reading_check(reading, reading_end(&decisions));
	incident->level = (enum level)reading_name(reading, "level", LEVEL_COUNT, level_at);
	incident->level_moves = reading_number(reading, "level_moves", READING_COUNT_MAX);
	incident->bans = reading_number(reading, "bans", READING_COUNT_MAX);
}

/* What follows from the numbers must be what they say: a served share is never what somebody wrote. */
static void check_share(struct reading *reading, const struct citizens *citizens, enum vantage vantage, const struct json *share)
{
	unsigned per_mille = 0;
	enum vantage real = citizens_share(citizens, &per_mille);

	reading_check(reading, vantage == real);
	if (real == VANTAGE_UNKNOWN)
		reading_check(reading, json_has_null(share));
	else
		reading_check(reading, json_has_number(share) && json_number_of(share) == per_mille);
}

void read_citizens(struct reading *incident, struct citizens *citizens)
{
	struct reading reading;
	enum vantage vantage;
	const struct json *share;

	reading_begin(&reading, reading_member(incident, "citizens"));
	vantage = (enum vantage)reading_name(&reading, "vantage", VANTAGE_COUNT, vantage_at);
	share = reading_member(&reading, "served_share");
	citizens->expected = reading_number(&reading, "expected", READING_COUNT_MAX);
	citizens->seen = reading_number(&reading, "seen", READING_COUNT_MAX);
	citizens->served = reading_number(&reading, "served", READING_COUNT_MAX);
	citizens->late = reading_number(&reading, "late", READING_COUNT_MAX);
	citizens->not_seen = reading_number(&reading, "not_seen", READING_COUNT_MAX);
	citizens->refused = reading_number(&reading, "refused", READING_COUNT_MAX);
	citizens->site_minutes = reading_number(&reading, "site_minutes", READING_COUNT_MAX);
	citizens->probed = reading_number(&reading, "probed_minutes", READING_COUNT_MAX);
	citizens->blind = reading_number(&reading, "blind_minutes", READING_COUNT_MAX);
	citizens->probes = reading_number(&reading, "probes", READING_COUNT_MAX);
	citizens->reached = reading_number(&reading, "reached", READING_COUNT_MAX);
	citizens->slow = reading_number(&reading, "reached_late", READING_COUNT_MAX);
	citizens->minutes = reading_number32(&reading, "minutes");
	citizens->unreachable = reading_number32(&reading, "minutes_unreachable");
	citizens->degraded = reading_number32(&reading, "minutes_degraded");
	citizens->has_drops = reading_bool(&reading, "line_dropped");
	check_share(&reading, citizens, vantage, share);
	reading_check(incident, reading_end(&reading));
}
