#include "hub/api/ask/tenants.h"

#include <stdlib.h>

#include "base/banned.h"

/* One piece: the list, and the names behind it. */
enum result tenants_copy(const struct store_tenants *from, struct store_tenants *out)
{
	size_t bytes = from->count * sizeof(struct span);
	struct span *list;
	char *at;

	*out = (struct store_tenants){ .is_all = from->is_all };
	if (from->is_all || !from->count)
		return RESULT_OK;
	for (size_t i = 0; i < from->count; i++)
		bytes += from->list[i].len;
	list = malloc(bytes);
	if (!list)
		return RESULT_NO_MEMORY;
	at = (char *)(list + from->count);
	for (size_t i = 0; i < from->count; i++) {
		list[i] = span_make(at, from->list[i].len);
		if (list[i].len)
			memcpy(at, from->list[i].at, list[i].len);
		at += list[i].len;
	}
	out->list = list;
	out->count = from->count;
	return RESULT_OK;
}

void tenants_done(struct store_tenants *tenants)
{
	free((void *)(uintptr_t)(const void *)tenants->list);
	*tenants = (struct store_tenants){ 0 };
}

bool tenants_see(const struct store_tenants *tenants, struct span tenant)
{
	if (tenants->is_all)
		return true;
	for (size_t i = 0; i < tenants->count && tenant.len; i++) {
		if (span_equal(tenants->list[i], tenant))
			return true;
	}
	return false;
}
