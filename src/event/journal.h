/* The journal: one thread that carries lines from the workers' rings to the disk, and tells the counts each second.
 *
 *     rings (memory that outlives us) -> batch -> write -> commit of the rings -> fsync, at most `log.fsync` later
 *
 * A batch is committed only once it is written, and each line names its ring and number: whatever moment the process is
 * killed at, the next journal finds in the last segment what was written, skips it in the rings, and goes on. A line is
 * neither lost nor doubled. Power loss costs what was not yet fsynced.
 * Numbers (event.sequence) are given here, in the order of the file, without a gap: the reader can prove that it has all.
 *
 * Availability: it fails open. While the disk refuses, lines wait in the rings; full rings refuse, and count; nobody waits.
 * One writer a folder: a second one (the new edge while the old one drains) waits for the lock, its rings filling.
 *
 * Limits   SEGMENT_BYTES a segment; `log.disk` for all (only detail is dropped for it), `log.keep` for age
 * Owns     its thread, and a duplicate of the folder's descriptor
 * Threads  journal_start, journal_stop and journal_apply from one thread; journal_state from any
 */
#ifndef BOUCLIER_EVENT_JOURNAL_H
#define BOUCLIER_EVENT_JOURNAL_H

#include "event/ring.h"
#include "event/settings.h"
#include "event/tell.h"

struct journal;

struct journal_birth {
	int folder_fd;                   /* -1: there is none, and nothing is written */
	int wake_fd;                     /* eventfd; the caller's */
	struct span node;
	void **rings;                    /* adopted memories, each of ring_bytes; also those of workers that are gone */
	size_t ring_bytes;
	struct counts_block **counts;    /* adopted; the same number */
	unsigned count;
	struct tally *tally;             /* adopted */
	const struct log_settings *settings;
};

/* RESULT_NO_MEMORY, RESULT_IO (no thread, no descriptor). A folder that cannot be written is no failure: it is retried. */
enum result journal_start(const struct journal_birth *birth, struct journal **out) must_check;
/* Writes what the rings still hold, if the disk lets it, and ends the thread. */
void journal_stop(struct journal *journal);
void journal_apply(struct journal *journal, const struct log_settings *settings);

struct journal_state {
	bool is_writing;                 /* false: waiting for the folder, its lock, or the disk */
	int error;                       /* errno of the last failure; 0: none since the last success */
};
struct journal_state journal_state(struct journal *journal);

/* Sums of what the rings refused and of the tally; for metrics. */
struct losses journal_losses(void *const *rings, unsigned count, const struct tally *tally);

#endif
