/* Of an incident that concerns others, too: the numbers of his own sites, who asks. They are the exact sums of the minutes in which it went on, or of the hours where those
 * are not kept any more. */
#include "event/format.h"
#include "hub/api/inner.h"
#include "incident/growth.h"
#include "incident/number_name.h"

#include "base/banned.h"

#define ROWS_MAX 50000u   /* of the store, for one answer */

static const uint64_t grain_s[] = { [STORE_MINUTE] = 60, [STORE_HOUR] = 3600, [STORE_DAY] = 86400 };

struct own {
	struct incident *incident;
	uint64_t numbers[COUNTS_NUMBERS];
};

static void add_decision(struct incident *incident, struct span name, uint64_t count)
{
	for (unsigned i = 0; i < DECISION_COUNT; i++) {
		if (span_equal(name, format_decision((enum decision)i)))
			incident_count(&incident->decisions[i], count);
	}
}

static bool add(void *context, const struct store_total *total)
{
	struct own *own = context;
	struct span name = total->kind, front = span_cut(&name, '.');
	unsigned index;

	if (!incident_has_site(own->incident, total->site))
		return true;
	if (span_equal(front, SPAN("decisions")))
		add_decision(own->incident, name, total->count);
	else if (number_of_name(total->kind, &index) == RESULT_OK)
		incident_count(&own->numbers[index], total->count);
	return true;
}

/* The finest that is kept so long, and is no more than one answer may read. */
static enum store_grain choose(const struct api *api, uint64_t from_s, uint64_t to_s)
{
	uint64_t sites = api->config->site_count + 1, minutes_s = (uint64_t)api->config->hub->keep.minutes_ms / 1000, now_s = api_wall_ns(api) / 1000000000u;
	bool has_minutes = !minutes_s || from_s + minutes_s > now_s;

	if (has_minutes && (to_s - from_s) / 60 * sites * REASON_COUNT <= ROWS_MAX)
		return STORE_MINUTE;
	return (to_s - from_s) / 3600 * sites * REASON_COUNT <= ROWS_MAX ? STORE_HOUR : STORE_DAY;
}

enum result own_numbers(struct api *api, const struct store_tenants *tenants, struct incident *incident)
{
	static const struct span kinds[] = { SPAN_INIT("decisions."), SPAN_INIT("reasons."), SPAN_INIT("after_attacks") };
	struct store_totals_ask ask = { .tenants = *tenants, .by_site = true, .to_s = incident->last_s + 1 };
	uint64_t vectors[VECTOR_COUNT] = { 0 };
	struct own own = { .incident = incident };
	enum result result = RESULT_OK;

	ask.grain = choose(api, incident->opened_s, ask.to_s);
	/* What it was opened for came in the minute before. */
	ask.from_s = incident->opened_s > 60 ? incident->opened_s - 60 : 0;
	ask.from_s -= ask.from_s % grain_s[ask.grain];
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && result == RESULT_OK; i++) {
		ask.kind = kinds[i];
		result = store_totals(api->birth.store, &ask, NULL, add, &own);
	}
	growth_vectors(own.numbers, vectors);
	for (unsigned i = 0; i < VECTOR_COUNT; i++)
		incident_count(&incident->vectors[i].count, vectors[i]);
	if (incident->reason == FOR_HELD)
		incident->number = incident_refused(incident);
	return result;
}
