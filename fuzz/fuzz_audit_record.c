/* Any bytes as a record of an audit log: what is read lies within them, and written again is the same. */
#include <assert.h>
#include <string.h>

#include "event/audit/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = { (const char *)data, size };
	struct audit_record record, again;
	struct buffer out;

	if (audit_record_read(bytes, &record) != RESULT_OK)
		return 0;
	assert(record.tenant.len + record.site.len + record.index.len + record.text.len + sizeof(struct audit_head) == size);
	buffer_init(&out, size + 1);
	assert(audit_record_write(&record, &out) == RESULT_OK && buffer_len(&out) == size);
	assert(audit_record_read(buffer_span(&out), &again) == RESULT_OK && span_equal(again.text, record.text) && span_equal(again.site, record.site));
	buffer_done(&out);
	return 0;
}
