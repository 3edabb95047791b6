/* Any operator (the first byte), any parameter (the first line), any value (the rest): it answers, the same again, and the same
 * when the engine knows the value's bytes; its captures lie where they may. What the engine is told so that it need not ask
 * (bytes that are needed, a number to compare with) agrees with the answer. */
#include <assert.h>

#include "waf/operator/operator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct operator *operator, struct operator_call *call, struct span value)
{
	struct byte_set bytes = { { 0 } };
	struct byte_set needed;
	struct comparison comparison;
	struct captures first, again;
	enum match match = operator_match(operator, call, value, &first);

	byte_set_add_span(&bytes, value);
	call->bytes = &bytes;
	assert(operator_match(operator, call, value, &again) == match && again.count == first.count);
	assert(first.count <= CAPTURES_MAX && (match == MATCH_YES || !first.count) && match != MATCH_WAIT);
	if (operator_bytes(operator, &needed) && !byte_sets_meet(&needed, &bytes))
		assert(match != MATCH_YES);
	if (operator_comparison(operator, &comparison))
		assert(comparison_match(&comparison, operator_number(value)) == (match == MATCH_YES));
	for (unsigned i = 0; i < first.count; i++)
		assert(span_equal(first.list[i], again.list[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct operator_scratch *scratch;
	struct span rest = span_make((const char *)data, size), parameter;
	const struct operator_limits limits = { 1000, 1000 };
	struct operator_birth birth = { .limits = &limits };
	struct operator_call call = { 0 };
	struct operator *operator;
	struct complaints complaints;
	struct arena arena;

	if (!size)
		return 0;
	scratch = scratch ? scratch : operator_scratch_new();
	rest = span_skip(rest, 1);
	parameter = span_take(span_cut(&rest, '\n'), 256);
	arena_init(&arena, 16 << 20, 4096);
	complaints_init(&complaints);
	birth.arena = call.arena = &arena;
	birth.complaints = &complaints;
	call.scratch = scratch;
	if (operator_compile((enum operator_id)(data[0] % OPERATOR_COUNT), parameter, false, &birth, &operator) == RESULT_OK) {
		check(operator, &call, rest);
		operator_done(operator);
	} else {
		assert(complaints.errors);  /* never refused without a word */
	}
	complaints_done(&complaints);
	arena_done(&arena);
	return 0;
}
