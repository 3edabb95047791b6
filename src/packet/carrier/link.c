#include "packet/carrier/link.h"

#include <stddef.h>

#include "packet/carrier/settings.h"

#include "base/banned.h"

struct link_limits link_limits_of(const struct link_settings *settings)
{
	return (struct link_limits){ (uint64_t)settings->capacity, (unsigned)settings->filling, (unsigned)settings->full, (uint64_t)settings->window_ms };
}

void link_init(struct link *link, const struct link_limits *limits)
{
	*link = (struct link){ .limits = *limits };
}

const char *link_state_name(enum link_state state)
{
	static const char *const names[] = { "quiet", "filling", "full" };

	return names[state];
}

static struct link_reading *reading_at(struct link *link, unsigned index)
{
	return &link->readings[(link->first + index) % LINK_READINGS];
}

/* The oldest may be as old as the window, and a little older: two that hold it between them say more than a shorter time. */
static void forget(struct link *link, uint64_t now_ms)
{
	while (link->count > 2 && now_ms - reading_at(link, 1)->at_ms >= link->limits.window_ms) {
		link->first = (link->first + 1) % LINK_READINGS;
		link->count--;
	}
}

static bool went_back(const struct link_reading *last, const struct link_reading *reading)
{
	return reading->at_ms < last->at_ms || reading->bytes < last->bytes || reading->packets < last->packets || reading->drops < last->drops ||
	       reading->sent_bytes < last->sent_bytes;
}

static void keep(struct link *link, const struct link_reading *reading)
{
	const struct link_reading *last = link->count ? reading_at(link, link->count - 1) : NULL;
	uint64_t step_ms = link->limits.window_ms / (LINK_READINGS - 2);

	if (last && went_back(last, reading))
		link->first = link->count = 0;  /* the interface was made anew, or the clock was */
	else if (link->count > 1 && last->at_ms - reading_at(link, link->count - 2)->at_ms < step_ms)
		link->count--;
	*reading_at(link, link->count++) = *reading;
	forget(link, reading->at_ms);
}

static uint64_t per_second(uint64_t count, uint64_t ms)
{
	return count > UINT64_MAX / 1000 ? count / ms * 1000 : count * 1000 / ms;
}

struct link_view link_between(const struct link_limits *limits, const struct link_reading *first, const struct link_reading *last)
{
	uint64_t packets = last->packets - first->packets, drops = last->drops - first->drops;
	struct link_view view = { .over_ms = last->at_ms - first->at_ms };

	if (went_back(first, last) || view.over_ms < LINK_LEAST_MS)
		return (struct link_view){ 0 };
	view.bits_s = per_second((last->bytes - first->bytes) * 8, view.over_ms);
	view.sent_bits_s = per_second((last->sent_bytes - first->sent_bytes) * 8, view.over_ms);
	view.packets_s = per_second(packets, view.over_ms);
	view.drops_s = per_second(drops, view.over_ms);
	if (limits->capacity) {
		uint64_t around_s = per_second(packets * LINK_AROUND_BYTES * 8, view.over_ms);
		double percent = ((double)view.bits_s + (double)around_s) * 100 / (double)limits->capacity;

		view.percent = percent < 1000 ? (unsigned)percent : 1000;
	}
	if (view.drops_s >= LINK_DROPS_LEAST)
		view.dropped = (unsigned)((double)drops * 1000 / (double)(packets + drops));
	return view;
}

struct link_view link_look(const struct link *link)
{
	const struct link_reading *first = &link->readings[link->first % LINK_READINGS];
	const struct link_reading *last = &link->readings[(link->first + link->count - (link->count > 0)) % LINK_READINGS];

	return link_between(&link->limits, first, last);
}

/* SHARE: of a percent, in hundredths of it: 100 is the threshold itself. */
static enum link_state state_of(const struct link *link, const struct link_view *view, unsigned share)
{
	bool has_capacity = link->limits.capacity != 0;

	if ((has_capacity && view->percent * 100 >= link->limits.full * share) || view->dropped >= LINK_DROPPED_FULL)
		return LINK_FULL;
	if ((has_capacity && view->percent * 100 >= link->limits.filling * share) || view->dropped >= LINK_DROPPED_FILLING)
		return LINK_FILLING;
	return LINK_QUIET;
}

static void enter(struct link *link, enum link_state state, uint64_t now_ms)
{
	if (state == LINK_QUIET || link->state == LINK_QUIET)
		link->since_ms = now_ms;
	link->state = state;
	link->calm_ms = 0;
}

bool link_take(struct link *link, const struct link_reading *reading)
{
	struct link_view view;
	enum link_state now, held;

	keep(link, reading);
	view = link_look(link);
	if (!view.over_ms)
		return false;
	now = state_of(link, &view, 100);
	held = state_of(link, &view, 80);
	if (now > link->state) {
		enter(link, now, reading->at_ms);
		return true;
	}
	if (held >= link->state) {
		link->calm_ms = 0;
		return false;
	}
	if (!link->calm_ms)
		link->calm_ms = reading->at_ms ? reading->at_ms : 1;
	if (reading->at_ms - link->calm_ms < LINK_CALM_MS)
		return false;
	enter(link, (enum link_state)(link->state - 1), reading->at_ms);
	return true;
}
