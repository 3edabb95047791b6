/* What lies in the maps of the egress programs: the contract between egress.bpf.c and user space. Both compilers read this file.
 *
 * Shape    each map by its name, its key and its value; pinned below EGRESS_PIN_FOLDER, whose last part is the version
 * Units    times in ns of CLOCK_BOOTTIME, but where wall time is said. Addresses in 16 bytes, IPv4 as ::ffff:a.b.c.d; ports in host order
 * Limits   EGRESS_LEDGER_MAX destinations, never forgotten to make room for others: what goes to those for which there was none is counted (EGRESS_OTHER_*);
 *          EGRESS_RULES_MAX rules, EGRESS_LENGTHS_MAX lengths of prefixes
 * Threads  user space is the only writer of settings, allows and rules, and the programs of the others
 *
 * As with the filter (packet/layout.h): whoever changes a shape changes the version.
 */
#ifndef BOUCLIER_PACKET_EGRESS_LAYOUT_H
#define BOUCLIER_PACKET_EGRESS_LAYOUT_H

#include <linux/types.h>

#define EGRESS_LAYOUT_VERSION 2u
#define EGRESS_PIN_FOLDER "/sys/fs/bpf/bouclier/egress2"
#define EGRESS_FORMER_FOLDER "/sys/fs/bpf/bouclier/egress1"   /* of the version before: what it has ends when this one is attached */

/* -- map "settings": array of one, mapped by user space -- */

#define EGRESS_LENGTHS_MAX 24u
#define EGRESS_PORT_WORDS 1024u                       /* 65536 bits */
#define EGRESS_RULES_MAX 4096u                        /* of each copy */

enum egress_mode { EGRESS_OFF, EGRESS_OBSERVE, EGRESS_ENFORCE };

struct egress_copy {
	__u64 published_ns;
	__u32 rule_count;
	__u32 length_count;
	__u8 lengths[EGRESS_LENGTHS_MAX];             /* of prefixes of "allows", of the 16-byte form */
	__u64 answers[EGRESS_PORT_WORDS];             /* TCP ports on which the shield listens: what its accepted connections answer always passes */
};

/* The list of the next generation is written into the copy that does not answer; then the generation moves on. One more without a new list
 * brings the one before back. */
struct egress_settings {
	__u32 mode;                                   /* enum egress_mode */
	__u32 generation;                             /* of the list: its lowest bit says which copy answers. A verdict in the ledger holds for its own */
	__u64 observing_since_ms;                     /* wall time; 0: never yet. Since then everything is in the ledger */
	__u64 cgroup;                                 /* its number: what the programs were attached to */
	struct egress_copy copies[2];
};

/* -- map "allows": hash; value: __u32, not asked. Port 0: any; protocol 0: any -- */

struct egress_allow_key {
	__u8 copy, length, protocol, unused;
	__u16 port, unused_too;
	__u8 bytes[16];                               /* bits beyond length are zero */
};

/* -- map "rules": array, by copy * EGRESS_RULES_MAX + number: the same list, for people. No program asks it -- */

#define EGRESS_KEY_BYTES 96u
struct egress_rule {
	__u8 bytes[16];                               /* as in egress_allow_key, as the next */
	__u16 port;
	__u8 length, protocol;
	__u8 is_needed;                               /* the shield cannot work without: not only allowed */
	__u8 unused[3];
	__u64 seen_ns;                                /* when a list was last made in which the configuration named it; 0: not by a list that notes it */
	char key[EGRESS_KEY_BYTES];                   /* which key of the configuration names it; ends with NUL */
};

/* -- map "ledger": hash -- */

#define EGRESS_LEDGER_MAX 65536u

enum egress_kind {
	EGRESS_OUT,                                   /* the address is who was contacted */
	EGRESS_ANSWER,                                /* a connection was to be accepted on a port that is not in `answers`: no address, and that port */
	EGRESS_HIDDEN,                                /* headers in between (options, routes, fragments) may lead elsewhere than to the address: never listed */
};

struct egress_destination {
	__u8 bytes[16];
	__u16 port;                                   /* 0: none, or not to be known: other protocols than TCP and UDP, IPv6 with more headers */
	__u8 protocol;                                /* IPPROTO_* */
	__u8 kind;                                    /* enum egress_kind */
};

enum egress_verdict { EGRESS_UNJUDGED, EGRESS_SPARED, EGRESS_LISTED, EGRESS_UNLISTED };  /* spared: this machine itself */

#define EGRESS_PROCESS_BYTES 16u
struct egress_entry {
	__u64 packets, bytes;                         /* that left. Segments that the card cuts are counted each; bytes from the network's header on, which is counted once for all of them */
	__u64 refused;                                /* packets and attempts */
	__u64 first_ns, last_ns, refused_ns;          /* refused_ns: the last; 0: none */
	__u64 judged;                                 /* the last verdict, above its lowest 8 bits the generation of the list */
	__u32 pid;                                    /* of the first; 0: not known, its socket is older than the programs */
	__u32 unused;
	char process[EGRESS_PROCESS_BYTES];           /* the same: its name when it made the contact, or the socket */
};

static inline __attribute__((always_inline)) __u64 egress_judged(__u32 generation, enum egress_verdict verdict)
{
	return (__u64)generation << 8 | (__u64)verdict;
}

/* -- map "counts": array, with room for more -- */

enum egress_count {
	EGRESS_REFUSED,                               /* packets and attempts, whoever they were for: moves whenever there is something to look at */
	EGRESS_OTHER_PACKETS,                         /* to destinations that had no room in the ledger, judged all the same; as in an entry, as the next */
	EGRESS_OTHER_BYTES,
	EGRESS_OTHER_REFUSED,
	EGRESS_COUNTS,
};
#define EGRESS_COUNTS_MAX 16u

/* -- map "sockets": of each socket, while it lives -- */

struct egress_socket {
	__u32 pid;
	__u32 connects;                               /* it went out itself: it is nobody's accepted connection, whatever its port */
	char process[EGRESS_PROCESS_BYTES];
};

#endif
