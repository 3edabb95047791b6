/* A chunked body whole and in pieces is one body; a prefix of it is not ended; encoded again it is the same body. */
#include "body_pieces.h"
#include "http/head_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void encode(const struct buffer *body, struct buffer *out)
{
	char line[CHUNK_HEAD_MAX];

	assert(buffer_append(out, span_make(line, chunk_head_write(buffer_len(body), line))) == RESULT_OK);
	assert(buffer_append(out, buffer_span(body)) == RESULT_OK && head_end_write(out) == RESULT_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct buffer bodies[4], coded = { .max_bytes = 1 << 20 };
	struct span input = span_make((const char *)bytes, count);
	enum http_fault faults[4] = { HTTP_FAULT_NONE };
	size_t ends[4];
	enum result result;

	for (unsigned i = 0; i < 4; i++)
		buffer_init(&bodies[i], 1 << 20);
	result = read_all(input, count, &bodies[0], &ends[0], &faults[0]);
	assert(read_all(input, count ? bytes[count - 1] % 32 + 1u : 1, &bodies[1], &ends[1], &faults[1]) == result);
	assert(faults[0] == faults[1] && (result != RESULT_END || ends[0] == ends[1]) && span_equal(buffer_span(&bodies[0]), buffer_span(&bodies[1])));
	if (result == RESULT_END) {
		assert(read_all(span_take(input, ends[0] - 1), 7, &bodies[2], &ends[2], &faults[2]) == RESULT_MORE);
		if (buffer_len(&bodies[0]))
			encode(&bodies[0], &coded);
		assert(chunk_end_write(NULL, &coded) == RESULT_OK);
		assert(read_all(buffer_span(&coded), 5, &bodies[3], &ends[3], &faults[3]) == RESULT_END);
		assert(span_equal(buffer_span(&bodies[0]), buffer_span(&bodies[3])));
	}
	for (unsigned i = 0; i < 4; i++)
		buffer_done(&bodies[i]);
	buffer_done(&coded);
	return 0;
}
