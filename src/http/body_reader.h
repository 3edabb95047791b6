/* Takes a body out of the bytes that carry it, whatever its framing, a piece at a time and without copying.
 *
 * body_reader_next(reader, input, &data, &used): looks at the front of INPUT.
 *   RESULT_OK         DATA is a piece of the body inside INPUT, USED the bytes to consume to get past it (framing
 *                     included; USED >= end of DATA). DATA may be empty when only framing was read.
 *   RESULT_MORE       nothing can be said without more input; USED bytes of framing are to be consumed first. What stays
 *                     is less than 300 bytes, or less than 8 KiB within trailers: the caller keeps it and adds to it
 *   RESULT_END        the body has ended; USED bytes of framing (last chunk, trailers) are to be consumed
 *   RESULT_MALFORMED  FAULT says why (NO_MEMORY when ARENA has no room for trailers)
 *   RESULT_LIMIT      more than LIMIT body bytes came (BODY_LONG)
 * For BODY_UNTIL_CLOSE, BODY_STREAM and BODY_TUNNEL the end comes from outside: body_reader_finish.
 *
 * Source   RFC 9112, section 7; chunk extensions are read, limited to 256 bytes a chunk and 16 KiB a body, and dropped
 * Limits   chunk sizes up to 2^63-1; trailers 8 KiB, 32 fields
 * Owns     trailers are copied into ARENA (may be NULL: trailers are then checked and dropped)
 */
#ifndef BOUCLIER_HTTP_BODY_READER_H
#define BOUCLIER_HTTP_BODY_READER_H

#include "http/fault.h"
#include "message/head.h"

enum chunk_state { CHUNK_SIZE_LINE, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILERS, CHUNK_DONE };

struct body_reader {
	enum body_framing framing;
	enum chunk_state chunk;
	bool has_ended;
	uint64_t left;             /* of the length, or of this chunk */
	uint64_t taken_bytes;      /* body bytes handed out so far */
	uint64_t limit_bytes;
	uint32_t extension_bytes;
	uint32_t trailer_bytes, trailer_count;
	struct arena *arena;
	struct fields trailers;    /* count 0 when there were none */
	bool is_known;             /* BODY_STREAM: the length was announced, `left` counts it down */
	bool drops_trailers;       /* set for a response: fields not allowed in trailers are dropped. A request is refused */
};

void body_reader_init(struct body_reader *reader, struct body_size size, uint64_t limit_bytes, struct arena *arena);
enum result body_reader_next(struct body_reader *reader, struct span input, struct span *data, size_t *used,
                             enum http_fault *fault) must_check;
/* The carrier has ended. RESULT_MALFORMED (BODY_SHORT) when the framing expected more. */
enum result body_reader_finish(struct body_reader *reader, enum http_fault *fault) must_check;

/* May this field come after the body (RFC 9110, section 6.5.1)? Framing, routing, authentication, content and everything
 * the house itself decides by may not. */
bool trailer_is_allowed(const struct field *field);

/* True as soon as the last piece has been handed out; for chunked, when RESULT_END was said. */
static inline bool body_reader_has_ended(const struct body_reader *reader)
{
	return reader->has_ended;
}

#endif
