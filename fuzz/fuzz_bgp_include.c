/* Any bytes as the include file, and as a rule: what is read is, to the letter, what would be written, and holds no more than it may. */
#include <assert.h>

#include "packet/carrier/bgp_include.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bgp_include include;
	struct span text = span_make((const char *)data, size);
	struct bgp_rule rule;
	struct buffer again;

	buffer_init(&again, INCLUDE_BYTES_MAX);
	if (bgp_include_read(text, &include) == RESULT_OK && size) {
		assert(bgp_include_write(&include, &again) == RESULT_OK && span_equal(buffer_span(&again), text) && include.count <= BGP_ROUTES_MAX);
		for (unsigned i = 1; i < include.count; i++)
			assert(include.routes[i - 1].id < include.routes[i].id);
	}
	buffer_reset(&again);
	if (bgp_rule_read(text, &rule) == RESULT_OK) {
		assert(bgp_rule_write(&rule, &again) == RESULT_OK && span_equal(buffer_span(&again), text));
		buffer_reset(&again);
		assert(bgp_rule_write_bird(&rule, &(struct bgp_community){ 65535, 666 }, &again) == RESULT_OK);
		assert(span_find(buffer_span(&again), '\n') == buffer_len(&again) && span_find(buffer_span(&again), '#') == buffer_len(&again));
	}
	buffer_done(&again);
	return 0;
}
