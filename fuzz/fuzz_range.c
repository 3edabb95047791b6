/* A part that is read lies within the answer, and says the same when it is asked for in the plainest way. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cache/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct byte_range range = { 0, 0 }, again = { 0, 0 };
	uint64_t length = 0;
	char text[64];

	if (size < sizeof(length))
		return 0;
	memcpy(&length, data, sizeof(length));
	length >>= data[0] % 64;
	length &= INT64_MAX;
	if (range_read(span_make((const char *)data + sizeof(length), size - sizeof(length)), length, &range) != RANGE_PART) {
		assert(range.first == 0 && range.count == 0);
		return 0;
	}
	assert(range.count > 0 && range.first < length && range.count <= length - range.first);
	snprintf(text, sizeof(text), "bytes=%llu-%llu", (unsigned long long)range.first, (unsigned long long)(range.first + range.count - 1));
	assert(range_read(span_of(text), length, &again) == RANGE_PART);
	assert(again.first == range.first && again.count == range.count);
	return 0;
}
