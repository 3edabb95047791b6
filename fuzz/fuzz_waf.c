/* A request (behind the first byte) against Debian's CRS, or, where that byte is odd, against rules that stand before a NUL: it is
 * answered, the same however its body was cut, and its audit log can be written. */
#include "waf_stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct stage *stage, bool is_crs, struct span request, size_t step)
{
	static struct answer whole, pieces;

	stage_ask(stage, request, SIZE_MAX, &whole);
	stage_ask(stage, request, step, &pieces);
	assert(whole.count == pieces.count && memcmp(whole.ids, pieces.ids, whole.count * sizeof(*whole.ids)) == 0);
	assert(whole.verdict.kind == pieces.verdict.kind && whole.verdict.rule_id == pieces.verdict.rule_id);
	assert(!is_crs || whole.verdict.reason != WAF_NO_MEMORY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct stage *crs;
	struct span rest = span_make((const char *)data, size), rules;
	struct stage own;

	if (!size || size > 65536)
		return 0;
	crs = crs ? crs : stage_of_crs();
	rest = span_skip(rest, 1);
	if (!(data[0] & 1)) {
		check(crs, true, rest, (size_t)(data[0] >> 1) + 1);
		return 0;
	}
	rules = span_cut(&rest, '\0');
	if (rest.at && !asks_duration(rules) && stage_of_input(&own, rules)) {
		check(&own, false, rest, (size_t)(data[0] >> 1) + 1);
		stage_done(&own);
	}
	return 0;
}
