/* What h2_session.c, h2_receive.c and h2_stream.c share. Not for anyone else: nghttp2 ends here. */
#ifndef BOUCLIER_HTTP_H2_INNER_H
#define BOUCLIER_HTTP_H2_INNER_H

#include <nghttp2/nghttp2.h>

#include "base/list.h"
#include "http/h2_guard.h"
#include "http/h2_head.h"
#include "http/h2_memory.h"
#include "http/h2_session.h"

/* Streams that the client itself had ended, newest last: a frame on one of them is STREAM_CLOSED (RFC 9113, section 5.1), while
 * frames that cross a reset of ours are not the client's fault. */
#define H2_ENDED_KEPT 8
#define H2_SPARE_STREAMS 2

struct h2_session {
	nghttp2_session *ng;
	struct h2_memory memory;
	const struct h2_sink *sink;
	void *context;
	struct h2_limits limits;
	struct h2_guard guard;
	uint64_t now_ms;
	struct list streams;         /* of h2_stream.node */
	struct h2_stream *reading;   /* whose fields are coming: a block of them is never interleaved; NULL: none is */
	struct list spare;           /* freed streams, kept for the next */
	struct buffer *out;          /* during h2_send */
	size_t heads_bytes;          /* decoded heads of the open streams */
	unsigned open, spares;
	uint64_t opened, answered;   /* streams; of those that were opened, those that had their answer whole */
	unsigned unfinished;         /* streams of is_unfinished */
	unsigned bodies, waiting;    /* responses with a body not yet all sent; those of them that wait for their owner */
	int32_t ended[H2_ENDED_KEPT];
	uint8_t ended_at;
	bool is_paused;              /* h2_send stopped because OUT is full */
	bool is_dead;                /* libnghttp2 failed: no more frames */
	bool is_notice_sent, is_last_sent;  /* the two GOAWAYs of a shutdown */
	enum http_fault fault;
	uint64_t kind;               /* h2_session_kind */
	bool has_settings, has_requests;  /* the client's first have come */
};

struct h2_stream {
	struct list node;
	struct h2_session *session;
	void *owner;
	struct h2_head build;
	struct arena *arena;
	const struct fields *trailers;        /* the request's */
	const struct fields *answer_trailers;
	const struct h2_body *body;
	void *body_context;
	uint64_t received_bytes;
	size_t unconsumed_bytes;
	size_t read_bytes;                    /* what the body's read put into OUT for the frame being made */
	size_t counted_bytes;                 /* of session->heads_bytes */
	int32_t id;
	bool is_told;        /* `head` was called: data may follow */
	bool is_deaf;        /* a fault was told: nothing more of the request is */
	bool has_ended;      /* the client's side: END_STREAM, or RST_STREAM */
	bool is_answered;
	bool is_waiting;     /* its body said MORE */
	bool is_reset;       /* RST_STREAM is queued */
	bool is_own_reset;   /* not the client's doing */
	bool is_unfinished;  /* answered, and the request is still coming */
};

/* Ends the connection: GOAWAY with CODE, once. */
void h2_end(struct h2_session *session, enum http_fault fault, uint32_t code);
/* libnghttp2 returned ERROR, which it does not survive. */
void h2_die(struct h2_session *session, int error);
/* RST_STREAM, once. IS_OWN: not counted against the client. */
void h2_stream_end(struct h2_stream *stream, uint32_t code, bool is_own);
struct h2_stream *h2_stream_new(struct h2_session *session, int32_t id);
void h2_stream_free(struct h2_stream *stream);
/* The body is done with, sent or not. */
void h2_body_forget(struct h2_stream *stream);
void h2_receive_callbacks(nghttp2_session_callbacks *callbacks);
int h2_body_send(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *header, size_t length, nghttp2_data_source *source,
                 void *user);

#endif
