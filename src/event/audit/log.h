/* The audit log's thread: it carries records from the workers' rings to the disk, because disks block.
 *
 * A record is committed once it is written, so a killed edge loses none: the next one goes on with what the rings hold. The one that was being
 * written at that moment may come twice. What a power failure costs is what the kernel had not yet written; nothing is waited for.
 *
 * Availability: it fails open. While the disk refuses, records wait in the rings; full rings refuse, and count; no request waits.
 * One writer a folder: a second one (the new edge while the old one drains) waits for the lock.
 *
 * Limits   `log.audit_disk` bytes in all, `log.keep` for age (folder.h)
 * Owns     its thread, and a duplicate of the folder's descriptor
 * Threads  start, stop and apply from one thread; state from any
 */
#ifndef BOUCLIER_EVENT_AUDIT_LOG_H
#define BOUCLIER_EVENT_AUDIT_LOG_H

#include "event/audit/record.h"

struct audit_log;

struct audit_log_birth {
	int folder_fd;                   /* -1: there is none, and nothing is written */
	int wake_fd;                     /* eventfd, not blocking; the caller's */
	void **rings;                    /* adopted, of AUDIT_RING_BYTES each; also those of workers that are gone */
	unsigned count;
	const struct log_settings *settings;
};

/* RESULT_NO_MEMORY, RESULT_IO (no thread, no descriptor). A folder that cannot be written is no failure: it is retried. */
enum result audit_log_start(const struct audit_log_birth *birth, struct audit_log **out) must_check;
/* Writes what the rings still hold, if the disk lets it and for half a second at most, and ends the thread: a walk through
 * a large folder that has begun is given up. The rest stays in the rings. */
void audit_log_stop(struct audit_log *log);
void audit_log_apply(struct audit_log *log, const struct log_settings *settings);

/* Since this edge began, but for LOST, which is as old as the rings. */
struct audit_state {
	int error;                       /* errno of the last failure; 0: none since the last success */
	uint64_t written;                /* records */
	uint64_t lost;                   /* records: no room in a ring, damaged, or not to be made */
	uint64_t bytes, dropped_bytes;   /* on the disk; deleted to make room */
};
struct audit_state audit_log_state(const struct audit_log *log);

#endif
