/* The interfaces of this machine, as rtnetlink tells them: which there are, what each is made of, and what is attached to it.
 *
 * Limits   LINKS_MAX interfaces; more are left out
 * Owns     nothing
 * Threads  values
 */
#ifndef BOUCLIER_PACKET_LOADER_LINKS_H
#define BOUCLIER_PACKET_LOADER_LINKS_H

#include <net/if.h>

#include "base/span.h"

#define LINKS_MAX 1024u
#define LINK_KIND_MAX 16u

enum link_xdp { LINK_XDP_NONE, LINK_XDP_NATIVE, LINK_XDP_GENERIC, LINK_XDP_OTHER };

struct link_seen {
	char name[IFNAMSIZ], kind[LINK_KIND_MAX];  /* kind: "vlan", "bond", "veth"; empty: a device */
	unsigned index, parent, master;            /* parent: of a VLAN; master: the bond it is a member of. 0: none */
	unsigned mtu;
	bool is_up, is_loopback;
	enum link_xdp xdp;
	uint32_t program;                          /* id of what is attached; 0: nothing */
};

struct links_seen {
	struct link_seen list[LINKS_MAX];
	unsigned count;
};

/* RESULT_IO: errno tells. */
enum result links_look(struct links_seen *out) must_check;
const struct link_seen *links_find(const struct links_seen *links, struct span name);
const struct link_seen *links_find_index(const struct links_seen *links, unsigned index);
/* Reads the messages of a dump, COUNT bytes. RESULT_MORE: the dump goes on; RESULT_OK: it is over; RESULT_MALFORMED: cut messages, or an error. */
enum result links_read(struct links_seen *links, const void *bytes, size_t count) must_check;

#endif
