#include "hub/audit/said.h"

#include "base/banned.h"

static const struct { const char *code, *english; } said[AUDIT_SAID_COUNT] = {
#define X(id, code, english) [AUDIT_SAID_##id] = { code, english },
	AUDIT_SAID_LIST(X)
#undef X
};

const char *audit_said_code(enum audit_said which)
{
	return said[which].code;
}

unsigned audit_said_arguments(enum audit_said which)
{
	struct span rest = span_of(said[which].english);
	unsigned count = 0;

	for (; rest.len; rest = span_skip(rest, 1))
		count += rest.at[0] == '{';
	return count;
}

enum result audit_said_write(const struct audit_words *words, struct buffer *out)
{
	struct span rest = span_of(said[words->said].english);
	enum result result = RESULT_OK;

	while (rest.len && result == RESULT_OK) {
		size_t at = span_find(rest, '{');

		result = buffer_append(out, span_take(rest, at));
		rest = span_skip(rest, at);
		if (!rest.len || result != RESULT_OK)
			continue;
		result = buffer_append(out, words->arguments[rest.at[1] - '1']);
		rest = span_skip(rest, sizeof("{1}") - 1);
	}
	return result;
}
