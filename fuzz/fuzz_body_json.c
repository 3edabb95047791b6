/* A JSON text whole and in pieces is the same; a good one is good with white space around it. */
#include "reader_pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct telling telling = tell_twice(READER_JSON, SPAN_NONE, span_make((const char *)bytes, count), NULL), wide = { 0 };
	char *text = malloc(count + 2);

	text[0] = '\n';
	if (count)
		memcpy(text + 1, bytes, count);
	text[count + 1] = ' ';
	tell_in_pieces(READER_JSON, SPAN_NONE, span_make(text, count + 2), 3, &wide, NULL);
	free(text);
	if (!body_report_has(&telling.report, BODY_FLAG_ERROR)) {
		assert(!body_report_has(&wide.report, BODY_FLAG_ERROR));
		assert(span_equal(buffer_span(&telling.said), buffer_span(&wide.said)));
	}
	buffer_done(&telling.said);
	buffer_done(&wide.said);
	return 0;
}
