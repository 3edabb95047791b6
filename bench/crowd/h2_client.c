#include "h2_client.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX (ASK_FIELDS_MAX + 4)
#define PAGE_BIT   1024 /* beside the status, in what a stream remembers */

struct h2_client {
	nghttp2_session *session;
	struct answer *answer;
	int32_t last, cancelled;        /* the stream of the last ask; one that nobody waits for */
	bool ends;
	unsigned done_count;
	int done[H2_STREAMS_MAX];       /* status and mark of streams that ended */
	char body[TEXT_BODY_MAX];       /* of the POST that is being sent: each leaves before the next comes */
	size_t body_len, body_at;
};

static ssize_t body_read(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t size, uint32_t *flags,
			 nghttp2_data_source *source, void *user)
{
	struct h2_client *h2 = user;
	size_t left = h2->body_len - h2->body_at, taken = left < size ? left : size;

	(void)session, (void)stream, (void)source;
	memcpy(buffer, h2->body + h2->body_at, taken);
	h2->body_at += taken;
	if (taken == left)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)taken;
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct h2_client *h2 = user;

	(void)session, (void)frame;
	answer_reset(h2->answer);
	return 0;
}

static int on_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len, const uint8_t *value,
		    size_t value_len, uint8_t flags, void *user)
{
	struct h2_client *h2 = user;

	(void)session, (void)frame, (void)name_len, (void)value_len, (void)flags; /* nghttp2 ends both with NUL */
	if (!strcmp((const char *)name, ":status"))
		h2->answer->status = (int)strtol((const char *)value, NULL, 10);
	else
		answer_field(h2->answer, (const char *)name, (const char *)value);
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct h2_client *h2 = user;

	if (frame->hd.type == NGHTTP2_GOAWAY)
		h2->ends = true;
	if (frame->hd.type == NGHTTP2_HEADERS) {
		intptr_t seen = h2->answer->status | (h2->answer->is_page ? PAGE_BIT : 0);

		nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, (void *)seen);
	}
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t len, void *user)
{
	struct answer *answer = ((struct h2_client *)user)->answer;
	size_t room = answer->page ? answer->page_size - 1 - answer->page_len : 0, taken = len < room ? len : room;

	(void)session, (void)flags, (void)stream;
	if (!taken)
		return 0;
	memcpy(answer->page + answer->page_len, bytes, taken);
	answer->page_len += taken;
	answer->page[answer->page_len] = 0;
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *user)
{
	struct h2_client *h2 = user;
	int seen = (int)(intptr_t)nghttp2_session_get_stream_user_data(session, stream);

	if (stream != h2->cancelled && h2->done_count < H2_STREAMS_MAX)
		h2->done[h2->done_count++] = error == NGHTTP2_NO_ERROR ? seen : 0;
	return 0;
}

static nghttp2_session_callbacks *callbacks_new(void)
{
	nghttp2_session_callbacks *callbacks;

	if (nghttp2_session_callbacks_new(&callbacks))
		abort();
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_field);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	return callbacks;
}

struct h2_client *h2_client_new(struct answer *answer)
{
	static nghttp2_session_callbacks *callbacks;
	const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}};
	struct h2_client *h2 = calloc(1, sizeof *h2);

	if (!callbacks)
		callbacks = callbacks_new();
	if (!h2)
		return NULL;
	h2->answer = answer;
	if (nghttp2_session_client_new(&h2->session, callbacks, h2)) {
		free(h2);
		return NULL;
	}
	nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings, 2);
	return h2;
}

void h2_client_free(struct h2_client *h2)
{
	if (!h2)
		return;
	nghttp2_session_del(h2->session);
	free(h2);
}

static nghttp2_nv field_of(const char *name, const char *value)
{
	return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name, .value = (uint8_t *)(uintptr_t)value, .namelen = strlen(name),
			    .valuelen = strlen(value), .flags = NGHTTP2_NV_FLAG_NONE};
}

bool h2_client_ask(struct h2_client *h2, const struct ask *ask)
{
	nghttp2_nv fields[FIELDS_MAX] = {field_of(":method", ask->method), field_of(":scheme", ask->scheme),
					 field_of(":authority", ask->host), field_of(":path", ask->target)};
	nghttp2_data_provider body = {.read_callback = body_read};
	size_t count = 4;

	if (h2->ends)
		return false;
	for (unsigned i = 0; i < ask->count; i++)
		fields[count++] = field_of(ask->fields[i].name, ask->fields[i].value);
	memcpy(h2->body, ask->body, ask->body_len);
	h2->body_len = ask->body_len;
	h2->body_at = 0;
	h2->last = nghttp2_submit_request(h2->session, NULL, fields, count, ask->body_len ? &body : NULL, NULL);
	return h2->last > 0;
}

bool h2_client_cancel_last(struct h2_client *h2)
{
	h2->cancelled = h2->last;
	return !nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, h2->last, NGHTTP2_CANCEL);
}

bool h2_client_read(struct h2_client *h2, const char *bytes, size_t len)
{
	return nghttp2_session_mem_recv(h2->session, (const uint8_t *)bytes, len) == (ssize_t)len;
}

size_t h2_client_write(struct h2_client *h2, const char **bytes)
{
	ssize_t len = nghttp2_session_mem_send(h2->session, (const uint8_t **)bytes);

	return len > 0 ? (size_t)len : 0;
}

bool h2_client_next(struct h2_client *h2, int *status, bool *is_page)
{
	int seen;

	if (!h2->done_count)
		return false;
	seen = h2->done[--h2->done_count];
	*is_page = seen & PAGE_BIT;
	*status = seen & (PAGE_BIT - 1);
	return true;
}

bool h2_client_ends(const struct h2_client *h2)
{
	return h2->ends;
}
