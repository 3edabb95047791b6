/* Any text as JSON of the admin socket: a value or a refusal; each text in it, written and read again, is the same text. */
#include <assert.h>

#include "event/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(void *context, struct span name, const struct json *value)
{
	struct buffer *out = context;
	struct json_writer writer;
	struct json *again = NULL;

	(void)name;
	if (json_has_text(value)) {
		buffer_reset(out);
		json_writer_init(&writer, out);
		json_open(&writer, SPAN_NONE, '[');
		json_put_text(&writer, SPAN_NONE, json_text_of(value));
		json_close(&writer, ']');
		assert(writer.result == RESULT_OK && json_read(buffer_span(out), &again) == RESULT_OK && json_length(again) == 1);
		assert(span_equal(json_text_of(json_item(again, 0)), json_text_of(value)));
		json_drop(again);
	}
	assert(json_has_number(value) || !json_number_of(value));
	for (size_t i = 0; i < json_length(value) && json_item(value, i); i++)
		look(context, SPAN_NONE, json_item(value, i));
	json_each(value, look, context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json *root = NULL;
	struct buffer out;

	buffer_init(&out, 16u << 20);
	if (json_read(span_make((const char *)data, size), &root) == RESULT_OK) {
		look(&out, SPAN_NONE, root);
		json_drop(root);
	}
	buffer_done(&out);
	return 0;
}
