#include "waf/language/names.h"

#include "base/banned.h"

#define ROOM_MIN 256

/* Where NAME stands, or the free slot where it would. */
static uint32_t slot_of(const struct names *names, struct span name, uint64_t hash)
{
	uint32_t mask = 2 * names->room - 1, slot = (uint32_t)hash & mask;

	while (names->slots[slot] && !span_equal_nocase(names->list[names->slots[slot]], name))
		slot = (slot + 1) & mask;
	return slot;
}

static enum result grow(struct names *names, struct arena *arena)
{
	uint32_t room = names->room ? 2 * names->room : ROOM_MIN;
	struct span *list = arena_new_array(arena, struct span, room);
	uint16_t *slots = arena_new_array(arena, uint16_t, 2 * room);

	if (!list || !slots)
		return RESULT_NO_MEMORY;
	if (names->count)
		memcpy(list, names->list, names->count * sizeof(*list));
	names->list = list;
	names->slots = slots;
	names->room = room;
	for (uint32_t number = 1; number < names->count; number++)
		slots[slot_of(names, list[number], names_hash(names, list[number]))] = (uint16_t)number;
	return RESULT_OK;
}

enum result names_number(struct names *names, struct arena *arena, struct span name, uint16_t *out)
{
	uint64_t hash = names_hash(names, name);
	struct span kept;

	*out = names_find(names, name, hash);
	if (*out || names->count == NAMES_MAX)
		return RESULT_OK;
	if (names->count == names->room && grow(names, arena) != RESULT_OK)
		return RESULT_NO_MEMORY;
	kept = arena_copy(arena, name);
	if (!kept.at)
		return RESULT_NO_MEMORY;
	*out = (uint16_t)names->count++;
	names->list[*out] = kept;
	names->slots[slot_of(names, kept, hash)] = *out;
	return RESULT_OK;
}

uint16_t names_find(const struct names *names, struct span name, uint64_t hash)
{
	return names->slots[slot_of(names, name, hash)];
}

enum result names_init(struct names *names, struct arena *arena)
{
	enum result result;
	uint16_t number;

	*names = (struct names){ .seed = hash_process_seed() };
	result = grow(names, arena);
	names->count = 1;
	for (char digit = '0'; digit <= '9' && result == RESULT_OK; digit++)
		result = names_number(names, arena, span_make(&digit, 1), &number);
	return result == RESULT_OK ? names_number(names, arena, SPAN("MSC_PCRE_LIMITS_EXCEEDED"), &number) : result;
}
