/* Asks the running controller (`bouclier packet run`) what it knows of the last minute: which networks and UDP ports the dropped packets come from (top.h), since when it serves,
 * and for how many shields. For `bouclier packet` and for whoever tells of an attack.
 *
 * Limits   one connection, one answer, WAIT_MS for it
 * Owns     nothing
 * Threads  any
 */
#ifndef BOUCLIER_PACKET_CONTROL_ASK_H
#define BOUCLIER_PACKET_CONTROL_ASK_H

#include "base/span.h"
#include "packet/control/orders.h"

#define PACKET_ASK_MS 2000

/* PATH: packet_filter_settings.socket. RESULT_NOT_FOUND: nobody listens there; RESULT_REFUSED: it does not answer this user (root and the shield's are), or is older and does not
 * know the question; RESULT_TIMEOUT; RESULT_MALFORMED: not an answer; RESULT_IO: errno tells. */
enum result packet_ask_top(struct span path, int wait_ms, struct packet_top *out) must_check;
/* A connection to the controller, that waits WAIT_MS at most for each message. -1: errno tells. */
int packet_dial(struct span path, int wait_ms);

#endif
