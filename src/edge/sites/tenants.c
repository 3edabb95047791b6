#include "edge/sites/tenants.h"

#include <assert.h>
#include <stdlib.h>

#include "base/banned.h"

void edge_tenants_init(struct edge_tenants *tenants)
{
	*tenants = (struct edge_tenants){ .count = 0 };
	pthread_mutex_init(&tenants->lock, NULL);
	list_init(&tenants->all);
}

void edge_tenants_done(struct edge_tenants *tenants)
{
	assert(list_is_empty(&tenants->all));
	pthread_mutex_destroy(&tenants->lock);
}

/* Under the lock: the amount, or the number of those who share it, is another. */
static void divide(struct edge_tenants *tenants, enum shared_thing thing)
{
	budget_set(&tenants->budgets[thing], tenants->amounts[thing], tenants->count);
	list_each (node, &tenants->all)
		budget_count(&tenants->budgets[thing], &list_entry(node, struct edge_tenant, node)->parties[thing]);
}

static void divide_all(struct edge_tenants *tenants)
{
	for (unsigned thing = 0; thing < SHARED_COUNT; thing++)
		divide(tenants, (enum shared_thing)thing);
}

void edge_tenants_set(struct edge_tenants *tenants, enum shared_thing thing, uint64_t amount)
{
	pthread_mutex_lock(&tenants->lock);
	tenants->amounts[thing] = amount;
	divide(tenants, thing);
	pthread_mutex_unlock(&tenants->lock);
}

/* Behind the last whose number has none lower that is free. */
static struct edge_tenant *add(struct edge_tenants *tenants, uint64_t key)
{
	struct edge_tenant *tenant = calloc(1, sizeof(*tenant));
	struct list *before = &tenants->all;

	if (!tenant)
		return NULL;
	tenant->key = key;
	list_each (node, &tenants->all) {
		if (list_entry(node, struct edge_tenant, node)->number != tenant->number)
			break;
		tenant->number++;
		before = node;
	}
	list_add_first(before, &tenant->node);
	tenants->count++;
	divide_all(tenants);
	return tenant;
}

static struct edge_tenant *find(struct edge_tenants *tenants, uint64_t key)
{
	list_each (node, &tenants->all) {
		struct edge_tenant *tenant = list_entry(node, struct edge_tenant, node);

		if (tenant->key == key)
			return tenant;
	}
	return NULL;
}

struct edge_tenant *edge_tenant_hold(struct edge_tenants *tenants, uint64_t key)
{
	struct edge_tenant *tenant;

	pthread_mutex_lock(&tenants->lock);
	tenant = find(tenants, key);
	if (!tenant)
		tenant = add(tenants, key);
	if (tenant)
		tenant->holders++;
	pthread_mutex_unlock(&tenants->lock);
	return tenant;
}

void edge_tenant_drop(struct edge_tenants *tenants, struct edge_tenant *tenant)
{
	pthread_mutex_lock(&tenants->lock);
	if (--tenant->holders == 0) {
		for (unsigned thing = 0; thing < SHARED_COUNT; thing++)
			assert(tenant->parties[thing].used == 0);
		list_remove(&tenant->node);
		tenants->count--;
		divide_all(tenants);
		free(tenant);
	}
	pthread_mutex_unlock(&tenants->lock);
}

bool edge_tenant_take(struct edge_tenants *tenants, struct edge_tenant *tenant, enum shared_thing thing, uint64_t amount)
{
	bool is_taken;

	pthread_mutex_lock(&tenants->lock);
	is_taken = budget_take(&tenants->budgets[thing], &tenant->parties[thing], amount);
	pthread_mutex_unlock(&tenants->lock);
	return is_taken;
}

void edge_tenant_give(struct edge_tenants *tenants, struct edge_tenant *tenant, enum shared_thing thing, uint64_t amount)
{
	pthread_mutex_lock(&tenants->lock);
	budget_give(&tenants->budgets[thing], &tenant->parties[thing], amount);
	pthread_mutex_unlock(&tenants->lock);
}

uint64_t edge_tenants_used(struct edge_tenants *tenants, enum shared_thing thing)
{
	uint64_t used;

	pthread_mutex_lock(&tenants->lock);
	used = tenants->budgets[thing].used;
	pthread_mutex_unlock(&tenants->lock);
	return used;
}

size_t edge_tenants_count(struct edge_tenants *tenants)
{
	size_t count;

	pthread_mutex_lock(&tenants->lock);
	count = tenants->count;
	pthread_mutex_unlock(&tenants->lock);
	return count;
}
