/* Which site has which place in a table that processes share (hits.h, meter.h): as many for each tenant as are its share.
 *
 * Limits   a walk over all places: for reloads, not for requests
 */
#ifndef BOUCLIER_EDGE_PLACES_H
#define BOUCLIER_EDGE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct places {
	const uint64_t *keys;        /* of sites; 0: free */
	const uint64_t *tenants;
	unsigned count;
};

/* The place of KEY (not 0), or one that is free for it; COUNT: there is none, or TENANT has SHARE of them. */
unsigned places_find(const struct places *places, uint64_t key, uint64_t tenant, unsigned share);
bool places_have(const uint64_t *keys, size_t count, uint64_t key);

#endif
