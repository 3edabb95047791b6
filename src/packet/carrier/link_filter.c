#include "packet/carrier/link_filter.h"

#include <stddef.h>

#include "base/banned.h"

struct link_filter_counts link_filter_sum(const struct packet_count counts[PACKET_REASON_COUNT], bool is_observing)
{
	enum { PASS, ANSWER, DROP };
	static const int verdicts[] = {
#define X(upper, lower, verdict, text) verdict,
		PACKET_REASON_LIST(X)
#undef X
	};
	struct link_filter_counts sum = { .is_observing = is_observing };

	for (unsigned i = 0; i < PACKET_REASON_COUNT; i++) {
		sum.seen += counts[i].packets;
		if (is_observing || verdicts[i] == PASS)
			continue;
		sum.taken += counts[i].packets;
		sum.taken_bytes += counts[i].bytes;
		sum.dropped += verdicts[i] == DROP ? counts[i].packets : 0;
	}
	return sum;
}

/* A stretch of readings begins with this one. */
static void begin(struct link_filter *filter, const struct link_filter_counts *own, const struct link_reading *reading)
{
	filter->has_begun = true;
	filter->has_filter = own != NULL;
	filter->first = filter->last = filter->then = *reading;
	filter->own_first = filter->own = own ? *own : (struct link_filter_counts){ 0 };
	filter->drops_first = filter->drops;
	filter->readings = filter->silent = 0;
}

static bool went_back(const struct link_filter *filter, const struct link_filter_counts *own, const struct link_reading *reading)
{
	const struct link_filter_counts *before = &filter->own;

	return reading->drops < filter->last.drops || reading->packets < filter->last.packets ||
	       (own && (own->is_observing != before->is_observing || own->seen < before->seen || own->dropped < before->dropped || own->taken < before->taken || own->taken_bytes < before->taken_bytes));
}

/* What the filter has made since the second reading, by its news of a reading ago, has happened after the first reading and before this one, however old
 * those news were: a counter that counts it has it by now. */
static void look_at_driver(struct link_filter *filter, const struct link_reading *reading)
{
	if (filter->readings < 2)
		return;
	if (filter->own.dropped - filter->own_second.dropped > reading->drops - filter->first.drops)
		filter->drops_elsewhere = true;
	if (filter->own.seen - filter->own_second.seen > reading->packets - filter->first.packets)
		filter->is_uncounted = true;
}

/* Drops that are older than the filter's news are held against them: both would be told, but what is in between only once. It never falls. */
static void take_drops(struct link_filter *filter, const struct link_filter_counts *own, const struct link_reading *reading)
{
	uint64_t then = filter->then.drops - filter->first.drops, made = own->dropped - filter->own_first.dropped;

	if (filter->drops_elsewhere)
		filter->drops += reading->drops - filter->last.drops;
	else if (then > made && filter->drops_first + (then - made) > filter->drops)
		filter->drops = filter->drops_first + (then - made);
}

static void take_packets(struct link_filter *filter, const struct link_filter_counts *own)
{
	if (!filter->is_uncounted)
		return;
	filter->packets += own->taken - filter->own.taken;
	filter->bytes += own->taken_bytes - filter->own.taken_bytes;
}

static void take(struct link_filter *filter, const struct link_filter_counts *own, const struct link_reading *reading)
{
	look_at_driver(filter, reading);
	if (filter->silent == 0)
		filter->then = filter->last;
	if (filter->readings++ == 0)
		filter->own_second = *own;
	take_drops(filter, own, reading);
	take_packets(filter, own);
	filter->own = *own;
	filter->last = *reading;
	if (filter->readings >= LINK_FILTER_READINGS)
		begin(filter, own, reading);
}

/* All drops are the line's. */
static void take_plain(struct link_filter *filter, const struct link_reading *reading)
{
	filter->drops += reading->drops - filter->last.drops;
	filter->last = *reading;
}

void link_filter_correct(struct link_filter *filter, const struct link_filter_counts *own, struct link_reading *reading)
{
	const struct link_reading read = *reading;
	bool has_news = own && own->seen != filter->own.seen, was_silent = filter->silent > LINK_FILTER_SILENT;

	if (!filter->has_begun || (own != NULL) != filter->has_filter || went_back(filter, own, &read) || (has_news && was_silent)) {
		filter->drops_elsewhere = filter->is_uncounted = false;
		begin(filter, own, &read);
	} else {
		filter->silent = has_news ? 0 : filter->silent + (filter->silent <= LINK_FILTER_SILENT);
		if (own && filter->silent <= LINK_FILTER_SILENT)
			take(filter, own, &read);
		else
			take_plain(filter, &read);
	}
	reading->drops = filter->drops;
	reading->packets += filter->packets;
	reading->bytes += filter->bytes;
}
