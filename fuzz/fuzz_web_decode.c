/* What is decoded is text, no longer than it was, and an encoding of all of it decodes to it again; a segment is a value too, but for "+". */
#include <assert.h>

#include "base/encode.h"
#include "hub/web/read/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct span decoded, struct arena *arena)
{
	char *encoded = arena_take(arena, 3 * decoded.len);
	struct span again;

	assert(encoded);
	for (size_t i = 0; i < decoded.len; i++) {
		encoded[3 * i] = '%';
		hex_write(&decoded.at[i], 1, encoded + 3 * i + 1);
	}
	assert(percent_decode(span_make(encoded, 3 * decoded.len), DECODE_VALUE, arena, &again) == RESULT_OK && span_equal(decoded, again));
	for (struct span rest = decoded; rest.len; rest = span_skip(rest, utf8_length(rest)))
		assert(utf8_length(rest) && *rest.at != '\0' && *rest.at != '\x1b');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size), value, segment;
	struct arena arena;

	arena_init(&arena, 16 * size + 4096, 4096);
	if (percent_decode(text, DECODE_VALUE, &arena, &value) == RESULT_OK) {
		assert(value.len <= size);
		check(value, &arena);
	}
	if (percent_decode(text, DECODE_SEGMENT, &arena, &segment) == RESULT_OK && span_find(text, '+') == size)
		assert(span_equal(segment, value) && span_find(segment, '\n') == segment.len);
	arena_done(&arena);
	return 0;
}
