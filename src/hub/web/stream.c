#include "hub/web/stream.h"

#include <stdlib.h>

#include "base/list.h"

#include "base/banned.h"

struct web_stream {
	struct list node;
	struct web_streams *streams; /* NULL: they are no more, and this one only waits for its connection's end */
	struct web_request *request;
	struct buffer pending;       /* said, not yet asked for */
	void *owner;
	void (*gone)(void *owner);
	char person[WEB_STREAM_PERSON_MAX];
	size_t person_len;
	bool is_ended;               /* hears nothing more */
};

struct web_streams {
	struct loop *loop;
	struct list list;
	struct timer comment;
	size_t count;
};

/* -- one stream -- */

/* What it has not taken yet is forgotten: it hears nothing more from here on. */
static void stream_end(struct web_stream *stream)
{
	stream->is_ended = true;
	buffer_done(&stream->pending);
	web_pieces_wake(stream->request);
}

static bool stream_say(struct web_stream *stream, struct span text)
{
	if (stream->is_ended)
		return false;
	if (buffer_append(&stream->pending, text) != RESULT_OK) {  /* too slow; or no memory, which its coming again may find */
		stream->is_ended = true;
		web_pieces_break(stream->request);
		return false;
	}
	web_pieces_wake(stream->request);
	return true;
}

static enum result stream_more(void *context, struct buffer *out)
{
	struct web_stream *stream = context;
	struct span piece = span_take(buffer_span(&stream->pending), WEB_PIECE_MAX);
	enum result result = buffer_append(out, piece);

	if (result != RESULT_OK)
		return result;
	buffer_consume(&stream->pending, piece.len);
	buffer_release(&stream->pending);
	if (stream->is_ended)
		return RESULT_END;
	return buffer_len(&stream->pending) ? RESULT_OK : RESULT_MORE;
}

static void owner_tell(struct web_stream *stream)
{
	if (stream->gone)
		stream->gone(stream->owner);
	stream->gone = NULL;
}

static void stream_gone(void *context)
{
	struct web_stream *stream = context;

	if (stream->streams)
		stream->streams->count--;
	list_remove(&stream->node);
	owner_tell(stream);
	buffer_done(&stream->pending);
	free(stream);
}

/* -- all of them -- */

static void comment_due(struct timer *timer)
{
	struct web_streams *streams = list_entry(timer, struct web_streams, comment);

	list_each(node, &streams->list)
		(void)stream_say(list_entry(node, struct web_stream, node), SPAN(":\n\n"));
	timer_set(&streams->loop->timers, &streams->comment, streams->loop->now_ms + WEB_STREAM_COMMENT_MS);
}

struct web_streams *web_streams_new(struct loop *loop)
{
	struct web_streams *streams = calloc(1, sizeof(*streams));

	if (!streams)
		return NULL;
	streams->loop = loop;
	list_init(&streams->list);
	timer_init(&streams->comment, comment_due);
	timer_set(&loop->timers, &streams->comment, loop->now_ms + WEB_STREAM_COMMENT_MS);
	return streams;
}

void web_streams_free(struct web_streams *streams)
{
	if (!streams)
		return;
	while (!list_is_empty(&streams->list)) {
		struct web_stream *stream = list_entry(streams->list.next, struct web_stream, node);

		list_remove(&stream->node);
		stream->streams = NULL;
		owner_tell(stream);
		stream_end(stream);
	}
	timer_cancel(&streams->loop->timers, &streams->comment);
	free(streams);
}

static bool has_room(const struct web_streams *streams, struct span person)
{
	unsigned of_person = 0;

	list_each(node, &streams->list) {
		const struct web_stream *stream = list_entry(node, struct web_stream, node);

		of_person += span_equal(span_make(stream->person, stream->person_len), person);
	}
	return streams->count < WEB_STREAMS_MAX && of_person < WEB_STREAMS_OF_PERSON;
}

static struct web_stream *stream_new(struct web_streams *streams, struct web_request *request, struct span person)
{
	struct web_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->streams = streams;
	stream->request = request;
	stream->person_len = person.len;
	if (person.len)
		memcpy(stream->person, person.at, person.len);
	buffer_init(&stream->pending, WEB_STREAM_BYTES);
	if (buffer_print(&stream->pending, "retry: %u\n\n", WEB_STREAM_RETRY_MS) != RESULT_OK) {
		free(stream);
		return NULL;
	}
	list_add_last(&streams->list, &stream->node);
	streams->count++;
	return stream;
}

struct web_stream *web_stream_begin(struct web_streams *streams, struct web_request *request, struct web_answer *answer, struct span person,
                                    void *owner, void (*gone)(void *owner))
{
	struct web_stream *stream;

	person = span_take(person, WEB_STREAM_PERSON_MAX);
	if (!has_room(streams, person)) {
		web_refuse(answer, 429, "stream-limit", "too many views are open: close one");
		(void)web_field(request, answer, SPAN("Retry-After"), SPAN("30"));
		return NULL;
	}
	stream = stream_new(streams, request, person);
	if (!stream) {
		web_refuse(answer, 503, "no-memory", "there is no room for this view now");
		return NULL;
	}
	stream->owner = owner;
	stream->gone = gone;
	answer->status = 200;
	answer->type = SPAN("text/event-stream");
	web_pieces(request, (struct web_pieces){ stream_more, stream_gone, stream });
	return stream;
}

/* -- events -- */

static bool is_line(struct span text)
{
	return span_find(text, '\n') == text.len && span_find(text, '\r') == text.len;
}

/* Security, fails closed: what would read as another event is not sent at all. */
static enum result event_write(struct span event, struct span json, struct buffer *out)
{
	if (!event.len || !is_line(event) || !is_line(json))
		return RESULT_MALFORMED;
	return buffer_print(out, "event: %.*s\ndata: %.*s\n\n", SPAN_ARG(event), SPAN_ARG(json));
}

bool web_stream_send(struct web_stream *stream, struct span event, struct span json)
{
	struct buffer text;
	bool is_sent;

	buffer_init(&text, WEB_STREAM_BYTES);
	is_sent = event_write(event, json, &text) == RESULT_OK && stream_say(stream, buffer_span(&text));
	buffer_done(&text);
	return is_sent;
}

size_t web_stream_end(struct web_streams *streams, bool (*ends)(void *context, const void *owner), void *context)
{
	size_t count = 0;

	list_each(node, &streams->list) {
		struct web_stream *stream = list_entry(node, struct web_stream, node);

		if (stream->is_ended || !ends(context, stream->owner))
			continue;
		stream_end(stream);
		count++;
	}
	return count;
}

size_t web_stream_count(const struct web_streams *streams)
{
	return streams->count;
}
