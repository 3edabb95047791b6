/* The tenants whose sites are served, by this snapshot or by one that still has requests, and what they share: each can do its work whatever the
 * visitors of the others send (base/budget.h).
 *
 * Limits   a tenant that comes or goes with a reload changes everybody's share at once; what is taken stays taken, and is given back to where it
 *          was taken from
 * Owns     its tenants, each for as long as a plan holds it
 * Threads  any
 */
#ifndef BOUCLIER_EDGE_TENANTS_H
#define BOUCLIER_EDGE_TENANTS_H

#include <pthread.h>

#include "base/budget.h"
#include "base/list.h"
#include "base/span.h"

enum shared_thing {
	SHARED_DISK,     /* bodies that wait on disk: `held_on_disk` */
	SHARED_FILES,    /* files that wait in memory: `files_in_memory` */
	SHARED_CACHE,    /* answers that are kept: `cache_memory` */
	SHARED_COUNT,
};

struct edge_tenant {
	struct list node;
	uint64_t key;            /* of the name */
	uint32_t number;         /* the lowest that no other has */
	unsigned holders;
	struct budget_party parties[SHARED_COUNT];
};

struct edge_tenants {
	pthread_mutex_t lock;
	struct list all;         /* by number */
	size_t count;
	uint64_t amounts[SHARED_COUNT];
	struct budget budgets[SHARED_COUNT];
};

void edge_tenants_init(struct edge_tenants *tenants);
/* Everybody has dropped what he held. */
void edge_tenants_done(struct edge_tenants *tenants);
/* How much there is of THING, for all together. */
void edge_tenants_set(struct edge_tenants *tenants, enum shared_thing thing, uint64_t amount);
/* The tenant with this KEY, held once more; NULL: no memory. */
struct edge_tenant *edge_tenant_hold(struct edge_tenants *tenants, uint64_t key) must_check;
/* Whoever took something in its name has given it back, or others hold it too. */
void edge_tenant_drop(struct edge_tenants *tenants, struct edge_tenant *tenant);
/* False: the others' shares are theirs. */
bool edge_tenant_take(struct edge_tenants *tenants, struct edge_tenant *tenant, enum shared_thing thing, uint64_t amount) must_check;
void edge_tenant_give(struct edge_tenants *tenants, struct edge_tenant *tenant, enum shared_thing thing, uint64_t amount);
/* What all of them have of THING. */
uint64_t edge_tenants_used(struct edge_tenants *tenants, enum shared_thing thing);
size_t edge_tenants_count(struct edge_tenants *tenants);

#endif
