/* A file of rule tests is cases or a refusal with a sentence, never half of it; what a case sends keeps its limits, and is the same twice. */
#include <assert.h>

#include "cli/rules/ftw/case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_twice(const struct ftw_stage *stage)
{
	struct buffer first, again;
	enum result result;

	buffer_init(&first, 1 << 16);
	buffer_init(&again, 1 << 16);
	result = ftw_request_write(&stage->input, &first);
	assert(ftw_request_write(&stage->input, &again) == result);
	assert(result == RESULT_OK || result == RESULT_MALFORMED || result == RESULT_LIMIT);
	assert(span_equal(buffer_span(&first), buffer_span(&again)));
	buffer_done(&first);
	buffer_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaints complaints;
	struct ftw_suite suite;

	complaints_init(&complaints);
	ftw_suite_init(&suite, &complaints);
	assert((ftw_read(&suite, SPAN("x"), span_make((const char *)data, size)) == RESULT_OK) == (complaints.errors == 0));
	assert(!complaints.errors || (!suite.count && !suite.first));
	for (const struct ftw_case *one = suite.first; one; one = one->next) {
		for (const struct ftw_stage *stage = one->stages; stage; stage = stage->next)
			write_twice(stage);
	}
	ftw_suite_done(&suite);
	complaints_done(&complaints);
	return 0;
}
