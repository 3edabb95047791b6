/* TCP sockets that are bound to an interface, as the kernel's sock_diag tells them: one that is bound to a VLAN is not found by a program before the interface below it.
 *
 * Limits   BOUND_MAX interfaces; sockets of further ones are left out
 * Source   sock_diag(7)
 * Owns     nothing
 * Threads  values
 */
#ifndef BOUCLIER_PACKET_LOADER_BOUND_H
#define BOUCLIER_PACKET_LOADER_BOUND_H

#include "base/span.h"

#define BOUND_MAX 64u

struct bound_sockets {
	struct bound {
		unsigned interface, sockets;  /* index, and how many are bound to it */
		uint16_t port;                /* of one of them */
	} list[BOUND_MAX];
	unsigned count;
};

/* RESULT_IO: errno tells. */
enum result bound_look(struct bound_sockets *out) must_check;
/* Reads the messages of a dump, COUNT bytes. RESULT_MORE: the dump goes on; RESULT_OK: it is over; RESULT_MALFORMED: cut messages, or an error. */
enum result bound_read(struct bound_sockets *bound, const void *bytes, size_t count) must_check;

#endif
