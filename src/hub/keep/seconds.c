#include "hub/keep/seconds.h"

#include <stdlib.h>

#include "base/hash.h"
#include "event/counts.h"

#include "base/banned.h"

#define PLACES (SECONDS_SITES * 2)

struct ring {
	uint64_t key;
	char name[COUNTS_NAME_MAX + 1];
	uint64_t at_s[KEEP_SECONDS];
	uint32_t decisions[KEEP_SECONDS][DECISION_COUNT];
};

struct seconds {
	struct hash_seed seed;
	struct ring all;
	struct ring *sites[SECONDS_SITES];
	size_t count;
	uint16_t index[PLACES];   /* number of the site plus 1; 0: free */
};

enum result seconds_new(struct seconds **out)
{
	struct seconds *seconds = calloc(1, sizeof(*seconds));

	if (!seconds)
		return RESULT_NO_MEMORY;
	seconds->seed = hash_process_seed();
	*out = seconds;
	return RESULT_OK;
}

void seconds_free(struct seconds *seconds)
{
	if (!seconds)
		return;
	for (size_t i = 0; i < seconds->count; i++)
		free(seconds->sites[i]);
	free(seconds);
}

static unsigned place_of(const struct seconds *seconds, uint64_t key)
{
	unsigned at = (unsigned)(key % PLACES);

	while (seconds->index[at] && seconds->sites[seconds->index[at] - 1]->key != key)
		at = (at + 1) % PLACES;
	return at;
}

/* NULL: there is no room, or no memory. */
static struct ring *ring_of(struct seconds *seconds, struct span site)
{
	uint64_t key = hash_span(seconds->seed, site);
	unsigned at = place_of(seconds, key);
	struct ring *ring;

	if (seconds->index[at])
		return seconds->sites[seconds->index[at] - 1];
	ring = seconds->count < SECONDS_SITES && site.len < sizeof(ring->name) ? calloc(1, sizeof(*ring)) : NULL;
	if (!ring)
		return NULL;
	ring->key = key;
	memcpy(ring->name, site.at, site.len);
	seconds->sites[seconds->count++] = ring;
	seconds->index[at] = (uint16_t)seconds->count;
	return ring;
}

static void add_to(struct ring *ring, uint64_t at_s, const uint64_t decisions[DECISION_COUNT])
{
	unsigned slot = (unsigned)(at_s % KEEP_SECONDS);

	if (ring->at_s[slot] > at_s)
		return;  /* too old to be shown */
	if (ring->at_s[slot] != at_s) {
		ring->at_s[slot] = at_s;
		memset(ring->decisions[slot], 0, sizeof(ring->decisions[slot]));
	}
	for (unsigned i = 0; i < DECISION_COUNT; i++) {
		uint64_t sum = ring->decisions[slot][i] + decisions[i];

		ring->decisions[slot][i] = (uint32_t)(sum < UINT32_MAX ? sum : UINT32_MAX);
	}
}

void seconds_add(struct seconds *seconds, struct span site, uint64_t at_s, const uint64_t *numbers)
{
	uint64_t decisions[DECISION_COUNT] = { 0 };
	struct ring *ring = site.len ? ring_of(seconds, site) : NULL;

	for (unsigned i = 0; i < DECISION_COUNT; i++) {
		for (unsigned class = 0; class < COUNTS_CLASSES; class++)
			decisions[i] += numbers[COUNTS_DECISIONS + i * COUNTS_CLASSES + class];
		decisions[i] += numbers[COUNTS_CONNECTIONS + i];
	}
	add_to(&seconds->all, at_s, decisions);
	if (ring)
		add_to(ring, at_s, decisions);
}

static const struct ring *ring_find(const struct seconds *seconds, struct span site)
{
	unsigned at;

	if (!site.len)
		return &seconds->all;
	at = place_of(seconds, hash_span(seconds->seed, site));
	return seconds->index[at] ? seconds->sites[seconds->index[at] - 1] : NULL;
}

void seconds_read(const struct seconds *seconds, struct span site, uint64_t last_s, struct keep_second *out, size_t count)
{
	const struct ring *ring = ring_find(seconds, site);

	for (size_t i = 0; i < count; i++) {
		uint64_t at_s = last_s + 1 > count - i ? last_s + 1 - (count - i) : 0;
		unsigned slot = (unsigned)(at_s % KEEP_SECONDS);

		out[i] = (struct keep_second){ .at_s = at_s };
		for (unsigned j = 0; ring && ring->at_s[slot] == at_s && j < DECISION_COUNT; j++)
			out[i].decisions[j] = ring->decisions[slot][j];
	}
}

size_t seconds_site_count(const struct seconds *seconds)
{
	return seconds->count;
}

struct span seconds_site(const struct seconds *seconds, size_t index)
{
	return span_of(seconds->sites[index]->name);
}
