/* A request head whole and in pieces gives one answer; what is accepted is printed as the same request; a prefix says MORE. */
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static struct http_limits limits;

static enum result read(struct head_reader *reader, struct span input, struct arena *arena, struct buffer *said, size_t *used)
{
	struct request_head head = { .fields.arena = arena, .fields.max = limits.fields };
	enum http_fault fault = HTTP_FAULT_NONE;
	enum result result = request_head_read(reader, input, &limits, &head, used, &fault);

	if (result == RESULT_OK) {
		assert(head.path.len && head.method != METHOD_CONNECT && (head.host.len || head.version == HTTP_1_0));
		assert(request_line_write(head.method_name, head.path, head.has_query, head.query, said) == RESULT_OK);
		if (fields_count(&head.fields, FIELD_HOST) == 0)
			assert(field_write(SPAN("Host"), SPAN("a"), said) == RESULT_OK);
	}
	say_fields(said, &head.fields, result, fault);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct answer whole, again;

	limits = (struct http_limits){ 4096, 512, 30, INT64_MAX };
	whole = answer_twice(read, bytes, count);
	if (whole.result == RESULT_OK) {
		assert(whole.used > count || prefix_result(read, bytes, whole.used * (bytes[0] % 16u) / 16) == RESULT_MORE);
		limits = (struct http_limits){ 8192, 8192, 31, INT64_MAX };  /* printing adds spaces, and Host to HTTP/1.0 */
		again = answer_twice(read, (uint8_t *)whole.said.bytes, buffer_len(&whole.said));
		assert(again.result == RESULT_OK && again.used == buffer_len(&whole.said));
		assert(span_equal(buffer_span(&whole.said), buffer_span(&again.said)));
		buffer_done(&again.said);
	}
	buffer_done(&whole.said);
	return 0;
}
