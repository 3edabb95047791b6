/* Whatever name and value are written, a reader sees one field of that name and value, and nothing else. */
#include <assert.h>

#include "http/field_line.h"
#include "http/head_reader.h"
#include "http/head_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct span value = span_make((const char *)bytes, count), name = span_cut(&value, '=');
	enum http_fault fault = HTTP_FAULT_NONE;
	struct span host = SPAN_NONE;
	struct field field;
	struct buffer out;
	uint16_t port = 0;
	const char *at, *end;

	buffer_init(&out, 1 << 20);
	if (field_write(name, value, &out) == RESULT_OK) {
		at = out.bytes;
		end = out.bytes + buffer_len(&out);
		assert(field_line_read(&at, end, &field, &fault) == RESULT_OK && at == end);
		assert(span_equal(field.name, name) && span_equal(field.value, span_trim(value)) && field.id == field_id_of(name));
		assert(field.id == FIELD_OTHER || span_equal_nocase(field_name(field.id), name));
		at = out.bytes;
		assert(field_line_read(&at, end - 1, &field, &fault) == RESULT_MORE);
	}
	if (authority_read(name, &host, &port) == RESULT_OK)
		assert(host.len && host.len <= name.len && span_starts(name, host) && field_write(SPAN("Host"), host, &out) == RESULT_OK);
	buffer_done(&out);
	return 0;
}
