/* Any bytes, cut anywhere, answered anyhow: no crash, no leak, every stream opened is closed, no output past its maximum. */
#include "http/h2_session.h"

static unsigned opened, dice;
static struct arena arenas[1024];

static struct arena *on_opened(void *context, struct h2_stream *stream)
{
	struct arena *arena = &arenas[(uint32_t)h2_stream_id(stream) % 1024];

	(void)context;
	if (arena->limit_bytes)
		return NULL;
	opened++;
	arena_init(arena, 16384, 2048);
	h2_stream_set_owner(stream, arena);
	return arena;
}

static enum result read_body(void *context, struct h2_stream *stream, char *out, size_t size, size_t *count)
{
	(void)context;
	(void)stream;
	*count = dice * 37 % (size + 1);
	memset(out, 'x', *count);
	return (enum result[]){ RESULT_OK, RESULT_END, RESULT_MORE, RESULT_END, RESULT_IO }[dice++ % 5];
}

static const struct h2_body body = { read_body };

static void answer(struct h2_session *session, struct h2_stream *stream, unsigned status, const struct fields *fields)
{
	if (dice % 7 == 0)
		h2_stream_reset(session, stream, dice % 14);
	if (dice % 3 == 0 && h2_stream_set_trailers(session, stream, fields) != RESULT_OK)
		dice++;
	if (h2_stream_respond(session, stream, dice % 11 ? status : 103, fields, dice % 2 ? &body : NULL, NULL) != RESULT_OK)
		dice++;
}

static void on_head(void *context, struct h2_stream *stream, struct request_head *head, bool has_body)
{
	if (head->path.len == 0 || head->host.len == 0 || has_body == (head->body.framing == BODY_NONE))
		__builtin_trap();
	answer(*(struct h2_session **)context, stream, 200, &head->fields);
}

static void on_fault(void *context, struct h2_stream *stream, struct request_head *head, enum http_fault fault)
{
	answer(*(struct h2_session **)context, stream, http_fault_status(fault), &head->fields);
}

static void on_data(void *context, struct h2_stream *stream, struct span data)
{
	if (dice++ % 4)
		h2_stream_consumed(*(struct h2_session **)context, stream, data.len);
	h2_stream_resume(*(struct h2_session **)context, stream);
}

static void on_data_end(void *context, struct h2_stream *stream, const struct fields *trailers)
{
	(void)trailers;
	h2_stream_resume(*(struct h2_session **)context, stream);
}

static void on_closed(void *context, struct h2_stream *stream, uint32_t error)
{
	struct arena *arena = h2_stream_owner(stream);

	(void)context;
	(void)error;
	opened--;
	arena_done(arena);
	arena->limit_bytes = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct h2_sink sink = { on_opened, on_head, on_fault, on_data, on_data_end, on_closed };
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
	struct h2_session *session = NULL;
	enum http_fault fault = HTTP_FAULT_NONE;
	struct buffer out;
	unsigned heads = H2_HEADS_AT_ONCE;
	size_t at = 0, used;

	dice = size ? data[0] : 0;
	session = h2_session_new(&h2_limits_default, &sink, &session, 0);
	buffer_init(&out, 32768);
	if (size && data[0] % 8 && h2_receive(session, span_make(preface, sizeof(preface) - 1), 0, &heads, &used, &fault) != RESULT_OK)
		__builtin_trap();
	while (at < size) {
		size_t step = 1 + (data[at] * 7u + dice) % 300;

		step = step < size - at ? step : size - at;
		heads = dice % H2_HEADS_AT_ONCE;
		if (h2_receive(session, span_make((const char *)data + at, step), at, &heads, &used, &fault) == RESULT_REFUSED && !fault)
			__builtin_trap();
		if (used > step || (used < step && !fault && !used))
			__builtin_trap();
		at += fault ? step : used;
		if (dice % 5 == 0)
			h2_shutdown(session);
		if (h2_send(session, &out) != RESULT_OK && !h2_is_finished(session))
			__builtin_trap();
		if (dice++ % 3)
			buffer_reset(&out);
	}
	h2_session_free(session);
	buffer_done(&out);
	if (opened)
		__builtin_trap();
	return 0;
}
