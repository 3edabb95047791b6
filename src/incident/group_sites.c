#include <stdlib.h>

#include "incident/group_inner.h"
#include "incident/text.h"

#include "base/banned.h"

#define INDEX_SIZE (GROUP_SITES_MAX * 2)

static unsigned place_of(const struct group *group, uint64_t key)
{
	unsigned at = (unsigned)(key % INDEX_SIZE);

	while (group->index[at] && group->sites[group->index[at] - 1]->key != key)
		at = (at + 1) % INDEX_SIZE;
	return at;
}

struct group_site *group_site_find(const struct group *group, struct span name)
{
	unsigned number = group->index[place_of(group, hash_span(group->seed, name))];

	return number ? group->sites[number - 1] : NULL;
}

struct group_site *group_site_of(struct group *group, struct span name)
{
	uint64_t key = hash_span(group->seed, name);
	unsigned at = place_of(group, key);
	struct group_site *site;

	if (group->index[at])
		return group->sites[group->index[at] - 1];
	site = group->site_count < GROUP_SITES_MAX ? calloc(1, sizeof(*site)) : NULL;
	if (!site) {
		group->sums.beyond++;
		return NULL;
	}
	site->key = key;
	text_set(site->name, sizeof(site->name), name);
	group->sites[group->site_count++] = site;
	group->index[at] = (uint16_t)group->site_count;
	return site;
}

void group_site_belongs(struct group_site *site, struct span tenant)
{
	text_set(site->tenant, sizeof(site->tenant), tenant);
	if (is_live(site->attack))
		incident_set_tenant(&site->attack->incident, span_of(site->name), span_of(site->tenant));
	if (is_live(site->outage))
		incident_set_tenant(&site->outage->incident, span_of(site->name), span_of(site->tenant));
}

enum result group_set_tenant(struct group *group, struct span name, struct span tenant)
{
	struct group_site *site = group_site_of(group, name);

	if (!site)
		return group->site_count == GROUP_SITES_MAX ? RESULT_LIMIT : RESULT_NO_MEMORY;
	if (tenant.len)
		group_site_belongs(site, tenant);
	return RESULT_OK;
}

const struct citizens_usual *group_usual(const struct group *group, struct span name)
{
	const struct group_site *site = group_site_find(group, name);

	return site ? &site->usual : NULL;
}

enum result group_set_usual(struct group *group, struct span name, const struct citizens_usual *usual)
{
	struct group_site *site = group_site_of(group, name);

	if (!site)
		return group->site_count == GROUP_SITES_MAX ? RESULT_LIMIT : RESULT_NO_MEMORY;
	site->usual = *usual;
	return RESULT_OK;
}
