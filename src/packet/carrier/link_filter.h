/* What the kernel filter on the line's interfaces makes of their counters, put right: a filter that works must not look like a line that loses packets,
 * nor a line that is full of what it drops like an empty one.
 *
 * What a program of XDP does not pass on, Linux 6.1 counts
 *   generic   as received, for the driver has counted it before; its drop nowhere
 *   native    as the driver likes. veth, i40e, ixgbe, ice: as received, and its drop in no counter of the interface; virtio_net: as received, and in
 *             rx_dropped as well; mlx5, hv_netvsc: not at all
 * Which of them it is is seen, not looked up, for drivers change: one that counts drops has counted no fewer than the program made, and one that counts
 * packets no fewer than the program saw. Until the contrary is seen it is taken to count both; what was seen once holds until either counter begins anew, for
 * while the line itself loses more than the filter drops nothing of it can be seen. Stretches of LINK_FILTER_READINGS are looked at.
 *
 * Units    packets and bytes since the filter was attached
 * Limits   what the filter says may be a reading older than what the interfaces say, and not two
 * Owns     nothing
 * Threads  one at a time
 */
#ifndef BOUCLIER_PACKET_CARRIER_LINK_FILTER_H
#define BOUCLIER_PACKET_CARRIER_LINK_FILTER_H

#include "packet/carrier/link.h"
#include "packet/layout.h"

#define LINK_FILTER_READINGS 30u
#define LINK_FILTER_SILENT 5u        /* readings without news: it has been taken off, or nothing comes */

struct link_filter_counts {
	uint64_t seen, dropped;
	uint64_t taken, taken_bytes;       /* dropped or answered: the kernel does not have them */
	bool is_observing;
};

struct link_filter {
	bool has_begun, has_filter;                     /* at the last reading */
	bool drops_elsewhere, is_uncounted;             /* what is held of the driver */
	unsigned readings, silent;                      /* of this stretch; of them, the last without news of the filter */
	struct link_reading first, last, then;          /* of the interfaces: where it began, the last, and the one before the filter's last news */
	struct link_filter_counts own_first, own_second, own;   /* of the filter: where it began, one reading later, and its last */
	uint64_t drops, drops_first;                    /* the line's own: all that were told, and when this stretch began */
	uint64_t packets, bytes;                        /* that no interface counted */
};

/* COUNTS by reason, as the filter has them. Of one that only observes nothing is dropped. */
struct link_filter_counts link_filter_sum(const struct packet_count counts[PACKET_REASON_COUNT], bool is_observing);
/* READING, in its order, with what the filter did taken out of its drops, and put into its packets where no interface counts it. OWN NULL: there is no
 * filter, or nobody knows of it; then all drops are the line's. */
void link_filter_correct(struct link_filter *filter, const struct link_filter_counts *own, struct link_reading *reading);

#endif
