/* One HTTP/2 connection, the server half, over libnghttp2: bytes in, bytes out, streams told to one sink. All of
 * nghttp2 is behind this header.
 *
 * The owner feeds bytes (h2_receive), drains bytes (h2_send), and is told of each stream through the sink. A stream is
 * `struct h2_stream`, which the owner points to its own request by `owner`.
 *
 * Source   RFC 9113, RFC 7541, RFC 8441 (extended CONNECT), RFC 9218 is not acted on
 * Limits   struct h2_limits; abuse budgets are counted per connection and fail closed: RESULT_REFUSED with a fault, after
 *          which h2_send yields a GOAWAY and the connection is to be closed
 * Owns     the session and its streams; a request head given to the sink lives in the arena that sink->opened returned,
 *          which must last until `closed`, or until the owner has reset the stream
 * Threads  a session belongs to the thread that made it (sessions of one thread share the memory a frame is built in)
 *
 * After each h2_receive, and whenever a body can go on: h2_send; then, when h2_is_finished, flush and close, and h2_fault
 * says why if there was a fault.
 */
#ifndef BOUCLIER_HTTP_H2_SESSION_H
#define BOUCLIER_HTTP_H2_SESSION_H

#include "base/buffer.h"
#include "http/fault.h"
#include "http/head_reader.h"
#include "message/head.h"

#define H2_HEADS_AT_ONCE 16u    /* HEADERS frames that are taken of a connection in a row */

struct h2_session;
struct h2_stream;

struct h2_limits {
	struct http_limits http;
	uint32_t streams;              /* SETTINGS_MAX_CONCURRENT_STREAMS */
	uint32_t stream_window_bytes;  /* what one request body may hold in our memory */
	uint32_t connection_window_bytes;
	size_t heads_bytes;            /* decoded heads of all open streams together; past it: NO_MEMORY for that request */
	uint32_t resets_burst;         /* resets (sent, or provoked: a budget each) before the budget is spent */
	uint32_t resets_a_second;      /* how fast it refills */
	uint32_t control_burst;        /* SETTINGS, PING, PRIORITY, WINDOW_UPDATE beyond what the streams explain; empty frames */
	uint32_t control_a_second;
};

/* What a browser never comes near: limits for a listener that says nothing else. */
extern const struct h2_limits h2_limits_default;

/* Told of streams; every function gets the context given at birth. None may free the session. */
struct h2_sink {
	/* A new stream: its arena for the head, its owner for the calls below. NULL arena refuses it (REFUSED_STREAM). */
	struct arena *(*opened)(void *context, struct h2_stream *stream);
	/* The head is complete and fault-free. HAS_BODY tells whether DATA may follow. */
	void (*head)(void *context, struct h2_stream *stream, struct request_head *head, bool has_body);
	/* The head is faulty: HEAD holds what could be represented. A fault whose status is 400 is a malformed message (RFC 9113,
	 * 8.1.1): the session itself resets the stream with PROTOCOL_ERROR, `closed` follows. Any other is the owner's to answer.
	 * A body may also turn out faulty after `head` (length, trailers, BODY_LONG): the same call, the same rule. After a
	 * fault nothing more of the request is told. */
	void (*fault)(void *context, struct h2_stream *stream, struct request_head *head, enum http_fault fault);
	/* Body bytes; they count against the stream's window until h2_stream_consumed. */
	void (*data)(void *context, struct h2_stream *stream, struct span data);
	/* The end of a body that `head` announced. TRAILERS is NULL when there were none. */
	void (*data_end)(void *context, struct h2_stream *stream, const struct fields *trailers);
	/* The stream is gone (finished, reset by either side, connection lost). ERROR is the HTTP/2 code, 0 when all went well.
	 * The stream pointer is dead after this call. */
	void (*closed)(void *context, struct h2_stream *stream, uint32_t error);
};

/* NULL when there is no memory. NOW_MS as for h2_receive. */
struct h2_session *h2_session_new(const struct h2_limits *limits, const struct h2_sink *sink, void *context, uint64_t now_ms);
/* Calls `closed` for every stream left. */
void h2_session_free(struct h2_session *session);

/* Takes USED bytes of INPUT: all of them, or up to a HEADERS frame when HEADS, which counts those down, is 0. The rest is to be given again, when others have had
 * their turn. RESULT_REFUSED: FAULT says which budget or rule was broken; drain h2_send once more, then close. */
enum result h2_receive(struct h2_session *session, struct span input, uint64_t now_ms, unsigned *heads, size_t *used, enum http_fault *fault) must_check;
/* Appends frames to OUT until OUT has no room for a whole one (H2_FRAME_BYTES; OUT is born with at least 32 KiB) or there
 * is nothing to say. Asks the bodies' `read` as it goes: only for what can be framed now, so a slow reader costs OUT and
 * no more. RESULT_NO_MEMORY: the connection cannot go on. */
enum result h2_send(struct h2_session *session, struct buffer *out) must_check;
#define H2_FRAME_BYTES (9u + 16384u)
bool h2_wants_send(const struct h2_session *session);
/* Response bytes wait, and only for the peer to open its windows: the owner's clock for H2_STALLED. */
bool h2_is_stalled(const struct h2_session *session);
/* Streams that are answered in full while their requests are still coming: what comes is judged and dropped. The owner bounds
 * that time: h2_stop_unfinished tells the clients to stop (RST_STREAM with NO_ERROR, RFC 9113, section 8.1). */
bool h2_has_unfinished(const struct h2_session *session);
void h2_stop_unfinished(struct h2_session *session);
/* Nothing more to read or send: close. */
bool h2_is_finished(const struct h2_session *session);
/* The fault that ended the connection; NONE if none did. Known at the latest when h2_send has given the GOAWAY. */
enum http_fault h2_fault(const struct h2_session *session);
/* One in five of the streams that were opened has been answered to its end: it is no tool that only opens and resets. */
bool h2_is_of_use(const struct h2_session *session);
/* GOAWAY in two steps: a notice with a PING, and when the PING came back the last stream's number; streams already open
 * finish. A second call takes the second step at once. */
void h2_shutdown(struct h2_session *session);
/* The connection is idle for a while: gives back what only streams need (4 KiB with Debian 12's libnghttp2). It costs a
 * system call, so not after each request. Does nothing while streams are open. */
void h2_rest(struct h2_session *session);
unsigned h2_open_streams(const struct h2_session *session);
/* What tells one program from another in how it begins a connection: a hash of its first SETTINGS (values, in their order; of those that
 * RFC 9113 and its successors number) and of what it adds to the connection's window before its first request. */
uint64_t h2_session_kind(const struct h2_session *session);

void h2_stream_set_owner(struct h2_stream *stream, void *owner);
void *h2_stream_owner(const struct h2_stream *stream);
int32_t h2_stream_id(const struct h2_stream *stream);
/* The bytes given by `data` have left our memory: the windows may open again. */
void h2_stream_consumed(struct h2_session *session, struct h2_stream *stream, size_t count);

/* Where a response's body comes from: READ copies at most SIZE bytes to OUT and says how many; RESULT_MORE: nothing now,
 * h2_stream_resume will say when; RESULT_END together with COUNT: that was the last. RESULT_IO: reset the stream. */
struct h2_body {
	enum result (*read)(void *context, struct h2_stream *stream, char *out, size_t size, size_t *count);
};
/* Answers. FIELDS as they shall go (names are lowered; hop-by-hop ones must already be gone). BODY NULL: no body.
 * An interim (1xx) response leaves the stream open for the real one. Fields are copied. HEAD, 204 and 304: BODY is not read.
 * RESULT_REFUSED: too late, the stream was answered before or is being reset. RESULT_MALFORMED: STATUS is 101 or no status. */
enum result h2_stream_respond(struct h2_session *session, struct h2_stream *stream, unsigned status, const struct fields *fields,
                              const struct h2_body *body, void *body_context) must_check;
/* Trailers go after the body's RESULT_END when set before it. Copied into the stream's arena. */
enum result h2_stream_set_trailers(struct h2_session *session, struct h2_stream *stream, const struct fields *trailers) must_check;
void h2_stream_resume(struct h2_session *session, struct h2_stream *stream);
/* RST_STREAM with CODE (RFC 9113, section 7). `closed` comes from a later h2_send, never from inside this call. */
void h2_stream_reset(struct h2_session *session, struct h2_stream *stream, uint32_t code);

#endif
