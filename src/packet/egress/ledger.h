/* The ledger of every destination that was contacted, read out of the kernel.
 *
 * Shape    first what is not in the list, then by packets, most first
 * Limits   EGRESS_LEDGER_MAX lines
 * Owns     its lines, until egress_ledger_done
 * Threads  one at a time; the programs go on writing, so that the numbers of one line may be of two moments
 */
#ifndef BOUCLIER_PACKET_EGRESS_LEDGER_H
#define BOUCLIER_PACKET_EGRESS_LEDGER_H

#include "packet/egress/control.h"

struct egress_line {
	struct egress_destination to;
	struct egress_entry entry;
};

struct egress_ledger {
	struct egress_line *lines;
	size_t count;
	/* To destinations for which there was no room. All 0: the ledger is complete. */
	struct {
		uint64_t packets, bytes, refused;
	} other;
};

/* RESULT_NO_MEMORY, RESULT_IO. Whatever the result, egress_ledger_done. */
enum result egress_ledger_read(const struct egress_control *control, struct egress_ledger *out) must_check;
bool egress_ledger_is_complete(const struct egress_ledger *ledger);
void egress_ledger_done(struct egress_ledger *ledger);
/* As it is read. */
void egress_ledger_sort(struct egress_ledger *ledger);
/* The last. */
enum egress_verdict egress_line_verdict(const struct egress_line *line);
struct address egress_line_address(const struct egress_line *line);
/* Wall time in ns since 1970 of one of its times, given one moment of both clocks; 0 for 0. */
uint64_t egress_wall_ns(uint64_t boot_ns, uint64_t now_boot_ns, uint64_t now_wall_ns);

#endif
