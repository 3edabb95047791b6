/* Whose records a worker's ring of audit logs holds: tenants share its room (base/budget.h), so that one whose requests are all written leaves the
 * others theirs.
 *
 * Limits   a record counts as its bytes, and at least as a slot's part of the ring. What several share is less than the ring by the longest
 *          record: records lie in one piece, and as much may be left over at its end
 * Owns     two tables, made for the first record
 * Threads  the worker's; but for audit_share_set, which any may call
 */
#ifndef BOUCLIER_EVENT_AUDIT_SHARE_H
#define BOUCLIER_EVENT_AUDIT_SHARE_H

#include "base/budget.h"
#include "event/ring.h"

#define AUDIT_TENANTS_MAX 8192u     /* those with higher numbers share the place of records that were there before */

struct audit_share {
	struct ring_writer *ring;
	_Atomic uint32_t tenants;        /* as was said last */
	uint32_t divided;                /* for so many it is divided; 0: there has been no record */
	uint64_t longest;                /* bytes of a record */
	struct budget budget;
	struct budget_party *parties;    /* [0]: of before, and of no tenant; then by number */
	size_t party_count;
	struct audit_slot *slots;        /* what the ring's slots hold, by the record's number */
	uint64_t settled;                /* records up to here have been given back */
};

/* RING is open, and lives as long. LONGEST: bytes of a record. */
void audit_share_init(struct audit_share *share, struct ring_writer *ring, uint64_t longest);
void audit_share_done(struct audit_share *share);
/* So many tenants have sites. */
void audit_share_set(struct audit_share *share, size_t tenants);
/* Writes RECORD into the ring for the tenant with NUMBER (UINT32_MAX: none). False, and counted by the ring: there is no room, or no memory. */
bool audit_share_write(struct audit_share *share, uint32_t number, struct span record, uint32_t crc) must_check;

#endif
