/* Any text is a rule set, or a refusal with a sentence; the same text is the same answer; nothing of a load is left behind. */
#include <assert.h>

#include "../tests/waf/ruleset_reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What stands behind the first byte 1 is a second file, "y". */
static void read_rules(struct span text, struct reading *reading)
{
	struct span rest = text, first = span_cut(&rest, 1);

	reading_start(reading);
	assert(texts_add(&reading->texts, SPAN("x"), first) == RESULT_OK);
	assert(texts_add(&reading->texts, SPAN("y"), rest.at ? rest : SPAN("")) == RESULT_OK);
	reading_load(reading, "x");
	assert((reading->result == RESULT_OK) == (reading->complaints.errors == 0));
	assert((reading->result == RESULT_OK) == (reading->ruleset != NULL));
	for (const struct rule *rule = reading->ruleset ? reading->ruleset->first : NULL; rule; rule = rule->next)
		assert(rule->is_marker || (rule->id && rule->phase >= 1 && rule->phase <= 5 && rule->disruption != DISRUPT_UNSET &&
		                           rule->disruption != DISRUPT_BLOCK && rule->is_action == !rule->target_count));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct reading one, other;

	read_rules(text, &one);
	read_rules(text, &other);
	assert(one.result == other.result && span_equal(buffer_span(&one.said), buffer_span(&other.said)));
	reading_done(&one);
	reading_done(&other);
	return 0;
}
