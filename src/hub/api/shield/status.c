#include "hub/api/shield/status.h"

#include <stdlib.h>

#include "base/banned.h"

static int compare(const void *a, const void *b)
{
	return span_compare(((const struct status_site *)a)->name, ((const struct status_site *)b)->name);
}

const struct status_site *status_find(const struct status *status, struct span name)
{
	const struct status_site wanted = { .name = name };

	return status->site_count ? bsearch(&wanted, status->sites, status->site_count, sizeof(*status->sites), compare) : NULL;
}

static enum result read_sites(struct status *status)
{
	const struct json *list = json_find(status->root, "sites");

	if (!json_has_list(list))
		return RESULT_MALFORMED;
	status->site_count = json_length(list);
	status->sites = calloc(status->site_count + 1, sizeof(*status->sites));
	if (!status->sites)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < status->site_count; i++)
		status->sites[i] = (struct status_site){ json_text_of(json_find(json_item(list, i), "site")), json_text_of(json_find(json_item(list, i), "tenant")),
			                                 json_item(list, i) };
	qsort(status->sites, status->site_count, sizeof(*status->sites), compare);
	return RESULT_OK;
}

enum result status_take(struct status *status, struct span text, uint64_t now_ms)
{
	struct status next = { .at_ms = now_ms };
	enum result result = json_read(text, &next.root);

	if (result == RESULT_OK)
		result = read_sites(&next);
	if (result != RESULT_OK) {
		status_forget(&next);
		return result;
	}
	status_forget(status);
	*status = next;
	return RESULT_OK;
}

void status_forget(struct status *status)
{
	free(status->sites);
	if (status->root)
		json_drop(status->root);
	*status = (struct status){ 0 };
}
