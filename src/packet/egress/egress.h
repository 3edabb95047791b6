/* egress/: who the shield's own processes contact, seen from the kernel; written down, and in enforce refused where it is not in the list.
 *
 *   layout      the maps: the contract with egress.bpf.c, which tells what is judged and what always passes
 *   keys        packet: { egress: ... }
 *   rule, list  who may be contacted
 *   cgroup      whose contacts: the control group of the service
 *   program, pins, control   the programs and their maps in user space
 *   attach      with rights, in a command that ends: loaded, pinned, attached, replaced in place, taken off
 *   ledger      every destination, read
 *   alarm       what was refused although the shield needs it
 *   watch       refusals as they happen, for the controller
 *
 * Turning enforce on, or another list while it is on, is undone after UNDO_S unless loader_confirm; the rest refuses nothing that passed before.
 *
 * A control group ends with its service: a service that starts anew has another, and what was attached is attached no more. Then refresh
 * attaches it again (from the unit: docs/packet-egress.md). Until then nothing is refused: availability, fails open, and said by the status.
 *
 * Errors   complained, with what to do
 * Threads  one at a time, across processes too (pending_lock)
 */
#ifndef BOUCLIER_PACKET_EGRESS_EGRESS_H
#define BOUCLIER_PACKET_EGRESS_EGRESS_H

#include "base/complaint.h"
#include "packet/egress/cgroup.h"
#include "packet/egress/control.h"

#define EGRESS_ADVISED_MS ((uint64_t)14 * 86400 * 1000)   /* of observe, before enforce */

struct egress_wish {
	const struct egress_list *list;
	struct span cgroup;
	unsigned undo_s;
	bool is_confirmed;                       /* enforce is not undone: of a unit, at a start of the machine, where nobody could confirm what somebody did long ago */
};

/* Attaches where it is not, replaces the programs where it is, publishes the list, sets MODE (EGRESS_OBSERVE or EGRESS_ENFORCE). In both modes the ledger goes
 * on. RESULT_REFUSED: complained, and all is as before. RESULT_NOT_FOUND: a unit (is_confirmed) may not, for a person said off. */
enum result egress_apply(const struct egress_wish *wish, enum egress_mode mode, struct complaints *complaints) must_check;
/* The same in the mode that it is in, without undoing: for a new list after a reload, and for a service that started anew. RESULT_NOT_FOUND: it is off. */
enum result egress_refresh(const struct egress_wish *wish, struct complaints *complaints) must_check;
/* Everything off, the ledger included, and no unit begins it anew until egress_apply without is_confirmed, or the next start of the machine. RESULT_NOT_FOUND: there
 * was nothing. */
enum result egress_remove(struct complaints *complaints) must_check;
/* Has a person said so since the machine started? */
bool egress_is_held_off(void);

struct egress_state {
	enum egress_mode mode;                   /* EGRESS_OFF: nothing is pinned */
	bool is_attached;                        /* all programs, to the cgroup that they were attached to */
	uint64_t observing_since_ms;             /* wall time */
	uint64_t published_ns;                   /* CLOCK_BOOTTIME */
	bool waits;                              /* enforce, to be confirmed */
	uint64_t left_ns;
	struct egress_control *control;          /* NULL when off. The caller frees it */
};
/* What is there, without changing anything but an overdue change, which is undone. RESULT_REFUSED: complained. */
enum result egress_look(struct complaints *complaints, struct egress_state *out) must_check;
/* Has observe lasted long enough to advise enforce? */
bool egress_is_advised(const struct egress_state *state, uint64_t wall_ms);

/* For the loader, which undoes: the mode and the list as they were in GENERATION, or all off. The lock is held. */
void egress_restore(bool was_attached, enum egress_mode mode, uint32_t generation);

#endif
