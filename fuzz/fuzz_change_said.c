/* Whatever check says, it becomes a list of complaints, and no more than so many; and what is the same text takes nobody's eyes, unless it cannot be read. */
#include <assert.h>

#include "hub/change/eyes.h"
#include "hub/change/said.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size), rest = text, one = span_cut(&rest, 0);
	struct json_writer json;
	struct buffer out;
	struct json *root;

	buffer_init(&out, 1 << 20);
	json_writer_init(&json, &out);
	said_put(&json, SPAN_NONE, text);
	if (json.result == RESULT_OK && json_read(buffer_span(&out), &root) == RESULT_OK) {
		assert(json_has_list(root) && json_length(root) <= SAID_MAX);
		json_drop(root);
	}
	buffer_done(&out);
	if (!rest.at)
		rest = one;
	/* It is a comparison: the other way round it says the same. */
	assert(eyes_are_needed(one, rest) == eyes_are_needed(rest, one));
	return 0;
}
