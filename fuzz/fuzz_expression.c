/* @rx whose macro was expanded (the first line) on a value (the rest): what came out of a request adds no group and no class to
 * the expression, and no more than its limits is spent. */
#include <assert.h>

#include "waf/operator/operator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds_any(struct span text, struct span bytes)
{
	for (size_t i = 0; i < text.len; i++) {
		if (span_find(bytes, text.at[i]) < bytes.len)
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct operator_scratch *scratch;
	struct span rest = span_make((const char *)data, size), pattern = span_cut(&rest, '\n');
	const struct operator_limits limits = { 1000, 1000 };
	struct operator_birth birth = { .limits = &limits };
	struct operator_call call = { .parameter = pattern };
	struct operator *operator;
	struct captures captures;
	struct arena arena;
	enum match match;

	if (!scratch)
		scratch = operator_scratch_new();
	arena_init(&arena, 16 << 20, 4096);
	birth.arena = call.arena = &arena;
	call.scratch = scratch;
	assert(operator_compile(OPERATOR_RX, SPAN("%{tx.a}"), true, &birth, &operator) == RESULT_OK);
	match = operator_match(operator, &call, rest, &captures);
	assert(match == MATCH_YES ? captures.count == 1 : captures.count == 0);
	assert(match != MATCH_ERROR && match != MATCH_WAIT);
	if (pattern.len < 1000 && !holds_any(pattern, SPAN("*{^$|")))
		assert(operator_match(operator, &call, pattern, &captures) == MATCH_YES);  /* all the rest stands for itself */
	operator_done(operator);
	arena_done(&arena);
	return 0;
}
