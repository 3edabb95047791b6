/* A Cookie header of either format gives no more than it has; of version 0, each side of a semicolon gives what it gives alone. */
#include "reader_pieces.h"
#include "waf/body/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void read(enum cookie_format format, struct span header, struct telling *telling)
{
	struct body_sink sink = telling_sink(telling);

	assert(cookies_read(format, header, ';', &body_limits_default, &sink, &telling->report) == RESULT_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct span header = span_make((const char *)bytes, count), rest = header;
	struct telling whole = { .said.max_bytes = 1 << 20 }, sides = { .said.max_bytes = 1 << 20 }, other = { .said.max_bytes = 16 << 20 };

	read(COOKIE_V0, header, &whole);
	while (rest.len)
		read(COOKIE_V0, span_cut(&rest, ';'), &sides);
	assert(span_equal(buffer_span(&whole.said), buffer_span(&sides.said)));
	assert(whole.report.flags == sides.report.flags && whole.report.argument_bytes <= count);
	read(COOKIE_V1, header, &other);
	assert(other.report.arguments <= count);
	buffer_done(&whole.said);
	buffer_done(&sides.said);
	buffer_done(&other.said);
	return 0;
}
