/* A client for the tests of h2_session: a libnghttp2 client session in memory, or frames made by hand, against a server
 * whose sink keeps what it was told and answers as the test says. */
#ifndef BOUCLIER_TESTS_H2_PEER_H
#define BOUCLIER_TESTS_H2_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/h2_session.h"

enum { PEER_STREAMS = 4096 };

struct peer_answer {
	unsigned status;      /* 0: none yet */
	size_t body_bytes;    /* of 'b' */
	size_t ready_bytes;   /* how much of it may be read now */
	bool has_trailers;
};

struct peer_stream {
	struct peer *peer;
	struct h2_stream *stream;
	struct arena arena;
	struct request_head *head;
	enum http_fault fault;
	bool is_open, has_body, has_end, was_closed;
	unsigned heads, trailers;
	uint32_t error;
	char body[64];
	size_t body_bytes, sent_bytes;
	struct peer_answer answer;
};

/* What came from the server, read from its frames. */
struct peer_seen {
	bool has_goaway;
	uint32_t goaway_code, goaway_last;
	unsigned goaways, settings, pings, frames;
	uint32_t reset_code[64];
	bool is_reset[64];
	unsigned resets, data_frames, headers_frames;
	size_t data_bytes;
	bool has_end[64];
	uint64_t window_updates;
};

struct peer {
	struct h2_session *session;
	struct h2_limits limits;
	struct h2_sink sink;
	struct peer_answer answer;   /* what each stream is answered with */
	bool holds_body;             /* request bytes are not consumed */
	bool refuses;                /* opened gives no arena */
	struct peer_stream streams[64];
	unsigned opened, closed, faults, heads;
	enum http_fault last_fault;  /* of a stream */
	enum http_fault fault;       /* of the connection */
	enum result result;
	uint64_t now_ms;
	struct buffer out;           /* from the server, not yet seen */
	struct peer_seen seen;
	size_t arena_bytes;
};

void peer_begin(struct peer *peer);
/* After the test has changed peer->limits or the sink. Sends no preface. */
void peer_start(struct peer *peer);
void peer_end(struct peer *peer);
struct peer_stream *peer_stream(struct peer *peer, int32_t id);

/* The preface and an empty SETTINGS. */
void peer_preface(struct peer *peer);
void peer_bytes(struct peer *peer, const void *bytes, size_t count);
void peer_frame(struct peer *peer, uint8_t type, uint8_t flags, uint32_t stream, const void *payload, size_t length);
/* An HPACK block of literals without indexing: name, value, ..., NULL. Returns its length. */
size_t peer_block(char *block, size_t size, ...);
/* HEADERS of a GET for "/" on "shield.example". */
void peer_get(struct peer *peer, uint32_t stream, uint8_t flags);
/* Lets the server speak and reads its frames into peer->seen. */
void peer_drain(struct peer *peer);

#define END_STREAM 0x1
#define END_HEADERS 0x4
#define PADDED 0x8
#define PRIORITY 0x20

#endif
