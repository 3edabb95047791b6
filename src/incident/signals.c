#include "incident/signals.h"

#include "base/banned.h"

static void slide(struct window *window, unsigned at, uint64_t count)
{
	window->sum += count - window->seconds[at];
	window->seconds[at] = count;
}

static void learn(struct excess *excess)
{
	double sum = (double)excess->window.sum, weight, off;

	excess->minutes += excess->minutes < SIGNALS_MEMORY;
	weight = 1.0 / excess->minutes;
	off = sum > excess->usual ? sum - excess->usual : excess->usual - sum;
	/* The first minute is what is usual, and swings by nothing. */
	excess->swing += excess->minutes > 1 ? (off - excess->swing) * weight : 0;
	excess->usual += (sum - excess->usual) * weight;
}

static double bound_of(const struct excess *excess, uint64_t least)
{
	double times = excess->usual * SIGNALS_SCAN_TIMES, swings = excess->usual + excess->swing * SIGNALS_SCAN_SWINGS;
	double bound = times > swings ? times : swings;

	return bound > (double)least ? bound : (double)least;
}

void excess_second(struct excess *excess, unsigned at, uint64_t count, uint64_t least, bool may_learn)
{
	double bound = bound_of(excess, least);

	slide(&excess->window, at, count);
	excess->is_up = (double)excess->window.sum >= (excess->is_up ? bound / 2 : bound);
	excess->up_for_s = excess->is_up ? excess->up_for_s + 1 : 0;
	if (excess->up_for_s >= SIGNALS_ACCEPT_S) {
		excess->usual = (double)excess->window.sum;
		excess->is_up = false;
		excess->up_for_s = 0;
	}
	if (++excess->second < SIGNALS_WINDOW_S)
		return;
	excess->second = 0;
	if (may_learn && !excess->is_up)
		learn(excess);
}

static void look_at_failures(struct signals *signals)
{
	uint64_t asked = signals->asked.sum, failed = signals->failed.sum;
	bool is_bad = asked >= SIGNALS_ASKED_LEAST && failed * 100 >= asked * SIGNALS_FAILING_PERCENT;
	bool is_well = failed * 100 < asked * SIGNALS_WELL_PERCENT || !failed;

	signals->failing_for_s = is_bad ? signals->failing_for_s + 1 : 0;
	signals->well_for_s = is_well ? signals->well_for_s + 1 : 0;
	if (signals->failing_for_s >= SIGNALS_FAILING_S)
		signals->is_failing = true;
	else if (signals->well_for_s >= SIGNALS_FAILING_S)
		signals->is_failing = false;
}

void signals_second(struct signals *signals, uint64_t refused, uint64_t asked, uint64_t failed, bool may_learn)
{
	excess_second(&signals->rules, signals->at, refused, SIGNALS_SCAN_LEAST, may_learn && !signals->is_failing);
	slide(&signals->asked, signals->at, asked);
	slide(&signals->failed, signals->at, failed);
	look_at_failures(signals);
	signals->at = (signals->at + 1) % SIGNALS_WINDOW_S;
}
