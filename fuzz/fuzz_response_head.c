/* A response head whole and in pieces gives one answer; what is accepted is printed as the same response. */
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static const struct http_limits limits = { 4096, 512, 30, INT64_MAX };

static enum result read(struct head_reader *reader, struct span input, struct arena *arena, struct buffer *said, size_t *used)
{
	struct response_head head = { .fields.arena = arena, .fields.max = limits.fields };
	enum http_fault fault = HTTP_FAULT_NONE;
	enum result result = response_head_read(reader, input, &limits, METHOD_GET, &head, used, &fault);

	if (result == RESULT_OK) {
		assert(head.body.framing != BODY_LENGTH || fields_count(&head.fields, FIELD_CONTENT_LENGTH) == 1);
		assert(head.body.framing != BODY_CHUNKED || fields_count(&head.fields, FIELD_CONTENT_LENGTH) == 0);
		assert(status_line_write(head.status, head.reason, said) == RESULT_OK);
	}
	say_fields(said, &head.fields, result, fault);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct answer whole = answer_twice(read, bytes, count);

	if (whole.result == RESULT_OK && whole.used <= count)
		assert(prefix_result(read, bytes, whole.used - 1) == RESULT_MORE && prefix_result(read, bytes, whole.used / 2) == RESULT_MORE);
	buffer_done(&whole.said);
	return 0;
}
