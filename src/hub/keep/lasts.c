#include "hub/keep/lasts.h"

#include <stdlib.h>

#include "base/hash.h"
#include "event/counts.h"

#include "base/banned.h"

#define PLACES (LASTS_MAX * 2)
#define NO_SITE "-"   /* no host is called so, and a key is never empty */

struct last {
	uint64_t hash, sequence;
	char key[COUNTS_NAME_MAX + 1];
	char *line;
	size_t len;
	bool is_changed;
};

struct lasts {
	struct hash_seed seed;
	struct last *list[LASTS_MAX];
	size_t count;
	uint16_t index[PLACES];   /* number plus 1; 0: free */
};

enum result lasts_new(struct lasts **out)
{
	struct lasts *lasts = calloc(1, sizeof(*lasts));

	if (!lasts)
		return RESULT_NO_MEMORY;
	lasts->seed = hash_process_seed();
	*out = lasts;
	return RESULT_OK;
}

void lasts_free(struct lasts *lasts)
{
	if (!lasts)
		return;
	for (size_t i = 0; i < lasts->count; i++) {
		free(lasts->list[i]->line);
		free(lasts->list[i]);
	}
	free(lasts);
}

/* NULL: there is no room, or no memory. */
static struct last *last_of(struct lasts *lasts, struct span key)
{
	uint64_t hash = hash_span(lasts->seed, key);
	unsigned at = (unsigned)(hash % PLACES);
	struct last *last;

	while (lasts->index[at] && lasts->list[lasts->index[at] - 1]->hash != hash)
		at = (at + 1) % PLACES;
	if (lasts->index[at])
		return lasts->list[lasts->index[at] - 1];
	last = lasts->count < LASTS_MAX && key.len < sizeof(last->key) ? calloc(1, sizeof(*last)) : NULL;
	if (!last)
		return NULL;
	last->hash = hash;
	memcpy(last->key, key.at, key.len);
	lasts->list[lasts->count++] = last;
	lasts->index[at] = (uint16_t)lasts->count;
	return last;
}

void lasts_set(struct lasts *lasts, struct span site, struct span line, uint64_t sequence)
{
	struct last *last = last_of(lasts, site.len ? site : SPAN(NO_SITE));
	char *copy = last && line.len ? realloc(last->line, line.len) : NULL;

	if (!copy)
		return;
	memcpy(copy, line.at, line.len);
	last->line = copy;
	last->len = line.len;
	last->sequence = sequence;
	last->is_changed = true;
}

bool lasts_next(const struct lasts *lasts, size_t *at, struct last_line *out)
{
	for (; *at < lasts->count; ++*at) {
		const struct last *last = lasts->list[*at];

		if (!last->is_changed)
			continue;
		*out = (struct last_line){ span_of(last->key), span_make(last->line, last->len), last->sequence };
		++*at;
		return true;
	}
	return false;
}

void lasts_saved(struct lasts *lasts)
{
	for (size_t i = 0; i < lasts->count; i++)
		lasts->list[i]->is_changed = false;
}
