/* What is written reads back; what reads is what would be written; a JSON string never holds a raw control or a bad character. */
#include <assert.h>

#include "base/encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_json(struct span json)
{
	assert(json.len >= 2 && json.at[0] == '"' && json.at[json.len - 1] == '"');
	for (struct span rest = json; rest.len; rest = span_skip(rest, utf8_length(rest)))
		assert(utf8_length(rest) > 0 && (unsigned char)rest.at[0] >= 0x20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make((const char *)data, size);
	struct buffer text, again;

	buffer_init(&text, 8 * size + 8);
	buffer_init(&again, 8 * size + 8);
	assert(base64_write(input, &text) == RESULT_OK && base64_read(buffer_span(&text), &again) == RESULT_OK);
	assert(span_equal(buffer_span(&again), input));
	buffer_reset(&text);
	buffer_reset(&again);
	if (base64_read(input, &text) == RESULT_OK)  /* one spelling only */
		assert(base64_write(buffer_span(&text), &again) == RESULT_OK && span_equal(buffer_span(&again), input));
	buffer_reset(&text);
	assert(json_write_string(input, &text) == RESULT_OK);
	check_json(buffer_span(&text));
	buffer_reset(&text);
	assert(html_write(input, &text) == RESULT_OK && span_find(buffer_span(&text), '<') == buffer_len(&text));
	buffer_reset(&text);
	if (percent_read(input, &text) == RESULT_OK)
		assert(buffer_len(&text) <= size && (buffer_len(&text) == size) == (span_find(input, '%') == size));
	buffer_done(&text);
	buffer_done(&again);
	return 0;
}
