/* Where those are who were refused: countries and networks of what goes on. */
#include <stdlib.h>

#include "hub/api/inner.h"

#include "base/banned.h"

#define PLACES_MAX 64u
#define PLACES_SHOWN 20u

struct places {
	const struct store_tenants *tenants;
	struct incident_place countries[PLACES_MAX], networks[PLACES_MAX];
	unsigned country_count, network_count;
};

static void add_place(struct incident_place *list, unsigned *count, const struct incident_place *place)
{
	for (unsigned i = 0; i < *count; i++) {
		if (list[i].asn == place->asn && memcmp(list[i].country, place->country, sizeof(place->country)) == 0) {
			list[i].lines += place->lines;
			return;
		}
	}
	if (*count < PLACES_MAX)
		list[(*count)++] = *place;
}

/* Of sources, which are nobody's here: confine.h lets them pass. */
static bool add_places(void *context, const struct incident *incident)
{
	struct places *places = context;

	if (!incident_is_live(incident) || confine_sees(places->tenants, incident) == CONFINED_NOTHING)
		return true;
	for (uint32_t i = 0; i < incident->country_count; i++)
		add_place(places->countries, &places->country_count, &incident->countries[i]);
	for (uint32_t i = 0; i < incident->network_count; i++)
		add_place(places->networks, &places->network_count, &incident->networks[i]);
	return true;
}

static int compare_places(const void *a, const void *b)
{
	const struct incident_place *one = a, *other = b;

	return one->lines == other->lines ? 0 : one->lines < other->lines ? 1 : -1;
}

void places_put(struct api *api, const struct store_tenants *tenants, struct json_writer *json)
{
	struct places places = { .tenants = tenants };

	group_each(api_group(api), add_places, &places);
	qsort(places.countries, places.country_count, sizeof(places.countries[0]), compare_places);
	qsort(places.networks, places.network_count, sizeof(places.networks[0]), compare_places);
	json_open(json, SPAN("countries"), '[');
	for (unsigned i = 0; i < places.country_count && i < PLACES_SHOWN; i++) {
		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("country"), span_of(places.countries[i].country));
		json_put_number(json, SPAN("count"), places.countries[i].lines);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_open(json, SPAN("networks"), '[');
	for (unsigned i = 0; i < places.network_count && i < PLACES_SHOWN; i++) {
		json_open(json, SPAN_NONE, '{');
		json_put_number(json, SPAN("asn"), places.networks[i].asn);
		json_put_null(json, SPAN("name"));
		json_put_number(json, SPAN("count"), places.networks[i].lines);
		json_close(json, '}');
	}
	json_close(json, ']');
}
