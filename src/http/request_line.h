/* The request line, and what its target means.
 *
 * Shape    method SP request-target SP "HTTP/1." ("0" | "1") CRLF, one space each; one empty line before it is skipped
 * Source   RFC 9112, sections 2.2 and 3
 * Limits   the method is at most METHOD_BYTES_MAX
 * Owns     nothing: spans point into the input
 */
#ifndef BOUCLIER_HTTP_REQUEST_LINE_H
#define BOUCLIER_HTTP_REQUEST_LINE_H

#include "http/fault.h"
#include "message/head.h"

#define METHOD_BYTES_MAX 32
/* A line of more bytes than this and its target limit, not ended, is a fault whatever follows. */
#define REQUEST_LINE_EXTRA (2 + METHOD_BYTES_MAX + 1 + 1 + 9)

/* Sets method, target and version as far as they were read, and moves AT past the line. RESULT_OK, MORE, MALFORMED. */
enum result request_line_read(const char **at, const char *end, size_t target_max, struct request_head *head,
                              enum http_fault *fault) must_check;

/* Sets path and query, and scheme, authority, host and port of an absolute form, from head->target. CONNECT is a fault. */
enum result request_target_split(struct request_head *head, enum http_fault *fault) must_check;

#endif
