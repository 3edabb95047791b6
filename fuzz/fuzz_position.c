/* Any text as the position that the hub kept, and as what is usual of a site: what is read is written, and read again as the same. */
#include <assert.h>

#include "hub/keep/position.h"
#include "hub/keep/usual.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct citizens_usual usual, again;
	struct position position;
	struct buffer first, second;

	buffer_init(&first, 65536), buffer_init(&second, 65536);
	if (position_read(text, &position) == RESULT_OK) {
		assert(position_write(&position, &first) == RESULT_OK && position_read(buffer_span(&first), &position) == RESULT_OK);
		assert(position_write(&position, &second) == RESULT_OK && span_equal(buffer_span(&first), buffer_span(&second)));
	}
	if (usual_read(text, &usual) == RESULT_OK) {
		buffer_reset(&first), buffer_reset(&second);
		assert(usual_write(&usual, &first) == RESULT_OK && usual_read(buffer_span(&first), &again) == RESULT_OK);
		assert(usual_write(&again, &second) == RESULT_OK);
	}
	buffer_done(&first), buffer_done(&second);
	return 0;
}
