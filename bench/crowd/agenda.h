/* Who wakes next: a binary heap of actors by the time they are due.
 *
 * Owns    the array; actors stay their owners'. An actor is in it once, at AGENDA_AT.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct actor;

struct agenda {
	struct actor **heap;
	unsigned count, size;
};

bool agenda_init(struct agenda *agenda, unsigned size);
void agenda_done(struct agenda *agenda);

/* Enters the actor, or moves it. */
void agenda_put(struct agenda *agenda, struct actor *actor, uint64_t due_ns);

/* The first, NULL when nobody waits; it stays in. */
struct actor *agenda_first(const struct agenda *agenda);
