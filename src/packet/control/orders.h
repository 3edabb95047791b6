/* What is asked of the controller, and what it tells.
 *
 * Shape    a sequenced-packet socket: each message of who asks is 1 to PACKET_ORDERS_MAX struct packet_order. Who ever told it a ban, or all of them, is a shield and is sent one struct
 *          packet_news a second; PACKET_ORDER_TOP is answered with one struct packet_top, whoever asks (ask.h does)
 * Limits   PACKET_ORDERS_MAX orders in a message
 * Owns     nothing
 */
#ifndef BOUCLIER_PACKET_CONTROL_ORDERS_H
#define BOUCLIER_PACKET_CONTROL_ORDERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "packet/layout.h"

#define PACKET_ORDERS_MAX 64u

enum packet_order_kind {
	PACKET_ORDER_ANEW = 1,   /* all bans that are on follow: those that the filter has are forgotten. Availability, fails open meanwhile */
	PACKET_ORDER_BAN,
	PACKET_ORDER_LIFT,
	PACKET_ORDER_TOP,        /* where what is dropped comes from */
	/* What a reload lets through that was not: at once, for nobody is locked out by it. There are none for the contrary: that is attached and confirmed by a person. */
	PACKET_ORDER_SERVE,      /* the shield listens on the TCP port `source`: it is exposed, and asked for state and cookies */
	PACKET_ORDER_EXPOSE_TCP, /* the port `source` may be reached */
	PACKET_ORDER_EXPOSE_UDP,
	PACKET_ORDER_OBSERVE,    /* nothing is dropped any more */
	PACKET_ORDER_END,
};

/* The same binary speaks at both ends, or one that is a version older: unknown kinds are refused, and the size never changes. */
struct packet_order {
	uint32_t kind, reason;       /* enum packet_order_kind; of a ban, the writer's own */
	uint64_t source;             /* packet_source */
	uint64_t until_ns;           /* CLOCK_MONOTONIC */
	uint32_t unused[2];
};

struct packet_news {
	uint32_t layout;             /* PACKET_LAYOUT_VERSION */
	uint32_t reasons;            /* PACKET_REASON_COUNT of the writer: who knows fewer reads those it knows */
	uint32_t is_observing, unused;
	struct packet_count counts[PACKET_REASON_COUNT];
};

#define PACKET_TOP_MAX 10u

struct packet_top_network {
	uint8_t address[16];         /* IPv4 as ::ffff:a.b.c.0 */
	uint32_t prefix, samples;    /* of 128 bits */
};

struct packet_top_port {
	uint32_t port, samples;      /* of UDP, that packets come from */
};

struct packet_top_reason {
	uint64_t packets, bytes;     /* exact, in the same time */
	uint32_t samples, udp_samples;  /* of these the counts below are parts: all, and those of UDP with a port */
	uint32_t network_count, port_count;
	struct packet_top_network networks[PACKET_TOP_MAX];
	struct packet_top_port ports[PACKET_TOP_MAX];
};

struct packet_top {
	uint32_t layout, reasons;    /* as in packet_news */
	uint64_t for_ns;             /* it is of that long, until now */
	uint64_t since_ns;           /* the controller serves since; CLOCK_MONOTONIC */
	uint32_t shields, unused;    /* connected to it: without one it does not beat */
	struct packet_top_reason of[PACKET_REASON_COUNT];
};

/* BYTES of LEN are whole orders of known kinds, COUNT of them. RESULT_MALFORMED: they are not, and nothing of them is to be done. */
enum result packet_orders_read(const void *bytes, size_t len, struct packet_order out[PACKET_ORDERS_MAX], unsigned *count) must_check;
/* NEWS of LEN bytes is one that this program understands. */
enum result packet_news_read(const void *bytes, size_t len, struct packet_news *out) must_check;
/* The same of an answer to PACKET_ORDER_TOP; its counts are within what they count. */
enum result packet_top_read(const void *bytes, size_t len, struct packet_top *out) must_check;

#endif
