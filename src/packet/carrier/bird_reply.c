#include "packet/carrier/bird_reply.h"

#include "base/banned.h"

static enum result read_coded(struct span line, struct bird_line *out)
{
	uint64_t code;

	if (line.len < 5 || (line.at[4] != '-' && line.at[4] != ' ') || span_to_u64(span_take(line, 4), 9999, &code) != RESULT_OK)
		return RESULT_MALFORMED;
	*out = (struct bird_line){ .code = (unsigned)code, .is_last = line.at[4] == ' ', .text = span_skip(line, 5) };
	return RESULT_OK;
}

enum result bird_line_read(struct span input, unsigned code, struct bird_line *line, size_t *used)
{
	size_t end = span_find(span_take(input, BIRD_LINE_MAX), '\n');
	struct span text = span_take(input, end);
	enum result result = RESULT_OK;

	if (end == BIRD_LINE_MAX)
		return RESULT_LIMIT;
	if (end == input.len)
		return RESULT_MORE;
	if (text.len && text.at[0] == '+')
		*line = (struct bird_line){ .is_log = true, .text = span_skip(text, 1) };
	else if (text.len && text.at[0] == ' ' && code != BIRD_NO_CODE)
		*line = (struct bird_line){ .code = code, .text = span_skip(text, 1) };
	else
		result = read_coded(text, line);
	if (result == RESULT_OK)
		*used = end + 1;
	return result;
}

enum result bird_count_read(struct span text, uint64_t *out)
{
	struct span number = span_cut(&text, ' ');

	if (!span_starts(text, SPAN("of ")))
		return RESULT_MALFORMED;
	return span_to_u64(number, UINT32_MAX, out) == RESULT_OK ? RESULT_OK : RESULT_MALFORMED;
}
