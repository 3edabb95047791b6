#include "incident/incident.h"

#include "incident/text.h"

#include "base/banned.h"

void incident_init(struct incident *incident, uint64_t id, enum incident_family family, struct span subject, uint64_t now_s)
{
	memset(incident, 0, sizeof(*incident));
	incident->id = id;
	incident->family = family;
	incident->opened_s = incident->last_s = now_s;
	incident->waves = 1;
	text_set(incident->subject, sizeof(incident->subject), subject);
}

void incident_count(uint64_t *sum, uint64_t add)
{
	*sum = add > INCIDENT_COUNT_MAX || *sum > INCIDENT_COUNT_MAX - add ? INCIDENT_COUNT_MAX : *sum + add;
}

/* -- whom it concerns -- */

static struct incident_site *find_site(struct incident *incident, struct span name)
{
	char text[INCIDENT_NAME_BYTES];

	text_set(text, sizeof(text), name);
	for (uint32_t i = 0; i < incident->site_count; i++) {
		if (strcmp(incident->sites[i].name, text) == 0)
			return &incident->sites[i];
	}
	return NULL;
}

bool incident_has_site(const struct incident *incident, struct span name)
{
	/* The search changes nothing. */
	return find_site((struct incident *)(uintptr_t)(const void *)incident, name) != NULL;
}

static void add_tenant(struct incident *incident, struct span tenant)
{
	char text[INCIDENT_NAME_BYTES];

	text_set(text, sizeof(text), tenant);
	for (uint32_t i = 0; i < incident->tenant_count; i++) {
		if (strcmp(incident->tenants[i], text) == 0)
			return;
	}
	if (incident->tenant_count == INCIDENT_TENANTS_MAX)
		incident->tenants_more++;
	else
		memcpy(incident->tenants[incident->tenant_count++], text, sizeof(text));
}

bool incident_add_site(struct incident *incident, struct span name, struct span tenant)
{
	struct incident_site *site;

	if (find_site(incident, name))
		return false;
	if (tenant.len)
		add_tenant(incident, tenant);
	if (incident->site_count == INCIDENT_SITES_MAX) {
		incident->sites_more++;
		return false;
	}
	site = &incident->sites[incident->site_count++];
	text_set(site->name, sizeof(site->name), name);
	text_set(site->tenant, sizeof(site->tenant), tenant);
	return true;
}

void incident_set_tenant(struct incident *incident, struct span name, struct span tenant)
{
	struct incident_site *site = find_site(incident, name);

	if (!site || site->tenant[0] || !tenant.len)
		return;
	text_set(site->tenant, sizeof(site->tenant), tenant);
	add_tenant(incident, tenant);
}

/* -- what it consists of -- */

static unsigned rule_family_of(uint32_t rule)
{
	while (rule >= 1000)
		rule /= 10;
	return rule;
}

void incident_add_rule(struct incident *incident, uint32_t rule)
{
	unsigned number = rule_family_of(rule);

	for (uint32_t i = 0; i < incident->family_count; i++) {
		if (incident->families[i].number == number) {
			incident_count(&incident->families[i].lines, 1);
			return;
		}
	}
	if (incident->family_count < INCIDENT_FAMILIES_MAX)
		incident->families[incident->family_count++] = (struct rule_family){ number, 1 };
}

/* The one that is asked for; or a free place; or that of the least frequent, whose lines are OTHER's then. */
static struct incident_place *take_place(struct incident_place *list, uint32_t *count, const struct incident_place *what, uint64_t *other)
{
	struct incident_place *least = list;

	for (uint32_t i = 0; i < *count; i++) {
		if (strcmp(list[i].country, what->country) == 0 && list[i].asn == what->asn)
			return &list[i];
		if (list[i].lines < least->lines)
			least = &list[i];
	}
	if (*count < INCIDENT_PLACES_MAX) {
		least = &list[(*count)++];
	} else {
		incident_count(other, least->lines);
	}
	*least = *what;
	return least;
}

void incident_add_source(struct incident *incident, const struct geo_place *place)
{
	struct incident_place country = { .country = { place->country[0], place->country[0] ? place->country[1] : 0, 0 } }, network = { .asn = place->asn };

	if (country.country[0])
		incident_count(&take_place(incident->countries, &incident->country_count, &country, &incident->countries_other)->lines, 1);
	else
		incident_count(&incident->countries_other, 1);
	if (network.asn)
		incident_count(&take_place(incident->networks, &incident->network_count, &network, &incident->networks_other)->lines, 1);
	else
		incident_count(&incident->networks_other, 1);
}

uint64_t incident_refused(const struct incident *incident)
{
	uint64_t sum = 0;

	for (unsigned i = DECISION_LIMIT; i < DECISION_COUNT; i++)
		incident_count(&sum, incident->decisions[i]);
	incident_count(&sum, incident->decisions[DECISION_CHALLENGE]);
	for (unsigned i = 0; i < VECTOR_COUNT; i++) {
		if (vector_unit((enum incident_vector)i) == UNIT_PACKETS)
			incident_count(&sum, incident->vectors[i].count);
	}
	return sum;
}

unsigned vector_per_mille(const struct incident *incident, enum incident_vector vector)
{
	double sum = 0;

	for (unsigned i = 0; i < VECTOR_COUNT; i++) {
		if (vector_unit((enum incident_vector)i) == vector_unit(vector))
			sum += (double)incident->vectors[i].count;
	}
	return sum > 0 ? (unsigned)((double)incident->vectors[vector].count * 1000 / sum) : 0;
}
