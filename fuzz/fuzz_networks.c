/* Networks (one a line) and, in the last line, an address: a set answers as its networks one by one. */
#include <assert.h>

#include "waf/operator/networks.h"

#define COUNT_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_make((const char *)data, size), line = SPAN_NONE;
	struct network list[COUNT_MAX], network;
	struct networks *networks;
	struct address address;
	struct arena arena;
	size_t count = 0;
	bool expected = false;

	while (rest.len && count < COUNT_MAX) {
		line = span_cut(&rest, '\n');
		if (networks_read_one(line, &network) == RESULT_OK)
			list[count++] = network;
	}
	arena_init(&arena, 1 << 20, 4096);
	assert(networks_new(&arena, list, count, &networks) == RESULT_OK && networks_ranges(networks) <= count);
	for (size_t i = 0; i < count; i++)
		assert(networks_contain(networks, &list[i].address, span_find(line, ':') < line.len) || !network_contains(&list[i], &list[i].address));
	if (address_read(line, &address) == RESULT_OK) {
		for (size_t i = 0; i < count; i++)
			expected = expected || network_contains(&list[i], &address);
		assert(networks_contain(networks, &address, false) == expected);
		assert(!expected || networks_contain(networks, &address, true));
	}
	arena_done(&arena);
	return 0;
}
