/* Reads one HTTP/1.1 reply as it arrives. Bodies are counted; who sets KEPT has their first bytes.
 *
 * Shape   a status line and fields, then a body told by Content-Length, by chunks or by the end of the connection
 * Source  RFC 9112, section 6.3; trusting where a proxy must be strict: this reads what our own subjects answer
 * Limits  a head of at most REPLY_HEAD_MAX bytes
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_HEAD_MAX 4096

enum reply_result { REPLY_MORE, REPLY_DONE, REPLY_MALFORMED };
enum reply_part { REPLY_HEAD, REPLY_BODY_COUNTED, REPLY_BODY_TO_END, REPLY_CHUNK_SIZE, REPLY_CHUNK_DATA, REPLY_TRAILER };

struct reply {
	enum reply_part part;
	int status;
	bool closes;          /* the server will close the connection after this reply */
	uint64_t left;        /* bytes of body (or of this chunk, its CRLF included) still to come */
	uint64_t line;        /* bytes in the current line of chunk framing */
	char *kept;           /* the caller's, NUL-terminated when the reply is done; NULL: nothing is kept */
	size_t kept_size, kept_len;
	size_t head_bytes;
	char head[REPLY_HEAD_MAX];
};

void reply_reset(struct reply *reply);

/* Takes the next LEN bytes. REPLY_DONE as soon as the reply is complete. */
enum reply_result reply_read(struct reply *reply, const char *bytes, size_t len);

/* The connection ended: a whole reply, or a broken one? */
enum reply_result reply_end(const struct reply *reply);
