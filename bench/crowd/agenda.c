#include "agenda.h"

#include <stdlib.h>

#include "actor.h"

bool agenda_init(struct agenda *agenda, unsigned size)
{
	*agenda = (struct agenda){.heap = calloc(size ? size : 1, sizeof(struct actor *)), .size = size};
	return agenda->heap;
}

void agenda_done(struct agenda *agenda)
{
	free(agenda->heap);
}

static void agenda_place(struct agenda *agenda, unsigned at, struct actor *actor)
{
	agenda->heap[at] = actor;
	actor->agenda_at = (int)at;
}

static unsigned agenda_rise(struct agenda *agenda, unsigned at, const struct actor *actor)
{
	for (; at && agenda->heap[(at - 1) / 2]->due_ns > actor->due_ns; at = (at - 1) / 2)
		agenda_place(agenda, at, agenda->heap[(at - 1) / 2]);
	return at;
}

static unsigned agenda_sink(struct agenda *agenda, unsigned at, const struct actor *actor)
{
	for (unsigned child; (child = 2 * at + 1) < agenda->count; at = child) {
		if (child + 1 < agenda->count && agenda->heap[child + 1]->due_ns < agenda->heap[child]->due_ns)
			child++;
		if (agenda->heap[child]->due_ns >= actor->due_ns)
			break;
		agenda_place(agenda, at, agenda->heap[child]);
	}
	return at;
}

void agenda_put(struct agenda *agenda, struct actor *actor, uint64_t due_ns)
{
	unsigned at;

	actor->due_ns = due_ns;
	if (actor->agenda_at < 0)
		agenda_place(agenda, agenda->count++, actor);
	at = agenda_rise(agenda, (unsigned)actor->agenda_at, actor);
	agenda_place(agenda, agenda_sink(agenda, at, actor), actor);
}

struct actor *agenda_first(const struct agenda *agenda)
{
	return agenda->count ? agenda->heap[0] : NULL;
}
