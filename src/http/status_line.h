/* The status line of an origin.
 *
 * Shape    "HTTP/1." ("0" | "1") SP 3DIGIT [SP reason-phrase] CRLF; the phrase may be missing with its space, and white
 *          space around it is dropped: some origins do that, and no one reads a boundary from it
 * Source   RFC 9112, section 4
 * Limits   status 100..599
 */
#ifndef BOUCLIER_HTTP_STATUS_LINE_H
#define BOUCLIER_HTTP_STATUS_LINE_H

#include "http/fault.h"
#include "message/head.h"

/* Sets version, status and reason, and moves AT past the line. RESULT_OK, MORE, MALFORMED. */
enum result status_line_read(const char **at, const char *end, struct response_head *head, enum http_fault *fault) must_check;

#endif
