/* Messages of a dump of interfaces, whatever they are: names end, and nothing is read beyond. */
#include <assert.h>

#include "packet/loader/links.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct links_seen links;

	links.count = 0;
	if (links_read(&links, data, size) == RESULT_MALFORMED)
		return 0;
	for (unsigned i = 0; i < links.count; i++) {
		const struct link_seen *link = &links.list[i];

		assert(link->index && link->name[0] && strnlen(link->name, sizeof(link->name)) < sizeof(link->name));
		assert(strnlen(link->kind, sizeof(link->kind)) < sizeof(link->kind));
		assert(links_find_index(&links, link->index) && links_find(&links, span_of(link->name)));
	}
	return 0;
}
