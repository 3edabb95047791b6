/* Nothing but the one sentence means clean; a name is printable and lies in what was said; an answer comes in pieces. */
#include <assert.h>

#include "edge/rules/clamd_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size), name = SPAN_NONE, part;
	enum result result = clamd_answer_read(text, &name);

	assert((result == RESULT_OK) == (size == sizeof("stream: OK") && memcmp(data, "stream: OK", size) == 0));
	assert((result == RESULT_REFUSED) == (name.len > 0));
	for (size_t i = 0; i < name.len; i++)
		assert(name.at[i] > ' ' && name.at[i] <= '~');
	if (name.len)
		assert(name.at > text.at && name.len <= CLAMD_NAME_MAX && name.at + name.len < text.at + size);
	for (size_t len = 0; len < size && result != RESULT_MORE && result != RESULT_MALFORMED; len++)
		assert(clamd_answer_read(span_take(text, len), &part) == RESULT_MORE || len >= CLAMD_ANSWER_MAX);
	return 0;
}
