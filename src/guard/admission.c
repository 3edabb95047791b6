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

static void take_place(struct admission *admission, bool is_priority)
{
	if (is_priority)
		admission->priority_at_work++;
	else
		admission->ordinary_at_work++;
}

/* By Little's law: so many places, each held so long. A probe of the limit, a moment long, is left out of both. */
uint64_t admission_wait_us(const struct admission *admission, const struct admission_entry *entry)
{
	const struct queue *queue = entry->is_priority ? &admission->priority : &admission->ordinary;
	unsigned ahead = queue_ahead(queue, entry->entry.lane, entry->entry.source);

	if (!queue->count && has_place(admission, entry->is_priority))
		return 0;
	if (!entry->is_priority)
		ahead += admission->priority.count;
	return (uint64_t)((ahead + 1) * admission->held_us / places_of(admission, (unsigned)admission->limit.allowed, entry->is_priority));
}

enum admission_answer admission_ask(struct admission *admission, struct admission_entry *entry, struct admission_entry **pushed_out)
{
	struct queue *queue = queue_of(admission, entry->is_priority);
	struct queue_entry *pushed = NULL;
	enum result result;

	*pushed_out = NULL;
	if (!queue->count && has_place(admission, entry->is_priority)) {
		take_place(admission, entry->is_priority);
		return ADMISSION_GO;
	}
	limit_hold_back(&admission->limit);
	if ((double)admission_wait_us(admission, entry) + admission->held_us > (double)admission->settings.patience_us)
		return ADMISSION_REFUSE;
	result = queue_add(queue, &entry->entry, &pushed);
	if (pushed)
		*pushed_out = list_entry(pushed, struct admission_entry, entry);
	return result == RESULT_OK ? ADMISSION_WAIT : ADMISSION_REFUSE;
}

struct admission_entry *admission_next(struct admission *admission)
{
	for (unsigned is_priority = 2; is_priority-- > 0;) {
		struct queue *queue = queue_of(admission, is_priority);

		if (!queue->count || !has_place(admission, is_priority))
			continue;
		take_place(admission, is_priority);
		return list_entry(queue_take(queue), struct admission_entry, entry);
	}
	return NULL;
}

void admission_give_up(struct admission *admission, struct admission_entry *entry)
{
	queue_remove(queue_of(admission, entry->is_priority), &entry->entry);
}

void admission_come_back(struct admission *admission, const struct admission_entry *entry)
{
	take_place(admission, entry->is_priority);
}

void admission_done(struct admission *admission, const struct admission_entry *entry, uint64_t held_us)
{
	double weight;

	if (entry->is_priority)
		admission->priority_at_work--;
	else
		admission->ordinary_at_work--;
	if (admission->limit.is_probing || !held_us)
		return;
	weight = fmin(admission->held_us / admission->limit.allowed / HELD_OVER_US, HELD_WEIGHT_MAX);
	admission->held_us += ((double)held_us - admission->held_us) * (admission->held_us > 0 ? weight : 1);
}
