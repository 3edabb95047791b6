/* Any bytes as the kernel's counters, its interfaces or its routes: counts only grow, and a text without digits counts nothing. */
#include <assert.h>

#include "packet/carrier/link_files.h"
#include "packet/carrier/network_counts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	uint64_t counts[NETWORK_COUNTS] = { 0 }, sum = 0;
	struct link_reading reading = { .at_ms = 1 };
	char name[IFNAMSIZ];
	bool has_digits = false;

	network_counts_read(text, counts);
	for (unsigned i = 0; i < NETWORK_COUNTS; i++)
		sum |= counts[i];
	for (size_t i = 0; i < size; i++)
		has_digits |= is_digit(text.at[i]);
	assert(has_digits || !sum);
	if (link_counters_read(text, SPAN("eth0"), &reading) == RESULT_OK)
		assert(span_contains(text, SPAN("eth0")) && span_contains(text, SPAN(":")) && has_digits);
	else
		assert(!reading.bytes && !reading.packets && !reading.drops && !reading.sent_bytes);
	if (link_default_read(text, name) == RESULT_OK)
		assert(strlen(name) > 0 && strlen(name) < IFNAMSIZ && span_contains(text, span_of(name)));
	return 0;
}
