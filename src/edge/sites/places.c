#include "edge/sites/places.h"

#include "base/banned.h"

unsigned places_find(const struct places *places, uint64_t key, uint64_t tenant, unsigned share)
{
	unsigned place = places->count, taken = 0;

	for (unsigned i = 0; i < places->count; i++) {
		if (places->keys[i] == key)
			return i;
		if (!places->keys[i] && place == places->count)
			place = i;
		taken += places->keys[i] && places->tenants[i] == tenant;
	}
	return taken < share ? place : places->count;
}

bool places_have(const uint64_t *keys, size_t count, uint64_t key)
{
	for (size_t i = 0; i < count; i++) {
		if (keys[i] == key)
			return true;
	}
	return false;
}
