/* The parts of the hub, and what each knows of the others: made in the order in which they need one another, let go the other way round.
 *
 * Owns     everything that it makes; the loop, the start and the configuration are the caller's
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_WIRE_H
#define BOUCLIER_HUB_WIRE_H

#include "base/complaint.h"
#include "base/loop.h"
#include "hub/settings/hand_over.h"
#include "process/role_hub.h"

struct hub_parts;

struct hub_wires {
	struct loop *loop;
	const struct channel *keeper;
	const struct hub_start *start;        /* its descriptors are taken over */
	const struct hub_config *config;
	int journal_fd;                       /* the caller's */
};

/* The sandbox is closed. What cannot be had is complained of; RESULT_... is of the first part that could not. Availability: without its address, or with a certificate
 * that is none, it answers its socket, and follows all the same. */
enum result hub_parts_new(const struct hub_wires *wires, struct complaints *complaints, struct hub_parts **out) must_check;
/* There is a process that sends, at the other end of FD. */
void hub_parts_attach_send(struct hub_parts *parts, int fd);
/* The keeper answers what was asked of it. */
void hub_parts_answer(struct hub_parts *parts, const struct edge_order *order);
/* What may be read only before the process is confined. */
void hub_parts_prepare(void);
/* NULL is nothing. */
void hub_parts_free(struct hub_parts *parts);

#endif
