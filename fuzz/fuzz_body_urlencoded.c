/* A form whole, in pieces, and as a query string is the same; it gives no more bytes than it has. */
#include "reader_pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct span input = span_make((const char *)bytes, count);
	struct telling form = tell_twice(READER_URLENCODED, SPAN_NONE, input, NULL), query = { 0 };
	struct body_sink sink = telling_sink(&query);

	buffer_init(&query.said, 1 << 20);
	assert(query_string_read(input, '&', &fuzz_limits, &sink, &query.report) == RESULT_OK);
	assert(span_equal(buffer_span(&form.said), buffer_span(&query.said)));
	assert(form.report.flags == query.report.flags && span_equal(body_report_message(&form.report), body_report_message(&query.report)));
	assert(form.report.argument_bytes <= count);
	buffer_done(&form.said);
	buffer_done(&query.said);
	return 0;
}
