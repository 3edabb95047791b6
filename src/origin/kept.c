#include "origin/kept.h"

#include <string.h>

#include "base/hash.h"

#include "base/banned.h"

static const struct hash_seed seed = { 0x6b657074u, 1 };  /* fixed: another process reads it. It guards against accidents, not attackers */

static uint64_t key_of(const struct origin *origin)
{
	uint64_t key = hash_span(seed, origin->identity);

	return key ? key : 1;
}

static uint64_t sum_of(uint64_t key, const struct kept_copy *copy)
{
	return hash_u64(key) ^ hash_span(seed, span_make((const char *)copy + sizeof(copy->sum), sizeof(*copy) - sizeof(copy->sum)));
}

static bool is_whole(const struct kept_place *place, const struct kept_copy *copy)
{
	return copy->at_us && copy->sum == sum_of(place->key, copy);
}

/* The newest that is whole; NULL: none is. */
static const struct kept_copy *newest_of(const struct kept_place *place)
{
	const struct kept_copy *newest = NULL;

	for (unsigned i = 0; i < 2; i++) {
		if ((!newest || place->copies[i].at_us > newest->at_us) && is_whole(place, &place->copies[i]))
			newest = &place->copies[i];
	}
	return newest;
}

static uint64_t written_us(const struct kept_place *place)
{
	return place->copies[0].at_us > place->copies[1].at_us ? place->copies[0].at_us : place->copies[1].at_us;
}

/* The place of KEY, or the one in its ways that was written longest ago. */
static unsigned place_of(const struct kept_origins *kept, uint64_t key)
{
	unsigned first = (unsigned)(key % (KEPT_PLACES / KEPT_WAYS)) * KEPT_WAYS, oldest = first;

	for (unsigned i = first; i < first + KEPT_WAYS; i++) {
		if (kept->places[i].key == key)
			return i;
		if (written_us(&kept->places[i]) < written_us(&kept->places[oldest]))
			oldest = i;
	}
	return oldest;
}

void kept_write(struct kept_origins *kept, struct origin *origin, uint64_t now_us)
{
	uint64_t key = key_of(origin);
	struct kept_place *place = &kept->places[place_of(kept, key)];
	struct kept_copy *older = &place->copies[place->copies[0].at_us > place->copies[1].at_us];
	__attribute__((uninitialized)) struct kept_copy copy;

	memset(&copy, 0, sizeof(copy));  /* between members too: they are in the sum */
	if (!gate_tell_learned(&origin->gate, &copy.learned))
		return;
	copy.at_us = now_us;
	copy.pressed_ms = origin_pressed_ms(origin);
	copy.press_began_ms = origin_press_began_ms(origin);
	copy.sum = sum_of(key, &copy);
	place->key = key;  /* of another before: its copies are whole no more */
	memcpy(older, &copy, sizeof(copy));
}

bool kept_take_up(const struct kept_origins *kept, struct origin *origin, uint64_t now_us)
{
	uint64_t key = key_of(origin);
	const struct kept_place *place = &kept->places[place_of(kept, key)];
	const struct kept_copy *copy = place->key == key ? newest_of(place) : NULL;

	if (!copy || copy->at_us > now_us || now_us - copy->at_us > KEPT_FRESH_US || copy->pressed_ms > now_us / 1000 || copy->press_began_ms > now_us / 1000 ||
	    !gate_take_up(&origin->gate, &copy->learned, now_us))
		return false;
	__atomic_store_n(&origin->press_began_ms, copy->press_began_ms, __ATOMIC_RELAXED);
	__atomic_store_n(&origin->pressed_ms, copy->pressed_ms, __ATOMIC_RELEASE);
	return true;
}
