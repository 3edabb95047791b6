/* What lies in the kernel filter's maps: the contract between the program (kernel/filter.bpf.c), the loader that makes and pins them, and
 * the controller that writes them without any capability. Both compilers read this file: it includes the kernel's types and no more.
 *
 * Shape    each map by its name, its key and its value; pinned below PACKET_PIN_FOLDER, whose last part is the version
 * Units    times in ns of CLOCK_MONOTONIC; the program asks its coarse form (bpf_ktime_get_coarse_ns(), some ms late, a third of the price).
 *          Addresses in host order where a number is meant
 * Limits   one program for each interface, one set of maps for all of them
 * Threads  the controller is the only writer of settings, lists and bans; the program writes sources, sketch, counters, samples and events
 *
 * A new program over maps of the same version replaces the running one in place. Whoever changes a shape below changes the version: maps
 * of another version are another folder, and nobody misreads anything.
 */
#ifndef BOUCLIER_PACKET_LAYOUT_H
#define BOUCLIER_PACKET_LAYOUT_H

#include <linux/types.h>

#include "packet/reason.h"

#define PACKET_LAYOUT_VERSION 1u
#define PACKET_PIN_FOLDER "/sys/fs/bpf/bouclier/v1"

/* -- who sends: one number for every source --
 * IPv6: the first 64 bits of the address. IPv4: the address, above it zeros; what comes from ::/32 is malformed, so nothing is both. */
typedef __u64 packet_source;

/* -- map "settings": array of one, mapped by the controller -- */

#define PACKET_PORT_WORDS 1024u                       /* 65536 bits */
#define PACKET_PREFIX_LENGTHS_MAX 24u                 /* lengths of IPv6 prefixes in use at once */

enum packet_flag {
	PACKET_HAS_LIST = 1u << 0,                    /* the lists of networks are asked */
	PACKET_HAS_BANS = 1u << 1,
	PACKET_HAS_BUDGET = 1u << 2,                  /* of packets, for each source */
	PACKET_HAS_UDP_BUDGET = 1u << 3,
	PACKET_HIDES_PORTS = 1u << 4,                 /* what is not in exposed_tcp, exposed_udp is dropped */
	PACKET_ANSWERS_SYN = 1u << 5,                 /* with cookies, while the kernel would; on an end host only */
	PACKET_KNOWS_STATE = 1u << 6,                 /* TCP to a protected port must belong to a connection, or bring a cookie; on an end host only */
	PACKET_IS_END_HOST = 1u << 7,                 /* every packet is for this host, or for nobody: a SYN-ACK to any port must be awaited */
	PACKET_IS_STRICT = 1u << 8,                   /* floods come from sources that are known: nobody is spared the look for his socket */
	PACKET_HAS_TIMESTAMPS = 1u << 9,              /* net.ipv4.tcp_timestamps reads 2: cookies may carry the option */
	PACKET_OBSERVES = 1u << 10,                   /* everything is counted and nothing dropped or answered */
};

/* GCRA: a packet moves the source's theoretical arrival time on by interval_ns, and is too early by more than burst_ns or not. The clock
 * ticks every PACKET_TICK_NS at the most, so burst_ns is no less than that and interval_ns no less than 1. */
#define PACKET_TICK_NS 10000000ull
struct packet_budget {
	__u64 interval_ns, burst_ns;
};

struct packet_settings {
	__u64 heartbeat_ns;                           /* the controller's last; older than PACKET_HEARTBEAT_NS: what was learned (bans, budgets) is not asked, availability fails open */
	__u32 flags;                                  /* enum packet_flag */
	__u32 copy;                                   /* 0 or 1: which copy of each list answers. Read once for each packet */
	struct packet_budget budget, udp_budget;
	__u16 mss_v4, mss_v6;                         /* of cookies */
	__u8 window_scale;                            /* of cookies: no more than the kernel's own */
	__u8 length_count[2];                         /* for each copy */
	__u8 lengths[2][PACKET_PREFIX_LENGTHS_MAX];   /* of prefixes of "lists_v6", for each copy */
	__u8 unused;
	__u16 resets;                                 /* so many packets of dead connections pass in a second and on a CPU, for the kernel to answer them with a reset; 0: none */
	__u8 unused_more[4];
	__u64 reflectors[PACKET_PORT_WORDS];          /* UDP source ports */
	__u64 exposed_tcp[PACKET_PORT_WORDS], exposed_udp[PACKET_PORT_WORDS];
	__u64 protected_tcp[PACKET_PORT_WORDS];       /* where the shield listens: state and cookies are asked of these */
};

_Static_assert(sizeof(struct packet_settings) == 112 + 4 * PACKET_PORT_WORDS * 8, "its shape is that of pinned maps");

#define PACKET_RESETS 500u                            /* a reset costs the kernel some microseconds: a thousandth of a CPU, or two */
#define PACKET_HEARTBEAT_NS 10000000000ull

/* -- maps "direct", "groups": arrays, mapped by the controller: DIR-24-8 of IPv4, two copies each --
 * direct[copy * 65536 + a.b] has 256 cells, one for each /24; a cell is a verdict for all of it, or PACKET_CELL_MORE, which sends to
 * "lists_more", or PACKET_CELL_GROUPS plus the number N of groups[copy * PACKET_GROUPS + N], which has one for each address: two bits, of 32
 * addresses in a word, the lowest address in the lowest bits. */

enum packet_verdict { PACKET_NEITHER, PACKET_DENY, PACKET_ALLOW };  /* where a network is in both, it is allowed */

#define PACKET_CELL_MORE 3u                           /* cells below it are verdicts */
#define PACKET_CELL_GROUPS 4u
#define PACKET_GROUPS 65532u                          /* per copy */
#define PACKET_GROUP_WORDS 8u

struct packet_cells {
	__u16 cell[256];
};
struct packet_group {
	__u64 word[PACKET_GROUP_WORDS];
};

/* -- map "lists_more": hash; addresses of IPv4 for whose /24 no group was left. One that is not there is in no list -- */

#define PACKET_MORE_MAX 262144u
struct packet_more_key {
	__u32 address, copy;
};                                                    /* value: __u32, a packet_verdict */

/* -- map "lists_v6": hash -- */

#define PACKET_V6_MAX 262144u
struct packet_v6_key {
	__u32 copy, length;
	__u8 bytes[16];                               /* bits beyond length are zero */
};                                                    /* value: __u32, a packet_verdict */

/* -- map "bans": hash -- */

#define PACKET_BANS_MAX 262144u
struct packet_ban {                                   /* key: packet_source */
	__u64 until_ns;
	__u32 reason;                                 /* the writer's; shown, never asked */
	__u32 unused;
};

/* -- map "sources": LRU hash; of IPv6 a /64. Only who has a socket or brought a valid cookie is in it -- */

#define PACKET_SOURCES_MAX 1048576u                   /* key: packet_source, value: __u64 theoretical arrival time */

/* -- map "sketch": array of PACKET_SKETCH __u64: arrival times by two hashes, of which the earlier counts. For who has shown nothing -- */

#define PACKET_SKETCH 65536u

/* -- map "counters": per-CPU array, by enum packet_reason. It has room for reasons to come: one more leaves its shape as it is, and an upgrade
 * takes the pinned map over -- */

#define PACKET_REASON_MAX 32u
_Static_assert(PACKET_REASON_COUNT <= PACKET_REASON_MAX, "the pinned counters have no room for it: a new version of the layout");

struct packet_count {
	__u64 packets, bytes;
};

/* -- map "samples": per-CPU array, by enum packet_reason: how many events of it were given in which second. The program's own. Of PACKET_PASSED, which gives
 * none: how many packets of dead connections passed -- */

struct packet_sample {
	__u32 second, given;                          /* a second here is 2^30 ns */
};

/* -- map "events": ring buffer; at most PACKET_EVENTS_S of each reason a second and CPU, of what was dropped or answered -- */

#define PACKET_EVENTS_BYTES 262144u
#define PACKET_EVENTS_S 16u
struct packet_event {
	__u64 at_ns;
	__u8 source[16], destination[16];             /* IPv4 as ::ffff:a.b.c.d */
	__u16 source_port, destination_port;          /* host order; 0: none */
	__u16 bytes;
	__u8 reason, protocol;
	__u32 interface;
	__u32 unused;
};

#endif
