/* The roles of the other program, `bouclier-hub --role hub` and `--role send`: what the keeper tells them, and how they confine themselves.
 *
 *   hub    START with its image and the descriptors that it listens on; then SERVE, whenever there is a new send, with an end of a pair to it
 *   send   START; then SERVE, whenever there is a new hub, with the other end
 *          ANSWER, to what it asked (role_ask_change)
 *   both   DRAIN, or the end of the channel: end now
 *
 * The pair is a stream socket, non-blocking, close-on-exec. A new one takes the place of the one before, which is dead or about to be.
 *
 * Owns     what an order brings is the receiver's
 * Threads  role_hub_confine before the first thread; the rest from one thread
 */
#ifndef BOUCLIER_PROCESS_ROLE_HUB_H
#define BOUCLIER_PROCESS_ROLE_HUB_H

#include "process/channel.h"
#include "process/image.h"
#include "process/role.h"
#include "process/sandbox.h"

struct hub_start {
	struct image image;      /* IMAGE_HUB, IMAGE_HUB_LISTENER, and IMAGE_FILE of the files that the hub's keys name */
	struct span settings;    /* of IMAGE_HUB, in the image */
	int socket_fd;           /* unix, listening, non-blocking */
	int listen_fd;           /* its address, likewise; -1: there is none */
};

enum hub_order_kind {
	HUB_ORDER_PEER,          /* FD: the other one */
	HUB_ORDER_ANSWER,        /* ANSWER: its text_fd, too, is the receiver's */
	HUB_ORDER_END,
};

struct hub_order {
	enum hub_order_kind kind;
	int fd;
	struct edge_order answer;
};

/* The keeper's channel, made close-on-exec. RESULT_REFUSED: nobody's descriptor 3 is a channel: a person typed it. */
enum result role_hub_channel(struct channel *out) must_check;
/* Blocks until the start has come. Anything but RESULT_OK: exit. OUT of a send is NULL. */
enum result role_hub_receive_start(const struct channel *keeper, struct hub_start *out) must_check;
/* SANDBOX_HUB or SANDBOX_SEND. RESULT_REFUSED: security, fails closed: exit. */
enum result role_hub_confine(enum sandbox_role role, const struct sandbox_view *views, size_t count) must_check;
enum result role_hub_ready(const struct channel *keeper) must_check;
/* It could not start, and exits; TEXT is for people. */
void role_hub_failed(const struct channel *keeper, struct span text);
/* RESULT_MORE: nothing there. That the keeper is gone is HUB_ORDER_END. */
enum result role_hub_receive(const struct channel *keeper, struct hub_order *out) must_check;
/* The same, until there is one. */
enum result role_hub_wait(const struct channel *keeper, struct hub_order *out) must_check;

#endif
