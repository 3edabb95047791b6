/* A date that is read is the same second when it is printed and read again; whatever it was, no part of it is one too. */
#include <assert.h>

#include "base/clock.h"
#include "cache/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	int64_t seconds = -1, again = -1;
	char written[CLOCK_HTTP_LEN + 1];

	if (http_date_read(text, INT64_C(1790000000), &seconds) != RESULT_OK) {
		assert(seconds == -1);
		return 0;
	}
	assert(seconds >= 0 && seconds <= INT64_C(253402300800));
	assert(http_date_read(span_take(text, size - 1), INT64_C(1790000000), &again) == RESULT_MALFORMED);
	if (seconds >= INT64_C(18446744073))  /* clocks of ours count nanoseconds in 64 bits */
		return 0;
	clock_write_http((uint64_t)seconds * 1000000000u, written);
	assert(http_date_read(span_make(written, CLOCK_HTTP_LEN), INT64_C(1790000000), &again) == RESULT_OK && again == seconds);
	return 0;
}
