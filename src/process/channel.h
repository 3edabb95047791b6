/* Messages with descriptors between the keeper and a role: one sequenced-packet socket each.
 *
 * Shape    {kind, body length, id} then the body; descriptors ride along (SCM_RIGHTS)
 * Limits   CHANNEL_BODY_MAX bytes and CHANNEL_FDS_MAX descriptors a message; a larger one is RESULT_MALFORMED and gone
 * Owns     the descriptor of the channel; a received message's descriptors are the receiver's (channel_drop)
 * Threads  send from any thread; receive from one
 */
#ifndef BOUCLIER_PROCESS_CHANNEL_H
#define BOUCLIER_PROCESS_CHANNEL_H

#include "base/span.h"

#define CHANNEL_BODY_MAX 8192u
#define CHANNEL_FDS_MAX 64u
#define CHANNEL_ROLE_FD 3      /* where a role finds its end */
#define CHANNEL_TEXT_MAX 65536u

enum channel_kind {
	/* keeper -> role */
	CHANNEL_START = 1,     /* the first message of every role */
	CHANNEL_LISTENERS,     /* some of the listeners of the START or PREPARE before it */
	CHANNEL_GO,            /* nothing more belongs to that START or PREPARE */
	CHANNEL_PREPARE,       /* edge: build this generation */
	CHANNEL_DRAIN,         /* hub, send: end. edge: no new connections; finish what runs, then exit 0 */
	CHANNEL_RELOAD_RESULT, /* edge: the answer to every RELOAD with an id up to this one */
	CHANNEL_SERVE,         /* resolve: one more asker; hub, send: the other one */
	CHANNEL_ANSWER,        /* the answer to the CONFIRM, BACK or CHANGE with this id */
	/* role -> keeper */
	CHANNEL_READY,         /* edge, resolve, hub: serving */
	CHANNEL_FAILED,        /* could not start, or could not build generation ID; a text descriptor */
	CHANNEL_BUILT,         /* edge: generation ID is live */
	CHANNEL_REPLACE,       /* edge: generation ID cannot be taken in place; start a fresh edge with it */
	CHANNEL_RELOAD,        /* edge: somebody asks for a reload */
	CHANNEL_CONFIRM,       /* edge: what serves stays */
	CHANNEL_BACK,          /* edge: what serves, and waits to be confirmed, is to give way */
	CHANNEL_CHANGE,        /* who may (role_ask_change): texts to be checked, and put in place */
	CHANNEL_KIND_COUNT,
};

struct channel {
	int fd;  /* -1: closed */
};

struct channel_message {
	enum channel_kind kind;
	uint64_t id;
	size_t len;
	size_t fd_count;
	int fds[CHANNEL_FDS_MAX];
	_Alignas(8) char body[CHANNEL_BODY_MAX];
};

/* Both ends are close-on-exec and non-blocking. */
enum result channel_pair(struct channel *a, struct channel *b) must_check;
void channel_close(struct channel *channel);

/* Waits at most WAIT_MS for room in the socket: RESULT_TIMEOUT. RESULT_END: the other side is gone. The descriptors stay
 * the caller's (the other side gets copies). */
enum result channel_send(const struct channel *channel, enum channel_kind kind, uint64_t id, struct span body,
                         const int *fds, size_t fd_count, int wait_ms) must_check;
/* RESULT_MORE: nothing there. RESULT_END: the other side is gone. RESULT_MALFORMED: dropped. */
enum result channel_receive(const struct channel *channel, struct channel_message *out) must_check;
/* The same, waiting at most WAIT_MS (-1: for ever): RESULT_TIMEOUT. */
enum result channel_wait(const struct channel *channel, int wait_ms, struct channel_message *out) must_check;
/* Closes the descriptors of MESSAGE that nobody took. A receiver takes one by channel_take. */
void channel_drop(struct channel_message *message);
/* Descriptor INDEX, now the caller's; -1 when there is none. */
int channel_take(struct channel_message *message, size_t index);

/* A memfd that holds TEXT (cut at CHANNEL_TEXT_MAX), or -1. */
int channel_text_fd(struct span text);
/* Reads it into OUT (CHANNEL_TEXT_MAX at most), never by mapping: the writer could pull it away under us. */
size_t channel_text_read(int fd, char *out, size_t size);

#endif
