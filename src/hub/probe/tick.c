#include "hub/probe/tick.h"

#include <stdlib.h>

#include "hub/probe/inside.h"

#include "base/banned.h"

struct gathering {
	struct observation *list;
	size_t count;
};

static void gather(void *context, const struct observation *observation)
{
	struct gathering *gathering = context;

	gathering->list[gathering->count++] = *observation;   /* its site is one of the configuration's */
}

/* What the store does not take now was fed all the same, and is not fed again: its place is written down with the next. */
static enum result feed(struct hub_probe *probe, struct keep *keep, const struct gathering *gathering, uint64_t place)
{
	char text[DECIMAL_MAX];
	const struct document_change change = { .kind = DOCUMENT_HUB, .key = SPAN(PROBE_FED_KEY), .text = span_make(text, decimal_write(place, text)), .version = DOCUMENT_ANY };
	enum result result = keep_feed(keep, gathering->list, gathering->count, &change, 1, NULL);

	if (result != RESULT_TIMEOUT && result != RESULT_LIMIT)
		probe->fed = place;
	if (result == RESULT_OK)
		probe->fed_kept = place;
	return result;
}

enum result hub_probe_tick(struct hub_probe *probe, struct keep *keep)
{
	struct gathering gathering = { 0 };
	uint64_t place = probe->fed;
	struct keep_health health;
	enum result result;

	if (place >= probe->last && probe->fed == probe->fed_kept)
		return RESULT_OK;
	gathering.list = calloc((size_t)HUB_PROBE_FEED_MAX * PROBE_REPORT_SITES, sizeof(*gathering.list));
	if (!gathering.list)
		return RESULT_NO_MEMORY;
	keep_health(keep, &health);
	result = hub_probe_feed(probe, &place, health.journal_s, gather, &gathering);
	if (result == RESULT_OK && place != probe->fed_kept)
		result = feed(probe, keep, &gathering, place);
	free(gathering.list);
	return result;
}
