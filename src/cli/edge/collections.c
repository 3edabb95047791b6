#include "cli/edge/collections.h"

#include <stdio.h>

#include "base/hash.h"
#include "cli/wiring.h"
#include "waf/store.h"

#include "base/banned.h"

#define COLLECTION_BYTES_MAX 1024u  /* of a visitor: counters and marks */

void edge_collections_open(struct edge_state *state)
{
	static const struct store_shape shape = { COLLECTIONS_BYTES, COLLECTION_BYTES_MAX };
	struct hash_seed seeds[2];
	size_t size;
	void *memory;

	if (state->common.collections || !plan_of(state->snapshot)->wafs)
		return;
	memory = wiring_region(&state->start.shared, REGION_COLLECTIONS, &size);
	random_fill(seeds, sizeof(seeds));
	if (!memory || (!store_is_there(memory, &shape) && store_init(memory, &shape, seeds[0], seeds[1]) != RESULT_OK)) {
		fprintf(stderr, "bouclier: rules keep nothing between requests: the keeper has no memory for it (restart it)\n");
		return;
	}
	state->collections = store_port(memory);
	__atomic_store_n(&state->common.collections, &state->collections, __ATOMIC_RELEASE);
}
