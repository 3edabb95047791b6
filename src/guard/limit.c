#include "guard/limit.h"

#include <math.h>

#include "base/banned.h"

#define WINDOW_US 100000u
#define WINDOW_LONG_US 1000000u   /* of an origin that answers seldom */
#define WINDOW_ANSWERS 16u
#define PROBE_FIRST_US 1000000u
#define PROBE_LAST_US 30000000u
#define CALM_ANSWERS 8.0          /* so many teach all that they say, fewer their part of it */
#define CALM_DRIFT 0.1
#define USUAL_SHARE 0.9
#define USUAL_WEIGHT 0.2
#define SURELY_SHARE 0.7          /* half as much is what queues would leave */
#define SURELY_ANSWERS 4u         /* of fewer nobody knows how they vary */
#define FEWER_SHARE 0.75          /* as many at work as before, at most: or it was no probe */
#define NOTICED_US 250000.0
#define DEEP_SHARE 0.7            /* of where it was: a fall to be looked at */
#define BUSY_SHARE 0.8            /* of the limit at work: it was the limit that held others back */

void limit_init(struct limit *limit, const struct limit_range *range, uint64_t now_us)
{
	*limit = (struct limit){ .range = *range, .allowed = range->start, .highest = range->start, .begun_us = now_us, .is_starting = true };
	limit->probe_wait_us = PROBE_FIRST_US;
	limit->probe_us = now_us + PROBE_FIRST_US;
}

void limit_set_range(struct limit *limit, const struct limit_range *range)
{
	limit->range = *range;
	limit->allowed = fmin(fmax(limit->allowed, range->floor), range->ceiling);
	limit->highest = fmin(fmax(limit->highest, range->floor), range->ceiling);
}

/* What a probe looks at must not queue: half of what is allowed, where the origin keeps up with all of it or nearly. */
unsigned limit_get(const struct limit *limit)
{
	double allowed = limit->is_probing ? limit->allowed / 2 : limit->allowed;

	return allowed < limit->range.floor ? limit->range.floor : (unsigned)allowed;
}

void limit_hold_back(struct limit *limit)
{
	limit->was_short = true;
}

void limit_freeze(struct limit *limit, bool is_frozen)
{
	limit->is_frozen = is_frozen;
}

static void begin_window(struct limit *limit, uint64_t now_us)
{
	for (unsigned i = 0; i < LIMIT_KINDS; i++) {
		struct limit_kind *kind = &limit->kinds[i];
		double usual_us = kind->usual_us;

		if (kind->count && !limit->is_probing)
			usual_us = fmax(kind->sum_us / kind->count, usual_us + (kind->sum_us / kind->count - usual_us) * USUAL_WEIGHT);
		*kind = (struct limit_kind){ .calm_us = kind->calm_us, .usual_us = usual_us };
	}
	if (!limit->is_probing)
		limit->usual_at_work = limit->most_at_work;
	limit->begun_us = now_us;
	limit->count = limit->most_at_work = 0;
	limit->was_short = false;
}

#define LATENCY_MAX_US 1e9

static bool is_latency(double us)
{
	return us >= 0 && us <= LATENCY_MAX_US;  /* false of what is no number */
}

static bool is_sound(const struct limit *limit)
{
	bool is_sound = limit->allowed >= 1 && limit->allowed <= UINT16_MAX && limit->highest >= 1 && limit->highest <= UINT16_MAX;

	for (unsigned i = 0; i < LIMIT_KINDS; i++)
		is_sound &= is_latency(limit->kinds[i].calm_us) && is_latency(limit->kinds[i].usual_us);
	return is_sound;
}

/* A new window: whoever was at work is not any more, and a probe begins anew when it is due. */
bool limit_take_up(struct limit *limit, const struct limit *from, uint64_t now_us)
{
	struct limit_range range = limit->range;

	if (!is_sound(from))
		return false;
	*limit = *from;
	limit_set_range(limit, &range);
	for (unsigned i = 0; i < LIMIT_KINDS; i++)
		limit->kinds[i].count = 0;  /* of a window that nobody ends */
	begin_window(limit, now_us);
	limit->is_probing = false;
	if (limit->probe_wait_us < PROBE_FIRST_US || limit->probe_wait_us > PROBE_LAST_US)
		limit->probe_wait_us = PROBE_FIRST_US;
	limit->probe_us = now_us + limit->probe_wait_us;
	limit->probed_us = limit->probed_us < now_us ? limit->probed_us : 0;
	return true;
}

/* At the floor nothing counts as queueing: it is what the administrator allows whatever the origin makes of it. */
static bool is_at_floor(const struct limit *limit)
{
	return limit->most_at_work <= limit->range.floor;
}

/* MEAN_US is of a probe, and no better than with twice as many at work: nobody queued. Where fewer came than a probe lets in, nothing was tried; where
 * quick and slow answers are of one kind, chance alone makes as much of a mean. */
static bool is_usual(const struct limit *limit, const struct limit_kind *kind, double mean_us)
{
	double error_us;

	if (!limit->is_probing || kind->usual_us <= 0 || kind->count < SURELY_ANSWERS || limit->most_at_work > limit->usual_at_work * FEWER_SHARE)
		return false;
	error_us = sqrt(fmax(0, kind->squares / kind->count - mean_us * mean_us) / kind->count);
	return mean_us >= USUAL_SHARE * kind->usual_us && mean_us - 2 * error_us >= SURELY_SHARE * kind->usual_us;
}

/* Of the kinds that are known. */
static double mean_calm(const struct limit *limit)
{
	double sum_us = 0, known = 0;

	for (unsigned i = 0; i < LIMIT_KINDS; i++) {
		sum_us += limit->kinds[i].calm_us;
		known += limit->kinds[i].calm_us > 0;
	}
	return known > 0 ? sum_us / known : LATENCY_MAX_US;
}

static double first_calm(const struct limit_kind *kind, double at_most_us)
{
	return kind->roomy_count ? kind->roomy_sum_us / kind->roomy_count : fmin(kind->sum_us / kind->count, at_most_us);
}

static void learn_calm(struct limit *limit)
{
	bool is_idle = !limit->is_frozen && limit->most_at_work * 2 <= limit->allowed;
	double at_most_us = limit->is_frozen ? mean_calm(limit) : LATENCY_MAX_US;

	for (unsigned i = 0; i < LIMIT_KINDS; i++) {
		struct limit_kind *kind = &limit->kinds[i];
		double mean_us = kind->count ? kind->sum_us / kind->count : 0;
		double part = fmin(1, kind->count / CALM_ANSWERS);

		if (!kind->count)
			continue;
		if (kind->calm_us == 0)
			kind->calm_us = first_calm(kind, at_most_us);
		else if (mean_us < kind->calm_us || is_usual(limit, kind, mean_us))
			kind->calm_us += (mean_us - kind->calm_us) * part;
		else if (is_at_floor(limit) || is_idle)
			kind->calm_us += (mean_us - kind->calm_us) * part * CALM_DRIFT;
	}
}

/* The mean number that waited inside the origin (Little's law). */
static double count_waiting(const struct limit *limit, uint64_t now_us)
{
	double excess_us = 0;

	for (unsigned i = 0; i < LIMIT_KINDS; i++)
		excess_us += limit->kinds[i].sum_us - limit->kinds[i].calm_us * limit->kinds[i].count;
	return fmax(0, excess_us / (double)(now_us - limit->begun_us));
}

/* How many may wait there, so that none of its workers has to wait for us; where it is slow, no longer than a citizen would notice. */
static double few_of(const struct limit *limit, uint64_t now_us)
{
	double answered = (double)limit->count / (double)(now_us - limit->begun_us);

	return fmin(1 + sqrt(limit->allowed) / 2, answered * NOTICED_US);
}

static void move(struct limit *limit, double waiting, double few)
{
	double many = 2 * few;
	bool is_busy = limit->was_short || limit->most_at_work >= (unsigned)limit->allowed * BUSY_SHARE;

	if (waiting > many)
		limit->allowed -= waiting - few;
	else if (waiting < few && is_busy)
		limit->allowed = limit->is_starting ? limit->allowed * 2 : limit->allowed + few / 2;
	if (waiting > few)
		limit->is_starting = false;
	limit->allowed = fmin(fmax(limit->allowed, limit->range.floor), limit->range.ceiling);
	limit->highest = fmax(limit->highest, limit->allowed);
}

static bool has_fallen(const struct limit *limit)
{
	return limit->allowed < DEEP_SHARE * limit->highest;
}

/* Soon again while the last one taught something. */
static void end_probe(struct limit *limit, double calm_before_us, double calm_us, uint64_t now_us)
{
	bool has_taught = fabs(calm_us - calm_before_us) > calm_before_us * 0.05;

	if (has_taught && calm_us > calm_before_us && has_fallen(limit))
		limit->allowed = limit->highest;
	limit->highest = limit->allowed;
	limit->probed_us = now_us;
	limit->probe_wait_us = has_taught ? PROBE_FIRST_US : limit->probe_wait_us * 2;
	if (limit->probe_wait_us > PROBE_LAST_US)
		limit->probe_wait_us = PROBE_LAST_US;
	limit->probe_us = now_us + limit->probe_wait_us;
}

/* What all answers of this window would have taken without load. */
static double sum_calm(const struct limit *limit)
{
	double sum_us = 0;

	for (unsigned i = 0; i < LIMIT_KINDS; i++)
		sum_us += limit->kinds[i].calm_us * limit->kinds[i].count;
	return sum_us;
}

static void end_window(struct limit *limit, uint64_t now_us)
{
	double calm_before_us = sum_calm(limit);

	learn_calm(limit);
	if (limit->is_probing)
		end_probe(limit, calm_before_us, sum_calm(limit), now_us);
	else
		move(limit, count_waiting(limit, now_us), few_of(limit, now_us));
	begin_window(limit, now_us);
	limit->is_probing = !limit->is_probing && !limit->is_starting &&
	                    (now_us >= limit->probe_us || (has_fallen(limit) && now_us >= limit->probed_us + PROBE_FIRST_US));
}

/* As many answers as were at work: else only those that had not to wait would have come, and spoken for all. */
static bool is_whole(const struct limit *limit, uint64_t age_us)
{
	return limit->count >= limit->most_at_work && (limit->count >= WINDOW_ANSWERS || age_us >= WINDOW_LONG_US);
}

void limit_learn(struct limit *limit, const struct limit_answer *answer)
{
	struct limit_kind *kind = &limit->kinds[answer->kind < LIMIT_KINDS ? answer->kind : LIMIT_KINDS - 1];
	uint64_t now_us = answer->first_byte_us, age_us;
	double took_us = (double)now_us - (double)answer->sent_us;

	if (answer->sent_us < limit->begun_us || now_us <= answer->sent_us)
		return;
	kind->sum_us += took_us;
	kind->squares += took_us * took_us;
	kind->count++;
	if (answer->at_work <= limit->range.floor) {
		kind->roomy_sum_us += took_us;
		kind->roomy_count++;
	}
	limit->count++;
	if (answer->at_work > limit->most_at_work)
		limit->most_at_work = answer->at_work;
	age_us = now_us - limit->begun_us;
	if (age_us >= WINDOW_US && is_whole(limit, age_us))
		end_window(limit, now_us);
}
