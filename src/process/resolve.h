/* Host names become addresses in a process of their own: the system's resolver reads files, loads modules and waits, and
 * none of that belongs into the edge. The same process asks OCSP responders (fetch.h), for the same reasons.
 *
 * Limits   RESOLVE_ADDRESSES_MAX addresses an answer; two questions at a time, RESOLVE_LIST_THREADS to blocklists and RESOLVE_CONFIRM_THREADS about
 *          addresses, RESOLVE_QUEUE_MAX of each waiting, then RESOLVE_BUSY at once. One responder at a time, none waiting. A question may stay unanswered (the
 *          process died): the asker keeps the clock
 * Threads  a client belongs to one thread
 */
#ifndef BOUCLIER_PROCESS_RESOLVE_H
#define BOUCLIER_PROCESS_RESOLVE_H

#include "base/address.h"
#include "base/span.h"
#include "process/channel.h"
#include "process/fetch.h"

#define RESOLVE_HOST_MAX 254u       /* with NUL */
#define RESOLVE_ADDRESSES_MAX 32u
#define RESOLVE_QUEUE_MAX 64u
#define RESOLVE_LIST_THREADS 16u   /* their own, so that no origin's name waits for a list that does not answer */
#define RESOLVE_CONFIRM_THREADS 8u /* likewise: whoever asks us for a page chooses which name server is asked about him */

enum resolve_status {
	RESOLVE_FOUND,
	RESOLVE_NONE,     /* no such name, or no address */
	RESOLVE_AGAIN,    /* the resolver failed for now */
	RESOLVE_BUSY,
	RESOLVE_FETCHED,  /* the answer to resolve_client_fetch: bytes, as the responder sent them */
	RESOLVE_FAILED,   /* the same: bytes are a few words of why there are none */
	RESOLVE_CONFIRMED,/* the answer to resolve_client_confirm: bytes are the address's name */
	RESOLVE_STATUSES,
};

struct resolve_answer {
	uint64_t id;
	enum resolve_status status;
	unsigned count;
	struct address addresses[RESOLVE_ADDRESSES_MAX];  /* in the order of the system's preference, no doubles */
	size_t len;
	char bytes[FETCH_RESPONSE_MAX];
};

/* FD is edge_start.resolve_fd. Choose ids at random once, then count: an answer to an edge that died must not fit.
 * RESULT_MORE: the socket is full, try later. RESULT_LIMIT, RESULT_MALFORMED: not a host name. */
enum result resolve_client_ask(int fd, uint64_t id, struct span host) must_check;
/* What a DNS blocklist says of NAME ("4.3.2.1.zone"), which is asked as it is, never below another domain. Answered like a host,
 * IPv4 only; no host waits for a slow list. */
enum result resolve_client_ask_list(int fd, uint64_t id, struct span name) must_check;
/* Which name ADDRESS has (PTR) that has this address (A, AAAA): forward-confirmed reverse DNS, in one question. CONFIRMED; NONE: it has no name, or one that
 * does not confirm it; AGAIN, BUSY. RESULT_MORE: the socket is full. */
enum result resolve_client_confirm(int fd, uint64_t id, const struct address *address) must_check;
/* An OCSP request to the responder at URL. Answered by FETCHED, FAILED or BUSY, within FETCH_WAIT_S and the time that its name
 * takes. RESULT_MORE: the socket is full. RESULT_LIMIT, RESULT_MALFORMED: nothing to ask. */
enum result resolve_client_fetch(int fd, uint64_t id, struct span url, struct span request) must_check;
/* RESULT_MORE: nothing yet. RESULT_MALFORMED: dropped. */
enum result resolve_client_read(int fd, struct resolve_answer *out) must_check;

/* The role itself: serves until the channel closes. Exit code. */
int resolve_run(struct channel *keeper);

#endif
