/* @rx whose macro was expanded (the first line) on a value (the rest): what came out of a request adds no group and no class to
 * the expression, and no more than its limits is spent. */
#include <assert.h>

#include "waf/operator/operator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	if (pattern.len && pattern.len == rest.len && span_find(pattern, '*') + span_find(pattern, '{') + span_find(pattern, '^') +
	    span_find(pattern, '$') + span_find(pattern, '|') == 5 * pattern.len && pattern.len < 1000 && span_equal(pattern, rest))
		assert(match == MATCH_YES);  /* all the rest stands for itself */
	operator_done(operator);
	arena_done(&arena);
	return 0;
}
