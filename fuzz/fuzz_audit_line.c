/* Any bytes as a line of the audit log: what is read is written as the same bytes. */
#include <assert.h>

#include "hub/audit/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct audit_entry entry;
	struct span line = span_make((const char *)data, size);
	struct buffer text;

	buffer_init(&text, AUDIT_LINE_MAX);
	if (audit_line_read(line, &entry) == RESULT_OK) {
		assert(audit_line_write(&entry, &text) == RESULT_OK && buffer_len(&text) == size + 1);
		assert(span_equal(span_take(buffer_span(&text), size), line));
	}
	buffer_done(&text);
	return 0;
}
