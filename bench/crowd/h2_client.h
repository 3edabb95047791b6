/* A connection's HTTP/2, client side: the one file of the crowd that knows nghttp2.
 *
 * Shape   bytes in, answers out: h2_client_read takes what came, h2_client_next tells which streams ended; what is to be sent is
 *         drained by h2_client_write
 * Limits  H2_STREAMS_MAX streams at once; ANSWER tells fields only where one stream is open at a time, status and mark always
 * Owns    its session; the answer is the link's
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "ask.h"

#define H2_STREAMS_MAX 128

struct h2_client;

struct h2_client *h2_client_new(struct answer *answer);
void h2_client_free(struct h2_client *h2);

/* False: no more streams on this connection. CANCEL: reset right behind its head. */
bool h2_client_ask(struct h2_client *h2, const struct ask *ask);
bool h2_client_cancel_last(struct h2_client *h2);

/* False: the connection is of no use any more. */
bool h2_client_read(struct h2_client *h2, const char *bytes, size_t len);

/* The next piece to send, 0 bytes: none. It lives until the next call. */
size_t h2_client_write(struct h2_client *h2, const char **bytes);

/* True: a stream has ended with STATUS (0: reset by the server). */
bool h2_client_next(struct h2_client *h2, int *status, bool *is_page);

/* The server has said GOAWAY: no new streams. */
bool h2_client_ends(const struct h2_client *h2);
