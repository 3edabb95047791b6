#include "guard/admission.h"

#include <math.h>

#include "base/list.h"

#include "base/banned.h"

/* The mean of about the last second, of an origin of any speed. */
#define HELD_OVER_US 1000000.0
#define HELD_WEIGHT_MAX (1.0 / 16)

void admission_init(struct admission *admission, const struct admission_settings *settings, uint64_t now_us)
{
	*admission = (struct admission){ .settings = *settings };
	limit_init(&admission->limit, &settings->range, now_us);
	queue_init(&admission->ordinary, settings->queue_max);
	queue_init(&admission->priority, settings->queue_max);
}

void admission_free_queues(struct admission *admission)
{
	queue_done(&admission->ordinary);
	queue_done(&admission->priority);
}

void admission_release_queues(struct admission *admission)
{
	queue_release(&admission->ordinary);
	queue_release(&admission->priority);
}

void admission_set(struct admission *admission, const struct admission_settings *settings)
{
	admission->settings = *settings;
	limit_set_range(&admission->limit, &settings->range);
	admission->ordinary.max = admission->priority.max = settings->queue_max;
}

unsigned admission_waiting(const struct admission *admission)
{
	return admission->ordinary.count + admission->priority.count;
}

unsigned admission_at_work(const struct admission *admission)
{
	return admission->ordinary_at_work + admission->priority_at_work;
}

/* Of LIMIT, those that requests of one kind may have in all. */
static unsigned places_of(const struct admission *admission, unsigned limit, bool is_priority)
{
	unsigned reserved = admission->settings.reserved;

	if (is_priority)
		return limit;
	return limit > reserved ? limit - reserved : 1;
}

static bool has_place(const struct admission *admission, bool is_priority)
{
	unsigned limit = limit_get(&admission->limit);

	return admission_at_work(admission) < limit && (is_priority || admission->ordinary_at_work < places_of(admission, limit, false));
}

bool admission_is_short(const struct admission *admission)
{
	return admission_waiting(admission) || !has_place(admission, false);
}

static struct queue *queue_of(struct admission *admission, bool is_priority)
{
	return is_priority ? &admission->priority : &admission->ordinary;
}

static unsigned *observed_of(struct admission *admission, const struct admission_entry *entry)
{
	return &admission->observed[entry->is_priority ? LANE_PARTNER : entry->entry.lane];
}

static void take_place(struct admission *admission, const struct admission_entry *entry)
{
	if (entry->is_priority)
		admission->priority_at_work++;
	else
		admission->ordinary_at_work++;
	if (entry->is_observed)
		++*observed_of(admission, entry);
}

static void give_place(struct admission *admission, const struct admission_entry *entry)
{
	if (entry->is_priority)
		admission->priority_at_work--;
	else
		admission->ordinary_at_work--;
	if (entry->is_observed)
		--*observed_of(admission, entry);
}

/* Who is observed, in LANE or a better one. */
static unsigned count_observed(const struct admission *admission, unsigned lane)
{
	unsigned count = 0;

	for (unsigned i = 0; i <= lane; i++)
		count += admission->observed[i];
	return count;
}

/* Those at the origin beyond its limit who would wait before ENTRY. To who is not observed all of them are in the way: they are there already. */
static unsigned observed_ahead(const struct admission *admission, const struct admission_entry *entry)
{
	unsigned all = count_observed(admission, LANE_COUNT - 1), limit = (unsigned)admission->limit.allowed, worse = 0, at_work;

	if (entry->is_observed)
		worse = all - count_observed(admission, entry->is_priority ? LANE_PARTNER : entry->entry.lane);
	at_work = admission_at_work(admission) - worse;
	if (at_work <= limit)
		return 0;
	return at_work - limit < all - worse ? at_work - limit : all - worse;
}

/* From one answer to the next, of PLACES that are all held: as the origin is now, or, where more are at work than it would be given, as it was with no
 * more. */
static double each_us(const struct admission *admission, double places)
{
	double within_us = admission->within_us > 0 ? fmin(admission->within_us, admission->held_us) : admission->held_us;

	if (!count_observed(admission, LANE_COUNT - 1))
		return admission->held_us / places;
	return fmax(admission->held_us / fmax(places, admission_at_work(admission)), within_us / places);
}

bool admission_keeps_waiting(const struct admission *admission)
{
	return admission_waiting(admission) || (count_observed(admission, LANE_COUNT - 1) && admission_at_work(admission) >= limit_get(&admission->limit));
}

double admission_each_us(const struct admission *admission)
{
	return each_us(admission, admission->limit.allowed);
}

/* By Little's law: so many places, each held so long. A probe of the limit, a moment long, is left out of both. */
uint64_t admission_wait_us(const struct admission *admission, const struct admission_entry *entry)
{
	const struct queue *queue = entry->is_priority ? &admission->priority : &admission->ordinary;
	unsigned ahead = queue_ahead(queue, entry->entry.lane, entry->entry.source) + observed_ahead(admission, entry);

	if (!queue->count && has_place(admission, entry->is_priority))
		return 0;
	if (!entry->is_priority)
		ahead += admission->priority.count;
	return (uint64_t)((ahead + 1) * each_us(admission, places_of(admission, (unsigned)admission->limit.allowed, entry->is_priority)));
}

/* As long as it would be held were no more at work than the limit allows. */
static double held_within_us(const struct admission *admission)
{
	return count_observed(admission, LANE_COUNT - 1) ? admission_each_us(admission) * admission->limit.allowed : admission->held_us;
}

/* It would have no answer in time. */
static bool is_late(const struct admission *admission, const struct admission_entry *entry)
{
	return (double)admission_wait_us(admission, entry) + held_within_us(admission) > (double)admission->settings.patience_us;
}

enum admission_answer admission_ask(struct admission *admission, struct admission_entry *entry, struct admission_entry **pushed_out)
{
	struct queue *queue = queue_of(admission, entry->is_priority);
	struct queue_entry *pushed = NULL;
	enum result result;

	*pushed_out = NULL;
	if (!queue->count && has_place(admission, entry->is_priority)) {
		take_place(admission, entry);
		return ADMISSION_GO;
	}
	limit_hold_back(&admission->limit);
	if (is_late(admission, entry))
		return ADMISSION_REFUSE;
	result = queue_add(queue, &entry->entry, &pushed);
	if (pushed)
		*pushed_out = list_entry(pushed, struct admission_entry, entry);
	return result == RESULT_OK ? ADMISSION_WAIT : ADMISSION_REFUSE;
}

enum admission_answer admission_observe(struct admission *admission, const struct admission_entry *entry)
{
	bool is_full = queue_of(admission, entry->is_priority)->count + observed_ahead(admission, entry) >= admission->settings.queue_max;
	enum admission_answer answer = ADMISSION_GO;

	if (queue_of(admission, entry->is_priority)->count || !has_place(admission, entry->is_priority)) {
		limit_hold_back(&admission->limit);
		answer = is_full || is_late(admission, entry) ? ADMISSION_REFUSE : ADMISSION_WAIT;
	}
	take_place(admission, entry);
	return answer;
}

struct admission_entry *admission_next(struct admission *admission)
{
	for (unsigned is_priority = 2; is_priority-- > 0;) {
		struct queue *queue = queue_of(admission, is_priority);
		struct admission_entry *entry;

		if (!queue->count || !has_place(admission, is_priority))
			continue;
		entry = list_entry(queue_take(queue), struct admission_entry, entry);
		take_place(admission, entry);
		return entry;
	}
	return NULL;
}

void admission_give_up(struct admission *admission, struct admission_entry *entry)
{
	queue_remove(queue_of(admission, entry->is_priority), &entry->entry);
}

void admission_come_back(struct admission *admission, const struct admission_entry *entry)
{
	take_place(admission, entry);
}

void admission_done(struct admission *admission, const struct admission_entry *entry, uint64_t held_us)
{
	bool is_within = admission_at_work(admission) <= admission->limit.allowed;
	double weight;

	give_place(admission, entry);
	if (admission->limit.is_probing || !held_us)
		return;
	weight = fmin(admission->held_us / admission->limit.allowed / HELD_OVER_US, HELD_WEIGHT_MAX);
	admission->held_us += ((double)held_us - admission->held_us) * (admission->held_us > 0 ? weight : 1);
	if (is_within)
		admission->within_us = admission->held_us;
}

/* Of the first one nothing is to be learned: it would be all that is known. */
void admission_break_off(struct admission *admission, const struct admission_entry *entry, uint64_t held_us)
{
	admission_done(admission, entry, admission->held_us > 0 && (double)held_us > admission->held_us ? held_us : 0);
}
