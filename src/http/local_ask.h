/* A question to a server of this machine (the admin socket), and its answer, as bytes: HTTP/1.1, one request a connection.
 *
 * Limits   a head of an answer LOCAL_ASK_HEAD_BYTES
 * Owns     nothing: what is read points into BYTES
 * Threads  pure functions
 */
#ifndef BOUCLIER_HTTP_LOCAL_ASK_H
#define BOUCLIER_HTTP_LOCAL_ASK_H

#include "base/buffer.h"

#define LOCAL_ASK_HEAD_BYTES 65536u

/* TARGET is a path, with a query or without. BODY is JSON; empty: none. RESULT_LIMIT, RESULT_NO_MEMORY of OUT. */
enum result local_ask_write(struct span method, struct span target, struct span body, struct buffer *out) must_check;
/* BYTES: all that came until the server closed. RESULT_MALFORMED: no whole answer; RESULT_NO_MEMORY. OUT is untouched then. */
enum result local_ask_read(struct span bytes, unsigned *status, struct span *body) must_check;

#endif
