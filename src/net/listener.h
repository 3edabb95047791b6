/* Listening sockets that the keeper bound, and taking connections from them through the lack of descriptors and memory.
 *
 * Watch them level-triggered and take a few connections a round. When there is no descriptor left (EMFILE, ENFILE), a
 * spare one that each thread holds is given up to take and reset LISTENER_SHED connections, which then know at once
 * instead of waiting; the caller rests a little and goes on (fails open: who is served goes on being served).
 *
 * Owns     one spare descriptor a thread, from its first listener_accept on
 * Threads  any number; a listening socket may be shared
 */
#ifndef BOUCLIER_NET_LISTENER_H
#define BOUCLIER_NET_LISTENER_H

#include "base/address.h"

#define LISTENER_SHED 16

/* Checks that FD is a listening TCP socket and makes it ready: non-blocking, close-on-exec, and TCP_NODELAY, which every
 * connection inherits (no call a connection). LOCAL is what it is bound to. RESULT_IO otherwise. */
enum result listener_adopt(int fd, struct endpoint *local) must_check;

/* The next connection, non-blocking and close-on-exec.
 *
 * RESULT_OK         FD is the caller's, PEER its other end
 * RESULT_MORE       nobody waits
 * RESULT_LIMIT      no descriptor left; some of those who waited were reset: rest, then go on
 * RESULT_NO_MEMORY  the kernel is short of memory: rest, then go on
 * RESULT_IO         the socket is no good
 * FD and PEER are untouched unless RESULT_OK. */
enum result listener_accept(int listening_fd, int *fd, struct endpoint *peer) must_check;
/* How many connections this process has reset for lack of descriptors. */
uint64_t listener_shed_count(void);

/* The local end of a connection, for a listener on 0.0.0.0 or [::]. */
enum result listener_local(int fd, struct endpoint *out) must_check;

#endif
