/* Who always passes, whatever a list, a ban or a budget says: those through whom this machine is kept, and those it cannot do without.
 *
 *   management    networks of the configuration
 *   origin        the portals' own servers, of the configuration
 *   SSH           the peer of this very session, and all who have a connection to sshd's port
 *   gateways      the default routes, IPv4 and IPv6
 *   resolvers     nameserver lines
 *
 * Looked up when something is attached or a list is loaded; what changes later is known at the next of them. Addresses can be forged: what
 * is spared is spared of being dropped for where it comes from, no more.
 *
 * Limits   SPARED_MAX networks, SPARED_FILE_BYTES of each file
 * Owns     nothing
 * Threads  one at a time. Availability, fails open: a file that cannot be read is noted, and the others are read
 */
#ifndef BOUCLIER_PACKET_SPARED_H
#define BOUCLIER_PACKET_SPARED_H

#include "base/address.h"
#include "base/complaint.h"
#include "packet/lists/prefixes.h"

#define SPARED_MAX 1024u
#define SPARED_FILE_BYTES ((size_t)4 << 20)
#define SPARED_PORTS_MAX 16u

enum spared_why { SPARED_MANAGEMENT, SPARED_ORIGIN, SPARED_SSH, SPARED_GATEWAY, SPARED_RESOLVER, SPARED_WHYS };

struct spared {
	struct spared_one {
		struct network network;
		enum spared_why why;
	} list[SPARED_MAX];
	unsigned count;
	unsigned left_out;                       /* for want of room; one that is there already is not counted */
	uint16_t ssh_ports[SPARED_PORTS_MAX];
	unsigned ssh_port_count;
	bool has_more_ports;                     /* than there is room for */
};

/* Where it is looked: other places in tests. NULL: the machine's own. */
struct spared_files {
	const char *ssh_connection;              /* the variable's text, "" for none */
	const char *sshd_config;                 /* what it includes by a relative name lies beside it */
	const char *const *unit_folders;         /* of systemd, up to a NULL */
	const char *tcp, *tcp6;
	const char *route, *route6;
	const char *resolv;
};

const char *spared_why_name(enum spared_why why);
void spared_init(struct spared *spared);
void spared_add(struct spared *spared, const struct network *network, enum spared_why why);
/* One address; of this machine itself or none at all: nothing to add. */
void spared_add_address(struct spared *spared, const struct address *address, enum spared_why why);
/* Decimal, 1 to 65535; anything else: nothing to add. sshd is reached there. */
void spared_add_port(struct spared *spared, struct span text);
/* Adds all that the machine says. Files that cannot be read are warned of in COMPLAINTS, but for those that need not be there. */
void spared_look(struct spared *spared, const struct spared_files *files, struct complaints *complaints);
/* RESULT_NO_MEMORY. OUT is not merged. */
enum result spared_prefixes(const struct spared *spared, struct packet_prefixes *out) must_check;

/* -- the parsers: bounded, and what they do not understand is skipped -- */

/* "192.0.2.1 50000 192.0.2.2 22": the peer, and the port of this end. */
void spared_read_ssh_connection(struct spared *spared, struct span text);
/* /proc/net/tcp and tcp6: peers of established connections to ssh_ports. */
void spared_read_tcp(struct spared *spared, struct span text);
/* /proc/net/route; /proc/net/ipv6_route: the gateways of default routes. */
void spared_read_route(struct spared *spared, struct span text);
void spared_read_route6(struct spared *spared, struct span text);
/* resolv.conf(5) */
void spared_read_resolv(struct spared *spared, struct span text);

#endif
