/* Any bytes as BIRD's answers: lines in their bounds, the same however they are cut, and never more than what came. */
#include <assert.h>

#include "packet/carrier/bird_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_make((const char *)data, size);
	unsigned code = BIRD_NO_CODE;
	struct bird_line line, again;
	size_t used, used_again;
	uint64_t count;

	while (bird_line_read(rest, code, &line, &used) == RESULT_OK) {
		assert(used > 0 && used <= rest.len && used <= BIRD_LINE_MAX && line.text.len < used && line.code <= 9999);
		assert(line.text.at >= rest.at && line.text.at + line.text.len < rest.at + used);
		assert(bird_line_read(span_take(rest, used), code, &again, &used_again) == RESULT_OK && used_again == used && again.code == line.code);
		assert(bird_line_read(span_take(rest, used - 1), code, &again, &used_again) == RESULT_MORE);
		if (bird_count_read(line.text, &count) == RESULT_OK)
			assert(is_digit(line.text.at[0]) && count <= UINT32_MAX);
		code = line.is_log ? code : line.code;
		rest = span_skip(rest, used);
	}
	return 0;
}
