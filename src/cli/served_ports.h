/* The ports of TCP that the sites are reached at: one list for the kernel filter, for BGP and for the carrier's desk.
 *
 * Shape    the port of each listener but those of loopback, the one that citizens see in its place (public_port), and those of redirect_http, each once
 * Limits   SERVED_PORTS_MAX
 * Owns     values
 */
#ifndef BOUCLIER_CLI_SERVED_PORTS_H
#define BOUCLIER_CLI_SERVED_PORTS_H

#include "config/snapshot.h"

#define SERVED_PORTS_MAX 128u

struct served_ports {
	uint16_t list[SERVED_PORTS_MAX];
	unsigned count;
	bool is_known;             /* false: there are more, or something else stands in front (loopback alone, without public_port) and only it knows */
};

void served_ports_gather(const struct snapshot *snapshot, struct served_ports *out);
/* The same, and those of loopback: what leads visitors to them may stand behind the kernel filter. */
void served_ports_listened(const struct snapshot *snapshot, struct served_ports *out);
/* Those alone that this shield has a socket at, loopback's too: of the others something else on this host may have one, or leads them here. */
void served_ports_own(const struct snapshot *snapshot, struct served_ports *out);
bool served_ports_have(const struct served_ports *served, uint16_t port);
/* Adds PORT to LIST, of COUNT and room for MOST. False: no room. */
bool served_ports_add(uint16_t *list, unsigned *count, unsigned most, uint16_t port);

#endif
