/* The controller as a process: it beats while a shield's edge is connected, has bans and lifts from edges, tells them once a second what was counted, and keeps of the last minute
 * where what is dropped comes from (top.h), for who asks (ask.h).
 *
 * Security, fails closed: only the user that edges run as, and root, may talk to it; a message that is not whole orders ends its connection.
 * Availability, fails open: without an edge, or without the controller, the program asks for no ban and no budget after PACKET_HEARTBEAT_NS.
 *
 * Limits   CONTROL_EDGES_MAX connections at once; one more pushes out nobody
 * Threads  one, the caller's, until SIGTERM or SIGINT, or until the filter is taken off
 */
#ifndef BOUCLIER_PACKET_CONTROL_SERVE_H
#define BOUCLIER_PACKET_CONTROL_SERVE_H

#include <sys/types.h>

#include "packet/control/control.h"
#include "packet/control/orders.h"

#define CONTROL_EDGES_MAX 8u

struct control_edges;

struct control_plan {
	struct control *control;     /* NULL: no filter is attached */
	int listener_fd;             /* sequenced-packet, listening, non-blocking; the caller's */
	int pin_fd;                  /* O_PATH of a pinned map: when its name is gone, so is the filter; the caller's */
	int folder_fd;               /* O_PATH of the folder above all pins: when one comes or goes in it, what is attached is not what is served any more; -1: not looked at */
	/* What else is served: called each second, may tell EDGES. False: it was taken off. NULL: nothing is. */
	bool (*each_second)(void *context, const struct control_edges *edges);
	void *context;
	uid_t edge_uid;
	uint16_t ephemeral_first, ephemeral_last;  /* ports that the kernel draws from: an edge may have them exposed, and not protected. 1, 0: none */
};

/* TAKEN_OFF: nothing is left. CHANGED: something was attached or taken off, and the caller has no right to open what there is now. */
enum control_end { CONTROL_STOPPED, CONTROL_TAKEN_OFF, CONTROL_CHANGED, CONTROL_FAILED };

/* One message to every edge. Who does not read misses it. */
void control_tell(const struct control_edges *edges, const void *message, size_t len);

/* READY is called when it serves. */
enum control_end control_serve(const struct control_plan *plan, void (*ready)(void)) must_check;

#endif
