#include "http/h2_inner.h"

#include <stdlib.h>

#include "base/banned.h"

#define FIELDS_ON_STACK 48

struct h2_stream *h2_stream_new(struct h2_session *session, int32_t id)
{
	struct h2_stream *stream;

	if (session->spares) {
		stream = list_entry(session->spare.next, struct h2_stream, node);
		list_remove(&stream->node);
		session->spares--;
	} else {
		stream = malloc(sizeof(*stream));
		if (!stream)
			return NULL;
	}
	*stream = (struct h2_stream){ .session = session, .id = id };
	list_add_last(&session->streams, &stream->node);
	session->open++;
	session->opened++;
	return stream;
}

void h2_stream_free(struct h2_stream *stream)
{
	struct h2_session *session = stream->session;

	h2_body_forget(stream);
	if (session->reading == stream)
		session->reading = NULL;
	session->heads_bytes -= stream->counted_bytes;
	session->unfinished -= stream->is_unfinished;
	session->open--;
	list_remove(&stream->node);
	if (session->spares == H2_SPARE_STREAMS) {
		free(stream);
		return;
	}
	list_add_first(&session->spare, &stream->node);
	session->spares++;
}

void h2_stream_set_owner(struct h2_stream *stream, void *owner)
{
	stream->owner = owner;
}

void *h2_stream_owner(const struct h2_stream *stream)
{
	return stream->owner;
}

int32_t h2_stream_id(const struct h2_stream *stream)
{
	return stream->id;
}

void h2_stream_consumed(struct h2_session *session, struct h2_stream *stream, size_t count)
{
	int error;

	if (count > stream->unconsumed_bytes)
		count = stream->unconsumed_bytes;
	stream->unconsumed_bytes -= count;
	if (session->is_dead || count == 0)
		return;
	error = nghttp2_session_consume(session->ng, stream->id, count);
	if (error != 0)
		h2_die(session, error);
}

void h2_stream_end(struct h2_stream *stream, uint32_t code, bool is_own)
{
	struct h2_session *session = stream->session;
	int error;

	if (stream->is_reset || session->is_dead)
		return;
	stream->is_reset = true;
	stream->is_deaf = true;  /* the owner may let the request's memory go now */
	stream->is_own_reset = is_own;
	h2_body_forget(stream);
	error = nghttp2_submit_rst_stream(session->ng, NGHTTP2_FLAG_NONE, stream->id, code);
	if (error != 0)
		h2_die(session, error);
}

void h2_stream_reset(struct h2_session *session, struct h2_stream *stream, uint32_t code)
{
	(void)session;
	h2_stream_end(stream, code, true);
}

static void waiting_set(struct h2_stream *stream, bool is_waiting)
{
	if (stream->is_waiting == is_waiting)
		return;
	stream->is_waiting = is_waiting;
	stream->session->waiting += is_waiting ? 1u : -1u;
}

void h2_body_forget(struct h2_stream *stream)
{
	if (!stream->body)
		return;
	waiting_set(stream, false);
	stream->body = NULL;
	stream->session->bodies--;
}

void h2_stream_resume(struct h2_session *session, struct h2_stream *stream)
{
	int error;

	if (session->is_dead || !stream->is_waiting)
		return;
	waiting_set(stream, false);
	error = nghttp2_session_resume_data(session->ng, stream->id);
	if (error == NGHTTP2_ERR_NOMEM)
		h2_die(session, error);
}

/* A value that no other answer has would only push those out of the peer's table that all have. */
static uint8_t flags_of(enum field_id id)
{
	unsigned flags = id == FIELD_OTHER ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_COPY_NAME;

	return (uint8_t)(id == FIELD_X_REQUEST_ID ? flags | NGHTTP2_NV_FLAG_NO_INDEX : flags);
}

/* Fields as libnghttp2 wants them. Names of ours are lower case and last for ever; the others it copies and lowers. */
static size_t pairs_fill(const struct fields *fields, nghttp2_nv *pairs)
{
	size_t count = 0;

	for (unsigned i = 0; fields && i < fields->count; i++) {
		const struct field *field = &fields->list[i];
		bool is_known = field->id != FIELD_OTHER;
		struct span name = is_known ? field_name(field->id) : field->name;

		pairs[count++] = (nghttp2_nv){
			.name = (uint8_t *)(uintptr_t)name.at, .namelen = name.len,
			.value = (uint8_t *)(uintptr_t)field->value.at, .valuelen = field->value.len,
			.flags = flags_of(field->id),
		};
	}
	return count;
}

/* DATA is read straight to where it goes: behind 9 bytes that h2_body_send fills with the frame's header. h2_send has
 * reserved room for a whole frame. */
static ssize_t body_read(nghttp2_session *ng, int32_t id, uint8_t *unused, size_t size, uint32_t *flags,
                         nghttp2_data_source *source, void *user);

int h2_body_send(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *header, size_t length, nghttp2_data_source *source,
                 void *user)
{
	struct h2_session *session = user;
	struct buffer *out = session->out;

	(void)ng;
	(void)frame;
	(void)source;
	memcpy(out->bytes + out->end, header, 9);
	buffer_commit(out, 9 + length);
	h2_bucket_give(&session->guard.control, 2);
	if (buffer_room(out) >= H2_FRAME_BYTES && buffer_reserve(out, H2_FRAME_BYTES))
		return 0;
	session->is_paused = true;
	return NGHTTP2_ERR_PAUSE;
}

static int trailers_submit(struct h2_session *session, struct h2_stream *stream)
{
	const struct fields *trailers = stream->answer_trailers;
	nghttp2_nv pairs[FIELDS_ON_STACK];

	return nghttp2_submit_trailer(session->ng, stream->id, pairs, pairs_fill(trailers, pairs));
}

static ssize_t body_read(nghttp2_session *ng, int32_t id, uint8_t *unused, size_t size, uint32_t *flags,
                         nghttp2_data_source *source, void *user)
{
	struct h2_session *session = user;
	struct h2_stream *stream = source->ptr;
	size_t count = 0;
	enum result result;

	(void)ng;
	(void)id;
	(void)unused;
	if (!stream->body)  /* reset meanwhile */
		return NGHTTP2_ERR_DEFERRED;
	if (size > H2_FRAME_BYTES - 9)
		size = H2_FRAME_BYTES - 9;
	result = stream->body->read(stream->body_context, stream, session->out->bytes + session->out->end + 9, size, &count);
	if (result != RESULT_OK && result != RESULT_MORE && result != RESULT_END) {
		stream->is_reset = stream->is_own_reset = true;
		h2_body_forget(stream);
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  /* RST_STREAM with INTERNAL_ERROR */
	}
	if (count == 0 && result != RESULT_END) {
		waiting_set(stream, true);
		return NGHTTP2_ERR_DEFERRED;
	}
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (result == RESULT_END) {
		*flags |= NGHTTP2_DATA_FLAG_EOF;
		h2_body_forget(stream);
		if (stream->answer_trailers) {
			*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
			if (trailers_submit(session, stream) != 0)
				return NGHTTP2_ERR_CALLBACK_FAILURE;
		}
	}
	return (ssize_t)count;
}

static int answer_submit(struct h2_session *session, struct h2_stream *stream, bool is_interim, const nghttp2_nv *pairs,
                         size_t count, const nghttp2_data_provider *provider)
{
	if (is_interim)
		return nghttp2_submit_headers(session->ng, NGHTTP2_FLAG_NONE, stream->id, NULL, pairs, count, NULL) < 0 ? NGHTTP2_ERR_NOMEM : 0;
	return nghttp2_submit_response(session->ng, stream->id, pairs, count, provider);
}

static bool may_have_body(const struct h2_stream *stream, unsigned status)
{
	return stream->build.head->method != METHOD_HEAD && status != 204 && status != 304;
}

static enum result respond(struct h2_session *session, struct h2_stream *stream, unsigned status, const struct fields *fields,
                           const struct h2_body *body, void *body_context, nghttp2_nv *pairs)
{
	char digits[3] = { (char)('0' + status / 100), (char)('0' + status / 10 % 10), (char)('0' + status % 10) };
	nghttp2_data_provider provider = { .source.ptr = stream, .read_callback = body_read };
	bool is_interim = status < 200;
	int error;

	pairs[0] = (nghttp2_nv){ (uint8_t *)(uintptr_t)":status", (uint8_t *)digits, 7, 3, NGHTTP2_NV_FLAG_NO_COPY_NAME };
	if (is_interim || !may_have_body(stream, status))
		body = NULL;
	error = answer_submit(session, stream, is_interim, pairs, 1 + pairs_fill(fields, pairs + 1), body ? &provider : NULL);
	if (error == NGHTTP2_ERR_NOMEM)
		return RESULT_NO_MEMORY;
	if (error != 0)
		return RESULT_REFUSED;
	stream->is_answered = !is_interim;
	if (body) {
		stream->body = body;
		stream->body_context = body_context;
		session->bodies++;
	}
	return RESULT_OK;
}

enum result h2_stream_respond(struct h2_session *session, struct h2_stream *stream, unsigned status, const struct fields *fields,
                              const struct h2_body *body, void *body_context)
{
	/* Filled as far as it is used: clearing 2 KiB for each answer (-ftrivial-auto-var-init) was its largest cost. */
	nghttp2_nv on_stack[1 + FIELDS_ON_STACK] __attribute__((uninitialized)), *pairs = on_stack;
	enum result result;

	if (status < 100 || status > 999 || status == 101)
		return RESULT_MALFORMED;
	if (session->is_dead || stream->is_answered || stream->is_reset)
		return RESULT_REFUSED;
	if (fields && fields->count > FIELDS_ON_STACK) {
		pairs = calloc(1 + (size_t)fields->count, sizeof(*pairs));
		if (!pairs)
			return RESULT_NO_MEMORY;
	}
	result = respond(session, stream, status, fields, body, body_context, pairs);
	if (pairs != on_stack)
		free(pairs);
	return result;
}

enum result h2_stream_set_trailers(struct h2_session *session, struct h2_stream *stream, const struct fields *trailers)
{
	struct fields *copy;

	(void)session;
	if (trailers->count > FIELDS_ON_STACK)
		return RESULT_LIMIT;
	copy = arena_new(stream->arena, struct fields);
	if (!copy)
		return RESULT_NO_MEMORY;
	fields_init(copy, stream->arena, FIELDS_ON_STACK);
	for (unsigned i = 0; i < trailers->count; i++) {
		const struct field *from = &trailers->list[i];
		enum result result = fields_add(copy, from->id, arena_copy(stream->arena, from->name), arena_copy(stream->arena, from->value));

		if (result != RESULT_OK || !copy->list[i].name.at || !copy->list[i].value.at)
			return RESULT_NO_MEMORY;
	}
	stream->answer_trailers = copy;
	return RESULT_OK;
}
