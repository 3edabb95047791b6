/* Any prefix of a header says MORE; what follows a header changes nothing; what was read is written and read back. */
#include <assert.h>

#include "net/proxy_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make((const char *)data, size);
	struct proxy_header header, again;
	size_t used = 0, used_again = 0;
	enum result result = proxy_header_read(input, &header, &used);
	assert(result != RESULT_MORE || size < PROXY_INPUT_MAX);
	if (result != RESULT_OK)
		return 0;
	assert(used > 0 && used <= size && used <= PROXY_INPUT_MAX);
	for (size_t len = 0; len < used; len += len < 128 ? 1 : 97)
		assert(proxy_header_read(span_take(input, len), &again, &used_again) == RESULT_MORE);
	assert(proxy_header_read(span_take(input, used), &again, &used_again) == RESULT_OK && used_again == used);
	for (int version = 1; version <= 2; version++) {
		struct buffer out;
		buffer_init(&out, 256);
		assert(proxy_header_write(version, &header, &out) == RESULT_OK);
		assert(proxy_header_read(buffer_span(&out), &again, &used_again) == RESULT_OK && used_again == buffer_len(&out));
		assert(again.is_local == header.is_local);
		assert(header.is_local || (endpoint_equal(&again.source, &header.source) && endpoint_equal(&again.destination, &header.destination)));
		buffer_done(&out);
	}
	return 0;
}
