/* The client's end of a unix socket, asked by whoever may wait: commands, and what talks to a program beside ours.
 *
 * Units    UNTIL_MS is of CLOCK_MONOTONIC
 * Owns     the descriptor is the caller's; it never blocks
 * Threads  any
 */
#ifndef BOUCLIER_BASE_LOCAL_SOCKET_H
#define BOUCLIER_BASE_LOCAL_SOCKET_H

#include "base/span.h"

/* RESULT_NOT_FOUND: nobody listens there; RESULT_REFUSED: it is not for this user; RESULT_TIMEOUT: too many wait already; RESULT_IO. */
enum result local_socket_connect(struct span path, int *out) must_check;
/* EVENTS of poll(2). RESULT_TIMEOUT, RESULT_IO. RESULT_OK may be too early. */
enum result local_socket_wait(int fd, short events, uint64_t until_ms) must_check;
/* All of BYTES. RESULT_END: the other side has gone, or has stopped to read; RESULT_TIMEOUT, RESULT_IO. */
enum result local_socket_send(int fd, struct span bytes, uint64_t until_ms) must_check;

#endif
