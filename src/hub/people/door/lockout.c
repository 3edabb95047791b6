#include "hub/people/door/lockout.h"

#include "base/hash.h"

#include "base/banned.h"

#define IPV6_SITE_BYTES 8u               /* a /64 is one source */

static uint64_t key_of(char kind, struct span text)
{
	struct hash_stream stream;
	uint64_t key;

	hash_stream_begin(&stream, hash_process_seed());
	hash_stream_add(&stream, span_make(&kind, 1));
	hash_stream_add(&stream, text);
	key = hash_stream_get(&stream);
	return key ? key : 1;
}

struct lockout_who lockout_who(struct span name, const struct address *source)
{
	bool is_v6 = !address_is_v4(source);

	return (struct lockout_who){ key_of('n', name), key_of('s', span_make((const char *)source->bytes, is_v6 ? IPV6_SITE_BYTES : sizeof(source->bytes))) };
}

static const struct lockout_place *find(const struct lockout *lockout, uint64_t key)
{
	const struct lockout_place *set = &lockout->places[key % (LOCKOUT_PLACES / LOCKOUT_WAYS) * LOCKOUT_WAYS];

	for (unsigned i = 0; i < LOCKOUT_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
	}
	return NULL;
}

static struct lockout_place *find_or_take(struct lockout *lockout, uint64_t key)
{
	struct lockout_place *set = &lockout->places[key % (LOCKOUT_PLACES / LOCKOUT_WAYS) * LOCKOUT_WAYS], *oldest = set;

	for (unsigned i = 0; i < LOCKOUT_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (!set[i].key || (oldest->key && set[i].last_ms < oldest->last_ms))
			oldest = &set[i];
	}
	*oldest = (struct lockout_place){ .key = key };
	return oldest;
}

static uint64_t wait_of(const struct lockout *lockout, uint64_t key, uint64_t wall_ms)
{
	const struct lockout_place *place = find(lockout, key);
	uint64_t wait = place && place->until_ms > wall_ms ? place->until_ms - wall_ms : 0;

	/* Availability: by a clock that was set back no pause would end for hours. One more try is free, and the next failure's pause is by the new clock. */
	return wait > LOCKOUT_LONGEST_MS ? 0 : wait;
}

uint64_t lockout_wait(const struct lockout *lockout, struct lockout_who who, uint64_t wall_ms)
{
	uint64_t name = wait_of(lockout, who.name, wall_ms), source = wait_of(lockout, who.source, wall_ms);

	return name > source ? name : source;
}

static bool fail(struct lockout_place *place, unsigned allowed, uint64_t wall_ms)
{
	uint64_t pause = LOCKOUT_FIRST_MS;

	if (wall_ms > place->last_ms + LOCKOUT_FORGET_MS)
		place->failures = 0;
	place->failures++;
	place->last_ms = wall_ms;
	if (place->failures < allowed)
		return false;
	for (unsigned i = allowed; i < place->failures && pause < LOCKOUT_LONGEST_MS; i++)
		pause *= 2;
	place->until_ms = wall_ms + (pause > LOCKOUT_LONGEST_MS ? LOCKOUT_LONGEST_MS : pause);
	return true;
}

bool lockout_failed(struct lockout *lockout, struct lockout_who who, uint64_t wall_ms)
{
	bool is_name = fail(find_or_take(lockout, who.name), LOCKOUT_NAME_FREE, wall_ms);
	bool is_source = fail(find_or_take(lockout, who.source), LOCKOUT_SOURCE_FREE, wall_ms);

	return is_name || is_source;
}

void lockout_succeeded(struct lockout *lockout, struct lockout_who who)
{
	const struct lockout_place *place = find(lockout, who.name);

	if (place)
		lockout->places[place - lockout->places] = (struct lockout_place){ 0 };
}
