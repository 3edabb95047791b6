/* Any text is a snapshot or a refusal with a sentence; what dumps, dumps the same when read again. */
#include <assert.h>

#include "../tests/config/reading.h"
#include "config/dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* True when TEXT is a configuration; its dump goes to OUT. */
static bool read_and_dump(struct span text, struct buffer *out)
{
	struct reading reading;

	reading_start(&reading);
	assert(config_texts_add(&reading.image, reading.source.path, text) == RESULT_OK);
	reading.result = config_read(&reading.source, test_sections, &reading.complaints, &reading.snapshot);
	assert((reading.result == RESULT_OK) == (reading.complaints.errors == 0));
	assert(!reading.snapshot || config_dump(reading.snapshot, test_sections, DUMP_YAML, out) == RESULT_OK);
	reading_done(&reading);
	return reading.result == RESULT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer first, again;

	buffer_init(&first, 16 << 20);
	buffer_init(&again, 16 << 20);
	if (read_and_dump(span_make((const char *)data, size), &first)) {
		assert(read_and_dump(buffer_span(&first), &again));
		assert(span_equal(buffer_span(&first), buffer_span(&again)));
	}
	buffer_done(&first);
	buffer_done(&again);
	return 0;
}
