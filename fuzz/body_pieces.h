/* Reads a chunked body of which STEP bytes more arrive at a time: its bytes go to BODY, AT is how far it got. */
#ifndef FUZZ_BODY_PIECES_H
#define FUZZ_BODY_PIECES_H

#include <assert.h>

#include "base/buffer.h"
#include "http/body_reader.h"

static inline enum result read_all(struct span input, size_t step, struct buffer *body, size_t *at, enum http_fault *fault)
{
	enum result result = RESULT_MORE;
	struct body_reader reader;
	struct span data;
	size_t used, come = 0;

	body_reader_init(&reader, (struct body_size){ .framing = BODY_CHUNKED }, 1 << 16, NULL);
	for (*at = 0; result == RESULT_OK || (result == RESULT_MORE && come < input.len); *at += used) {
		if (result == RESULT_MORE)
			come = step < input.len - come ? come + step : input.len;
		result = body_reader_next(&reader, span_make(input.at + *at, come - *at), &data, &used, fault);
		if (result == RESULT_MALFORMED || result == RESULT_LIMIT)
			break;
		assert(used <= come - *at && data.len <= used && (result == RESULT_OK) == (data.len > 0));
		assert(buffer_append(body, data) == RESULT_OK);
	}
	assert(body_reader_has_ended(&reader) == (result == RESULT_END));
	return result;
}

#endif
