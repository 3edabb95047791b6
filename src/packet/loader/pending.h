/* A change that is undone unless a person confirms it: what was before, on disk below /run, where it has the life of the kernel's maps.
 *
 * Who keeps the deadline is a small process in a session of its own, which no hang-up reaches and which needs nothing of the command that
 * started it. Were it killed, whichever command of `bouclier packet` comes next finds the change overdue and undoes it first: all that undoing takes is
 * here and pinned, nothing is in anybody's memory. That is why it is no deadline in the program's own settings: this way lists, several
 * interfaces and the rung of nftables are undone by one way, and the path of a packet has no test for it.
 *
 * Shape    PENDING_FOLDER, root's own with mode 0700: not /run/bouclier, whose owner could put another folder in its place.
 *          `lock` is held by whoever changes something; `pending` is struct pending; `ruleset` is what nftables had; `wish` and `denied`
 *          are what a confirmation keeps (confirmed.h); `undone` says what came of the last
 * Units    deadline in ns of CLOCK_BOOTTIME: a machine that slept has slept through it
 * Threads  one at a time, by the lock
 */
#ifndef BOUCLIER_PACKET_LOADER_PENDING_H
#define BOUCLIER_PACKET_LOADER_PENDING_H

#include "base/buffer.h"
#include "base/complaint.h"
#include "packet/layout.h"

#define PENDING_FOLDER "/run/bouclier-packet"
#define PENDING_INDEXES_MAX 64u
#define PENDING_RULESET_BYTES ((size_t)64 << 20)
#define PENDING_UNDO_S 120u

enum pending_kind { PENDING_ATTACH = 1, PENDING_LISTS, PENDING_NFT, PENDING_EGRESS };

struct pending {
	uint32_t version;                        /* PENDING_VERSION: another's is not understood, and taken as overdue by nobody */
	uint32_t kind;                           /* enum pending_kind */
	uint64_t deadline_ns;
	uint64_t id;                             /* of this change: a child whose change is over ends */
	uint32_t was_attached;                   /* of PENDING_ATTACH, PENDING_EGRESS: before, too; of the former the links of these indexes stay */
	uint32_t index_count;
	uint32_t indexes[PENDING_INDEXES_MAX];
	struct packet_settings settings;         /* before; not of PENDING_EGRESS */
	struct packet_settings wanted;           /* of PENDING_ATTACH: its own. What is let through beyond them came by a reload since, and stays */
	uint32_t egress_mode, egress_generation; /* of PENDING_EGRESS: before */
};
#define PENDING_VERSION 3u

uint64_t pending_now_ns(void);
/* Makes the folder and takes the lock. RESULT_TIMEOUT: another command has had it for WAIT_MS; RESULT_REFUSED: the folder is not ours alone; RESULT_IO: errno tells. */
enum result pending_lock(int wait_ms, int *lock) must_check;
void pending_unlock(int lock);
/* RESULT_NOT_FOUND: nothing waits. RESULT_MALFORMED: not one of ours. RESULT_IO. */
enum result pending_read(struct pending *out) must_check;
enum result pending_write(const struct pending *pending) must_check;
void pending_remove(void);
/* What nftables had before: the whole text of our table. Empty: none. */
enum result pending_ruleset_write(struct span text) must_check;
enum result pending_ruleset_read(struct buffer *out) must_check;
/* A sentence about the last change, if it was undone; empty: it was not. */
void pending_undone_write(struct span sentence);
void pending_undone_read(struct buffer *out);

#endif
