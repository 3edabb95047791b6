/* A listening socket that the keeper bound: takes connections in batches, and lives through the lack of descriptors.
 *
 * When there is no descriptor left (EMFILE, ENFILE), the connection waiting first would wait for ever and the loop would
 * spin on it: a spare descriptor is given up, the connection taken and closed at once, and the spare taken back. If even
 * that fails, or memory is short, the listener rests for LISTENER_REST_MS (fails open: connections that are there go on).
 *
 * Owns     the descriptor and the spare
 * Limits   LISTENER_BATCH connections a call, so that one busy listener does not starve the connections of its worker
 * Threads  one worker's
 */
#ifndef BOUCLIER_NET_LISTENER_H
#define BOUCLIER_NET_LISTENER_H

#include "base/address.h"
#include "base/loop.h"

#define LISTENER_BATCH 64
#define LISTENER_REST_MS 100

struct listener {
	struct watch watch;
	struct loop *loop;
	struct timer rest;
	int fd;                      /* -1 after listener_done; watch.fd is -1 while it rests */
	int spare_fd;
	bool is_stopped;
	struct endpoint local;       /* bound to */
	/* Called with each connection: non-blocking, close-on-exec, TCP_NODELAY. It owns FD. */
	void (*accepted)(struct listener *listener, int fd, const struct endpoint *peer);
	void *context;               /* the caller's */
	uint64_t accepted_count, shed_count, rest_count;
};

/* Adopts FD: watched by LOOP, level-triggered. RESULT_IO when it is no listening socket, or the loop refuses it; FD is then
 * still the caller's. */
enum result listener_start(struct listener *listener, struct loop *loop, int fd,
                           void (*accepted)(struct listener *, int, const struct endpoint *), void *context) must_check;
/* Takes what waits, at most LISTENER_BATCH; the watch calls it. Number of connections given to `accepted`. */
unsigned listener_take(struct listener *listener);
/* Takes no more: the socket stays open, for another process may serve it. */
void listener_stop(struct listener *listener);
/* Stops and closes; the struct may be freed a job later (base/loop.h). */
void listener_done(struct listener *listener);
/* The local endpoint of a connection (for a listener on 0.0.0.0). */
enum result listener_local(int fd, struct endpoint *out) must_check;

#endif
