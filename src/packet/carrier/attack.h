/* An attack as it was measured, for those who can do something about it further up: which packets, from where, to what.
 *
 * The caller fills it from whatever knows something: the line (link.h), the kernel's counters (network_counts.h), the kernel filter's
 * reasons and events (reason.h, layout.h), the shield's own refusals. Nothing in it is a guess.
 *
 * Units    packets and bytes over MEASURED_MS; times in ms since 1970
 * Limits   the lists' own; of sources the most frequent stay (a new one takes the place of the least), as networks: /24 of IPv4, /48 of IPv6
 * Owns     its values; `interfaces` and `sites` are the caller's
 * Threads  one at a time
 *
 * Privacy: only sources whose packets were refused are added, and never as single addresses.
 */
#ifndef BOUCLIER_PACKET_CARRIER_ATTACK_H
#define BOUCLIER_PACKET_CARRIER_ATTACK_H

#include "base/address.h"
#include "packet/carrier/link.h"
#include "packet/layout.h"

#define ATTACK_TARGETS_MAX 64u
#define ATTACK_PORTS_MAX 192u
#define ATTACK_VECTORS_MAX 24u
#define ATTACK_SOURCES_MAX 256u

/* What the packets are; what is asked of the carrier about each is in desk_words.c. HAS_PORT: by the port that they come from. */
#define ATTACK_VECTOR_LIST(X) \
	X(SYN, syn, "a flood of TCP SYNs") \
	X(OUT_OF_STATE, out_of_state, "TCP that belongs to no connection (ACK, SYN-ACK, RST)") \
	X(BAD_TCP, bad_tcp, "TCP with impossible flags or headers") \
	X(REFLECTED, reflected, "UDP from a port that reflects") \
	X(UDP, udp, "UDP to ports that nobody serves") \
	X(UNPROVEN, unproven, "UDP or ICMP from sources that send more than one may") \
	X(ICMP, icmp, "ICMP from sources that send more than one may") \
	X(FRAGMENT, fragment, "fragments") \
	X(ECHO, echo, "ICMP echo requests") \
	X(OTHER_PORT, other_port, "to ports that are not served") \
	X(LISTED, listed, "from networks that are denied or banned") \
	X(GREEDY, greedy, "from sources that send more than one may")

enum attack_vector {
#define ATTACK_VECTOR_ENUM(upper, lower, text) ATTACK_##upper,
	ATTACK_VECTOR_LIST(ATTACK_VECTOR_ENUM)
#undef ATTACK_VECTOR_ENUM
	ATTACK_VECTORS,
};

struct attack_part {
	enum attack_vector vector;
	uint16_t port;                       /* of ATTACK_REFLECTED: where it comes from; 0: not known */
	uint64_t packets, bytes;             /* bytes 0: not known */
};

struct attack_source {
	struct network network;
	uint64_t packets;
};

struct attack {
	uint64_t at_ms, measured_ms;         /* when the measure ended, and how long it took */
	uint64_t since_ms;                   /* the line has been filling since; 0: not known */
	enum link_state state;
	struct link_view link;
	uint64_t capacity;                   /* bits per second; 0: not known */
	struct span interfaces;              /* "eth0, eth1" */
	struct network targets[ATTACK_TARGETS_MAX];
	unsigned target_count;
	uint16_t ports[ATTACK_PORTS_MAX];    /* of TCP: what must stay reachable there */
	unsigned port_count;
	uint16_t kept[ATTACK_PORTS_MAX];     /* those, and the ones that the machine is run from; 0 of them: not known, and no other port may be dropped */
	unsigned kept_count;
	struct attack_part parts[ATTACK_VECTORS_MAX];
	unsigned part_count;
	uint64_t sampled_udp, sampled_icmp;  /* of ATTACK_UNPROVEN */
	struct attack_source sources[ATTACK_SOURCES_MAX];
	unsigned source_count;
	bool sources_are_banned;             /* `packets` of a source are not packets, but how many sources in it are banned */
	uint64_t source_packets;             /* of all that were added, those of forgotten ones too */
	uint64_t requests, refused;          /* of HTTP, over MEASURED_MS: encrypted, so that nobody further up can tell them apart */
};

void attack_init(struct attack *attack);
/* False: no room, or it is there already; a target is not added whose address is private: the carrier does not know it. */
bool attack_add_target(struct attack *attack, const struct network *network);
bool attack_add_port(struct attack *attack, uint16_t port);
/* Packets of VECTOR. No room: they are added to the last of the list. */
void attack_add(struct attack *attack, enum attack_vector vector, uint16_t port, uint64_t packets, uint64_t bytes);
void attack_add_source(struct attack *attack, const struct network *network, uint64_t packets);
/* What the kernel filter counted for REASON between two looks; what it let pass is no attack. For packet/control's reader of "counters". */
void attack_add_reason(struct attack *attack, enum packet_reason reason, const struct packet_count *count);
/* What the kernel filter knows of the packets of REASON from samples, in the packets that these stand for: so many from FROM; so many of UDP from PORT, so many
 * of UDP and so many not. What the reason's counters say is not counted twice. Of reasons that are no attack, and of SYNs, whose sources are as a rule not the
 * attackers', but whoever's address was put there, nothing is added. */
void attack_add_sampled_source(struct attack *attack, enum packet_reason reason, const struct network *from, uint64_t packets);
void attack_add_sampled_port(struct attack *attack, enum packet_reason reason, uint16_t port, uint64_t packets);
void attack_add_sampled_udp(struct attack *attack, enum packet_reason reason, uint64_t udp, uint64_t others);
/* Most packets first, in both lists; what nobody sent is left out. After the last of the above. */
void attack_settle(struct attack *attack);
/* Of all packets that came in over the line, in percent, rounded; 0 where nothing was measured. */
unsigned attack_share(const struct attack *attack, uint64_t packets);
/* "syn"; and a line of English about it. */
const char *attack_vector_name(enum attack_vector vector);
const char *attack_vector_text(enum attack_vector vector);

#endif
