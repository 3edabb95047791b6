/* What the fields of a head decide together, once every line has been read: whose message it is, where its body ends,
 * whether the connection goes on. This is where request smuggling lives; all of it fails closed.
 *
 * Source   RFC 9112, sections 3.2 (Host), 6 (body length), 9 (connection); RFC 9110, 7.8 (Upgrade), 10.1.1 (Expect)
 */
#ifndef BOUCLIER_HTTP_FRAMING_H
#define BOUCLIER_HTTP_FRAMING_H

#include "http/head_reader.h"

/* Sets host, port, authority, body, wants_close and expects_continue of HEAD, whose target has been split. */
enum result request_framing_read(struct request_head *head, const struct http_limits *limits, enum http_fault *fault) must_check;
/* Sets body and wants_close; equal copies of Content-Length are reduced to the first in the field list. */
enum result response_framing_read(struct response_head *head, const struct http_limits *limits, enum method method,
                                  enum http_fault *fault) must_check;
/* For a head that is refused anyway: its host, when there is exactly one and it is valid, so that an event can name it. */
void request_host_represent(struct request_head *head);

#endif
