/* A body on its way: takes pieces out of the buffer that carries it, so that whoever sends them on may take any part of a
 * piece and come back for the rest.
 *
 * Owns     nothing: the buffer is a connection's, or a stream's
 */
#ifndef BOUCLIER_EDGE_FEED_H
#define BOUCLIER_EDGE_FEED_H

#include "base/buffer.h"
#include "http/body_reader.h"

struct feed {
	struct body_reader reader;
	size_t piece_bytes;  /* of the body, at the front of the buffer */
	size_t behind_bytes; /* framing behind the piece, consumed with its last byte */
};

void feed_init(struct feed *feed, struct body_size size, uint64_t limit_bytes, struct arena *arena);
/* RESULT_OK: PIECE (never empty) is at the front of BUFFER. RESULT_MORE: the buffer holds no more of it.
 * RESULT_END: the body is over. RESULT_MALFORMED, RESULT_LIMIT: FAULT says why. */
enum result feed_peek(struct feed *feed, struct buffer *buffer, struct span *piece, enum http_fault *fault) must_check;
/* COUNT bytes of the piece have gone on. */
void feed_take(struct feed *feed, struct buffer *buffer, size_t count);

#endif
