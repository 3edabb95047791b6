/* Any text as a probe's report: what is read is written, and read again as the same; nobody is reached more often than he asked. */
#include <assert.h>
#include <stdlib.h>

#include "incident/probe_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct probe_report report, again;
	struct buffer first, second;

	buffer_init(&first, 4 * PROBE_REPORT_BYTES), buffer_init(&second, 4 * PROBE_REPORT_BYTES);
	if (probe_report_read(span_make((const char *)data, size), &report) == RESULT_OK) {
		assert(probe_report_write(&report, &first) == RESULT_OK);
		if (buffer_len(&first) <= PROBE_REPORT_BYTES) {
			assert(probe_report_read(buffer_span(&first), &again) == RESULT_OK && probe_report_write(&again, &second) == RESULT_OK);
			assert(span_equal(buffer_span(&first), buffer_span(&second)));
		}
		for (uint32_t i = 0; i < report.minute_count; i++) {
			for (uint32_t j = 0; j < report.minutes[i].site_count; j++) {
				struct observation seen = probe_observe(&report.minutes[i], &report.minutes[i].sites[j], SPAN("x"));

				assert(seen.probe.reached <= seen.probe.asked && seen.probe.slow <= seen.probe.reached && seen.at_s % 60 == 0);
			}
		}
	}
	buffer_done(&first), buffer_done(&second);
	return 0;
}
