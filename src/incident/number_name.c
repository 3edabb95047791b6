#include "incident/number_name.h"

#include "event/counts.h"
#include "event/format.h"

#include "base/banned.h"

static bool find_decision(struct span name, unsigned *out)
{
	for (unsigned i = 0; i < DECISION_COUNT; i++) {
		if (span_equal(name, format_decision((enum decision)i))) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool find_reason(struct span name, unsigned *out)
{
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		if (span_equal(name, format_reason((enum reason)i))) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool find_class(struct span name, unsigned *out)
{
	static const struct span names[COUNTS_CLASSES] = { SPAN_INIT("none"), SPAN_INIT("1xx"), SPAN_INIT("2xx"), SPAN_INIT("3xx"), SPAN_INIT("4xx"), SPAN_INIT("5xx") };

	for (unsigned i = 0; i < COUNTS_CLASSES; i++) {
		if (span_equal(name, names[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool find_sum(struct span name, unsigned *out)
{
	static const struct {
		struct span name;
		enum counts_index index;
	} sums[] = {
		{ SPAN_INIT("events"), COUNTS_EVENTS }, { SPAN_INIT("request_bytes"), COUNTS_REQUEST_BYTES }, { SPAN_INIT("response_bytes"), COUNTS_RESPONSE_BYTES },
		{ SPAN_INIT("total_us"), COUNTS_TOTAL_US }, { SPAN_INIT("wait_us"), COUNTS_WAIT_US }, { SPAN_INIT("audit_lost"), COUNTS_AUDIT_LOST },
		{ SPAN_INIT("after"), COUNTS_AFTER }, { SPAN_INIT("after_attacks"), COUNTS_AFTER_ATTACKS },
	};

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		if (span_equal(name, sums[i].name)) {
			*out = sums[i].index;
			return true;
		}
	}
	return false;
}

enum result number_of_name(struct span name, unsigned *out)
{
	struct span rest = name, front = span_cut(&rest, '.');
	unsigned first, second;

	if (find_sum(name, out))
		return RESULT_OK;
	if (span_equal(front, SPAN("reasons")) && find_reason(rest, &first))
		*out = COUNTS_REASONS + first;
	else if (span_equal(front, SPAN("connections")) && find_decision(rest, &first))
		*out = COUNTS_CONNECTIONS + first;
	else if (find_decision(front, &first) && find_class(rest, &second))
		*out = COUNTS_DECISIONS + first * COUNTS_CLASSES + second;
	else
		return RESULT_NOT_FOUND;
	return RESULT_OK;
}
