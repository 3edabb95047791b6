/* Prints heads and chunk framing canonically for HTTP/1.1. The caller decides which fields go; this decides how they
 * look: "Name: value\r\n", one space, no folding. A name or value that could break a line is refused with
 * RESULT_MALFORMED and never written (fails closed), even though the readers let none through.
 */
#ifndef BOUCLIER_HTTP_HEAD_WRITER_H
#define BOUCLIER_HTTP_HEAD_WRITER_H

#include "base/buffer.h"
#include "message/head.h"

/* "GET /path?query HTTP/1.1\r\n". METHOD, PATH and QUERY come from a head that a reader accepted. */
enum result request_line_write(struct span method, struct span path, bool has_query, struct span query, struct buffer *out) must_check;
/* "HTTP/1.1 200 OK\r\n" */
enum result status_line_write(unsigned status, struct span reason, struct buffer *out) must_check;
enum result field_write(struct span name, struct span value, struct buffer *out) must_check;
enum result head_end_write(struct buffer *out) must_check;

#define CHUNK_HEAD_MAX 18
/* "1f40\r\n": the line before COUNT (> 0) bytes of data. Returns its length. After the data comes CRLF. */
size_t chunk_head_write(uint64_t count, char out[CHUNK_HEAD_MAX]);
/* A whole chunk of DATA (not empty): its line, the data, CRLF. */
enum result chunk_write(struct span data, struct buffer *out) must_check;
/* "0\r\n", the trailers if any, "\r\n". */
enum result chunk_end_write(const struct fields *trailers, struct buffer *out) must_check;

/* Is this field about the connection, not the message (RFC 9110, 7.6.1)? Connection, Keep-Alive, Proxy-Connection, TE,
 * Transfer-Encoding, Upgrade, HTTP2-Settings, Proxy-Authenticate*, and whatever CONNECTION names. The last is asked by
 * fields_has_token(fields, FIELD_CONNECTION, name) only when there is such a list with more than close/keep-alive/upgrade. */
bool field_is_hop_by_hop(const struct fields *fields, const struct field *field);

#endif
