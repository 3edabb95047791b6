/* One connection to an origin: at work for one request, or kept idle for the next.
 *
 * Whoever has it is its owner: every edge calls ADVANCE(owner), the same function for all of its life, and the owner asks
 * what it wants to know. What an idle one hears closes it.
 *
 * Limits   kept_connections a worker and origin, kept_ms each
 * Owns     the transport and two buffers; holds its origin
 * Threads  its worker's
 */
#ifndef BOUCLIER_ORIGIN_CONNECTION_H
#define BOUCLIER_ORIGIN_CONNECTION_H

#include "base/loop.h"
#include "net/transport.h"
#include "origin/pool.h"

/* What one worker keeps. */
struct origin_worker {
	struct loop *loop;
	struct origins *origins;
	void (*advance)(void *owner);
	struct list *idle;        /* by slot; newest last */
	unsigned *idle_counts;    /* by slot */
	unsigned slots;
	unsigned idle_count, open_count;
	bool is_closing;          /* keeps none any more */
};

enum origin_stage { ORIGIN_CONNECTING, ORIGIN_GREETING, ORIGIN_HANDSHAKING, ORIGIN_OPEN, ORIGIN_IDLE, ORIGIN_CLOSED };

struct origin_connection {
	struct watch watch;
	struct transport transport;
	struct origin_worker *worker;
	struct origin *origin;
	void *owner;
	struct endpoint endpoint; /* where it leads, and the origin's list of when that was known to be right */
	unsigned endpoints_version;
	enum origin_stage stage;
	bool is_reused;           /* was kept: a failure before the first byte may be its age, not the origin's fault */
	bool is_raw;              /* set by the owner of a new one: whatever the origin's URL says, no TLS of ours */
	bool has_hung_up;
	struct buffer in, out;
	uint32_t appetite;
	struct timer kept;
	struct list node;
	struct job last;          /* frees it when nothing of this round can name it */
};

enum result origin_worker_init(struct origin_worker *worker, struct loop *loop, struct origins *origins, void (*advance)(void *owner)) must_check;
/* Closes every kept connection. */
void origin_worker_done(struct origin_worker *worker);

/* A kept connection to ORIGIN, to where its name leads now, or NULL. IS_ONCE: what is to be sent cannot be sent twice, so the kernel is
 * asked whether the other end is still there. */
struct origin_connection *origin_connection_reuse(struct origin_worker *worker, struct origin *origin, bool is_once, void *owner) must_check;
/* A new one, on its way. RESULT_NOT_FOUND: no address yet. RESULT_IO: refused at once (errno says why). RESULT_LIMIT,
 * RESULT_NO_MEMORY: no descriptor, port or memory of ours is left, which says nothing about the origin. What is put
 * into `out` before it is open (a PROXY header) goes in front of TLS. */
enum result origin_connection_open(struct origin_worker *worker, struct origin *origin, void *owner, struct origin_connection **out) must_check;
/* RESULT_OK once it may be written to; RESULT_MORE; RESULT_IO, RESULT_REFUSED (TLS not accepted), RESULT_END:
 * transport_error tells more. */
enum result origin_connection_advance(struct origin_connection *connection) must_check;

/* Reads what has come into `in`, up to its room. RESULT_OK something came; RESULT_MORE nothing now (or no room);
 * RESULT_END; RESULT_IO. */
enum result origin_connection_fill(struct origin_connection *connection) must_check;
/* Writes `out`. RESULT_OK when it is empty; RESULT_MORE; RESULT_IO. */
enum result origin_connection_flush(struct origin_connection *connection) must_check;

/* Done with, in good order: kept if there is room, closed otherwise. */
void origin_connection_keep(struct origin_connection *connection, const struct origins_settings *settings);
void origin_connection_close(struct origin_connection *connection);

#endif
