#include "http/local_ask.h"

#include "http/head_reader.h"
#include "http/head_writer.h"

#include "base/banned.h"

enum result local_ask_write(struct span method, struct span target, struct span body, struct buffer *out)
{
	size_t mark = span_find(target, '?');
	bool has_query = mark < target.len;
	struct span query = has_query ? span_skip(target, mark + 1) : SPAN_NONE;
	enum result result = request_line_write(method, span_take(target, mark), has_query, query, out);

	if (result == RESULT_OK)
		result = buffer_print(out, "Host: localhost\r\nConnection: close\r\n");
	if (result == RESULT_OK && body.len)
		result = buffer_print(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.len);
	if (result == RESULT_OK)
		result = head_end_write(out);
	return result == RESULT_OK ? buffer_append(out, body) : result;
}

enum result local_ask_read(struct span bytes, unsigned *status, struct span *body)
{
	static const struct http_limits limits = { .head_bytes = LOCAL_ASK_HEAD_BYTES, .target_bytes = 8192, .fields = 64, .body_bytes = UINT64_MAX };
	struct response_head head = { 0 };
	struct head_reader reader;
	struct arena arena;
	enum http_fault fault;
	enum result result;
	size_t used = 0;

	arena_init(&arena, 65536, 4096);
	fields_init(&head.fields, &arena, limits.fields);
	head_reader_init(&reader);
	result = response_head_read(&reader, bytes, &limits, METHOD_GET, &head, &used, &fault);
	if (result == RESULT_OK && (head.body.framing != BODY_LENGTH || bytes.len - used < head.body.bytes))
		result = RESULT_MALFORMED;
	if (result == RESULT_OK) {
		*status = head.status;
		*body = span_take(span_skip(bytes, used), (size_t)head.body.bytes);
	}
	arena_done(&arena);
	return result == RESULT_MORE ? RESULT_MALFORMED : result;
}
