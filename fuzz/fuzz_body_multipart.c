/* A multipart form whole and in pieces is the same; the first byte chooses the boundary, or the whole is a Content-Type. */
#include "reader_pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const struct span types[] = {
		SPAN_INIT("multipart/form-data; boundary=B"), SPAN_INIT("multipart/form-data; boundary=\"B-B\""),
		SPAN_INIT("multipart/form-data; boundary=--B--"), SPAN_INIT("multipart/form-data; boundary=----b0undary"),
	};
	struct span input = span_make((const char *)bytes, count);
	struct telling telling;

	if (!count)
		return 0;
	telling = tell_twice(READER_MULTIPART, *bytes < '0' ? input : types[*bytes % 4], span_skip(input, 1), NULL);
	assert(telling.report.file_bytes <= count);
	assert(!body_report_has(&telling.report, BODY_FLAG_MULTIPART_ERROR) || body_report_has(&telling.report, BODY_FLAG_ERROR));
	buffer_done(&telling.said);
	return 0;
}
