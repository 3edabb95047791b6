#include "event/audit/record.h"

#include <endian.h>
#include <unistd.h>

#include "base/encode.h"
#include "event/audit/screen.h"
#include "event/crc32c.h"
#include "event/format.h"

#include "base/banned.h"

enum result audit_record_read(struct span bytes, struct audit_record *out)
{
	struct audit_head head;
	struct span rest;

	if (bytes.len < sizeof(head))
		return RESULT_MALFORMED;
	memcpy(&head, bytes.at, sizeof(head));
	rest = span_skip(bytes, sizeof(head));
	if ((uint64_t)head.tenant_len + head.site_len + head.index_len + head.text_len != rest.len)
		return RESULT_MALFORMED;
	*out = (struct audit_record){ .wall_ns = head.wall_ns, .is_concurrent = head.is_concurrent,
		                      .id = span_make(bytes.at + offsetof(struct audit_head, id), AUDIT_ID_LEN) };
	out->tenant = span_take(rest, head.tenant_len);
	rest = span_skip(rest, head.tenant_len);
	out->site = span_take(rest, head.site_len);
	rest = span_skip(rest, head.site_len);
	out->index = span_take(rest, head.index_len);
	out->text = span_skip(rest, head.index_len);
	return RESULT_OK;
}

enum result audit_record_write(const struct audit_record *record, struct buffer *out)
{
	struct audit_head head = { .wall_ns = record->wall_ns, .index_len = (uint32_t)record->index.len, .text_len = (uint32_t)record->text.len,
		                   .tenant_len = (uint16_t)record->tenant.len, .site_len = (uint16_t)record->site.len,
		                   .is_concurrent = record->is_concurrent };
	const struct span parts[] = { span_make((const char *)&head, sizeof(head)), record->tenant, record->site, record->index, record->text };
	enum result result = RESULT_OK;

	if (record->id.len != AUDIT_ID_LEN || record->tenant.len > UINT16_MAX || record->site.len > UINT16_MAX)
		return RESULT_LIMIT;
	memcpy(head.id, record->id.at, AUDIT_ID_LEN);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && result == RESULT_OK; i++)
		result = buffer_append(out, parts[i]);
	return result;
}

void audit_writer_init(struct audit_writer *writer, void *memory, int wake_fd, struct hash_seed client_key)
{
	*writer = (struct audit_writer){ .is_open = memory != NULL, .wake_fd = wake_fd, .client_key = client_key };
	if (memory)
		ring_writer_open(&writer->ring, memory, AUDIT_RING_BYTES);
	audit_share_init(&writer->share, &writer->ring, AUDIT_RECORD_MAX);
	buffer_init(&writer->record, AUDIT_RECORD_MAX);
	buffer_init(&writer->text, AUDIT_TEXT_MAX);
	buffer_init(&writer->index, AUDIT_INDEX_MAX);
}

void audit_writer_done(struct audit_writer *writer)
{
	audit_share_done(&writer->share);
	buffer_done(&writer->record);
	buffer_done(&writer->text);
	buffer_done(&writer->index);
}

static enum result make(struct audit_writer *writer, struct log_client_ip privacy, const struct request_fact *fact)
{
	struct audit_screen screen = { .client = &fact->source, .key = writer->client_key,
		                       .kept = decision_is_refusal(fact->decision) ? privacy.refused : privacy.allowed };
	struct waf_audit_screen shows = audit_screen_of(&screen);
	uint64_t id[2] = { htobe64(fact->request_id[0]), htobe64(fact->request_id[1]) };
	char digits[AUDIT_ID_LEN];
	struct audit_record record = { .wall_ns = fact->wall_ns, .is_concurrent = waf_audit_is_concurrent(fact->waf),
		                       .id = span_make(digits, sizeof(digits)), .tenant = fact->tenant_name, .site = fact->site_name };
	enum result result = waf_audit_write(fact->waf, fact->status, &shows, &writer->text);

	hex_write(id, sizeof(id), digits);
	if (result == RESULT_OK && record.is_concurrent)
		result = waf_audit_index(fact->waf, fact->status, fact->response_bytes, &shows, &writer->index);
	record.text = buffer_span(&writer->text);
	record.index = buffer_span(&writer->index);
	return result == RESULT_OK ? audit_record_write(&record, &writer->record) : result;
}

bool audit_writer_take(struct audit_writer *writer, struct log_client_ip privacy, const struct request_fact *fact)
{
	static const uint64_t one = 1;
	struct span record;

	if (!writer->is_open || !fact->waf || !waf_audit_is_wanted(fact->waf, fact->status))
		return true;
	buffer_reset(&writer->record);
	buffer_reset(&writer->text);
	buffer_reset(&writer->index);
	if (make(writer, privacy, fact) != RESULT_OK) {
		atomic_fetch_add_explicit(&writer->failed, 1, memory_order_relaxed);
		return false;
	}
	record = buffer_span(&writer->record);
	if (!audit_share_write(&writer->share, fact->tenant, record, crc32c_more(0, record)))
		return false;
	if (write(writer->wake_fd, &one, sizeof(one)) < 0) {
		/* the counter is full: it is awake */
	}
	return true;
}
