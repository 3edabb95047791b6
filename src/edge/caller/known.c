#include "edge/caller/known.h"

#include <stdlib.h>

#include "edge/worker.h"

#include "base/banned.h"

#define LOOK_EACH_MS 200u

static struct known_waiting take_first(struct known *known)
{
	struct known_waiting first = known->list[known->first];

	known->first = (known->first + 1) % KNOWN_WAITING_MAX;
	known->count--;
	return first;
}

/* It stayed calm there: nobody had to wait since this one was served, or not before it had been served for a while. */
static bool stayed_calm(const struct known_waiting *waiting)
{
	return origin_pressed_ms(waiting->origin) < waiting->served_ms || origin_press_began_ms(waiting->origin) >= waiting->served_ms + KNOWN_BEFORE_MS;
}

static bool is_banned(const struct worker *worker, struct source_key key)
{
	struct network network = source_network(key);

	return source_ban_of(worker, &network.address) != SOURCE_FREE;
}

static void settle(struct worker *worker, const struct known_waiting *waiting)
{
	struct source_hold hold;

	if (stayed_calm(waiting) && !is_banned(worker, waiting->key) &&
	    source_table_take(&worker->common->sources, waiting->key, worker->loop.now_ns / 1000, SOURCE_FIND, &hold) == RESULT_OK) {
		if (hold.entry->kind == waiting->key.kind)  /* not all of a /48 for one of it */
			hold.entry->is_known = 1;
		source_table_give(&hold);
	}
	origins_drop(&worker->common->origins, waiting->origin);
}

/* Once somebody has to wait, no more is to be learned of those who came before; and who is known now is served now. */
static bool is_due(const struct known_waiting *waiting, uint64_t now_ms)
{
	return waiting->served_ms + KNOWN_AFTER_MS <= now_ms || origin_pressed_ms(waiting->origin) >= waiting->served_ms;
}

static void look(struct timer *timer)
{
	struct worker *worker = list_entry(timer, struct worker, known.timer);
	struct known *known = &worker->known;

	while (known->count && is_due(&known->list[known->first], worker->loop.now_ms)) {
		struct known_waiting first = take_first(known);

		settle(worker, &first);
	}
	if (known->count)
		timer_set(&worker->loop.timers, timer, worker->loop.now_ms + LOOK_EACH_MS);
}

void known_init(struct worker *worker)
{
	timer_init(&worker->known.timer, look);
}

void known_done(struct worker *worker)
{
	struct known *known = &worker->known;

	timer_cancel(&worker->loop.timers, &known->timer);
	while (known->count)
		origins_drop(&worker->common->origins, take_first(known).origin);
	free(known->list);
	known->list = NULL;
}

void known_add(struct worker *worker, struct source_key key, struct origin *origin)
{
	struct known *known = &worker->known;

	if (!known->list)
		known->list = calloc(KNOWN_WAITING_MAX, sizeof(*known->list));
	if (!known->list || known->count == KNOWN_WAITING_MAX)
		return;
	origin_hold(origin);
	known->list[(known->first + known->count) % KNOWN_WAITING_MAX] = (struct known_waiting){ key, origin, worker->loop.now_ms };
	known->count++;
	if (!timer_is_armed(&known->timer))
		timer_set(&worker->loop.timers, &known->timer, worker->loop.now_ms + LOOK_EACH_MS);
}
