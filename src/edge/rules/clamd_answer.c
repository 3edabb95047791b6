#include "edge/rules/clamd_answer.h"

#include "base/banned.h"

static bool is_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.at[i] <= ' ' || name.at[i] > '~')
			return false;
	}
	return name.len > 0 && name.len <= CLAMD_NAME_MAX;
}

static enum result read_stream(struct span said, struct span *name)
{
	static const char found[] = " FOUND";
	struct span virus;

	if (span_equal(said, SPAN("OK")))
		return RESULT_OK;
	if (!span_ends(said, SPAN(found)))
		return RESULT_MALFORMED;
	virus = span_take(said, said.len - (sizeof(found) - 1));
	if (!is_name(virus))
		return RESULT_MALFORMED;
	*name = virus;
	return RESULT_REFUSED;
}

enum result clamd_answer_read(struct span text, struct span *name)
{
	size_t end = span_find(text, '\0');
	struct span line = span_take(text, end);

	if (end == text.len)
		return text.len < CLAMD_ANSWER_MAX ? RESULT_MORE : RESULT_MALFORMED;
	if (end + 1 != text.len)
		return RESULT_MALFORMED;
	if (span_ends(line, SPAN(" ERROR")))
		return RESULT_LIMIT;
	if (!span_starts(line, SPAN("stream: ")))
		return RESULT_MALFORMED;
	return read_stream(span_skip(line, sizeof("stream: ") - 1), name);
}
