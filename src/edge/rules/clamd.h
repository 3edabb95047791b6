/* A virus scanner (clamd), asked about one content after the other over the worker's loop: connect, INSTREAM, its answer, close.
 *
 * Source   clamd(8), INSTREAM
 * Limits   SCANS_MAX at a time of a worker, SCANS_OF_ONE_MAX of them with one scanner, others wait for their turn; a scan takes WAIT_MS at most, its turn included. How large
 *          a content may be, clamd says too (StreamMaxLength)
 * Owns     a scan owns its socket; not the content, which must live as long as it
 * Threads  its worker's
 *
 * Security, fails closed: whatever is not the scanner's own word that a content is clean is a failure, and says which.
 */
#ifndef BOUCLIER_EDGE_CLAMD_H
#define BOUCLIER_EDGE_CLAMD_H

#include <sys/socket.h>

#include "base/loop.h"
#include "base/span.h"

#define SCANS_MAX 8u
#define SCANS_OF_ONE_MAX 4u  /* a scanner that hangs leaves room for those of other sites */

struct clamd_address {
	struct sockaddr_storage to;
	socklen_t len;               /* 0: there is no scanner */
};

/* "unix:/run/clamav/clamd.ctl", or "127.0.0.1:3310". RESULT_MALFORMED; RESULT_LIMIT: the path is too long for a socket. */
enum result clamd_address_read(struct span text, struct clamd_address *out) must_check;

/* A worker's. */
struct clamd_queue {
	struct loop *loop;
	unsigned busy;
	struct list waiting, at_work;
	struct job next;
};

void clamd_queue_init(struct clamd_queue *queue, struct loop *loop);

struct scan;

struct scan_birth {
	struct clamd_queue *queue;
	const struct clamd_address *address;  /* must live as long as the scan */
	struct span content;
	uint64_t wait_ms;
	void (*over)(void *owner);              /* called once, never from within scan_new */
	void *owner;
};

/* NULL: no memory. */
struct scan *scan_new(const struct scan_birth *birth) must_check;
/* RESULT_MORE: not over; RESULT_OK: clean; RESULT_REFUSED: infected, NAME says with what (good until scan_free); RESULT_TIMEOUT,
 * RESULT_IO: it could not be asked; RESULT_LIMIT, RESULT_MALFORMED: what it said is no verdict. */
enum result scan_result(const struct scan *scan, struct span *name) must_check;
bool scan_is_of(const struct scan *scan, struct span content);
struct span scan_content(const struct scan *scan);
/* Whether it is over or not. NULL is none. */
void scan_free(struct scan *scan);

#endif
