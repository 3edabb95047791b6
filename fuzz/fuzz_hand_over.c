/* Any text as what `check` hands the hub: what is read is written, and read again as the same. */
#include <assert.h>

#include "hub/settings/hand_over.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hub_config config, again;
	struct buffer first, second;

	if (hand_over_read(span_make((const char *)data, size), &config) != RESULT_OK)
		return 0;
	buffer_init(&first, HAND_OVER_MAX), buffer_init(&second, HAND_OVER_MAX);
	assert(hand_over_write(&config, &first) == RESULT_OK);
	assert(hand_over_read(buffer_span(&first), &again) == RESULT_OK);
	assert(hand_over_write(&again, &second) == RESULT_OK && span_equal(buffer_span(&first), buffer_span(&second)));
	hub_config_done(&config), hub_config_done(&again);
	buffer_done(&first), buffer_done(&second);
	return 0;
}
