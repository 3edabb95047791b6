/* What edges ask of the controller, and what it tells them once a second.
 *
 * Shape    a sequenced-packet socket: each message of an edge is 1 to PACKET_ORDERS_MAX struct packet_order, each of the controller one struct packet_news
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

/* BYTES of LEN are whole orders of known kinds, COUNT of them. RESULT_MALFORMED: they are not, and nothing of them is to be done. */
enum result packet_orders_read(const void *bytes, size_t len, struct packet_order out[PACKET_ORDERS_MAX], unsigned *count) must_check;
/* NEWS of LEN bytes is one that this program understands. */
enum result packet_news_read(const void *bytes, size_t len, struct packet_news *out) must_check;

#endif
