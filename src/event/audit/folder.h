/* Where audit logs lie: below one folder, TENANT/SITE/ for each site, named by the configuration and by nothing that rules say.
 *
 * Shape    audit.log                                  what is written now: of one day (UTC), at most a sixteenth of LIMIT or 8 MiB
 *          audit-20261128-171500-0.log                what was, and when it was closed
 *          20261128/20261128-1714/20261128-171402-ID  Concurrent: a transaction each, and audit.log is their index
 *          Bytes of a name that are no letters, digits, '-', '_' or '.' stand as %xx, so does a '.' in front.
 * Limits   LIMIT bytes in all, in blocks of the disk: beyond it, the site that has most loses its oldest, file by file (Concurrent: minute by
 *          minute). So a site that floods its log costs no other site a byte of what it has, until all have as much
 * Owns     the descriptor, and the list of sites
 * Threads  the audit log's; modes are 0700 and 0600, whatever rules say
 */
#ifndef BOUCLIER_EVENT_AUDIT_FOLDER_H
#define BOUCLIER_EVENT_AUDIT_FOLDER_H

#include "event/audit/record.h"

struct audit_site;

struct audit_folder {
	int fd;                      /* -1: there is none */
	struct audit_site *sites;
	uint64_t bytes, limit;       /* LIMIT: set by the owner at any time between two calls */
	uint64_t dropped_bytes;      /* for room */
	uint64_t patience_ms;        /* for a site whose own folder refuses */
	bool (*must_end)(void *context);  /* asked on every walk, at each entry: true gives the walk up; NULL: none is */
	void *context;
};

/* Takes FD, and counts what lies there. RESULT_NO_MEMORY; RESULT_TIMEOUT: MUST_END said so. */
enum result audit_folder_open(struct audit_folder *folder, int fd, uint64_t limit, bool (*must_end)(void *context), void *context) must_check;
void audit_folder_done(struct audit_folder *folder);
/* Whole, or nothing of it. RESULT_IO: errno says why; RESULT_LIMIT: it is larger than all that is allowed; RESULT_NO_MEMORY;
 * RESULT_TIMEOUT: the search for room was given up.
 * RESULT_REFUSED: this site's own folder has refused for so long (no rights, a link, something else in its place) that no other has to wait
 * for it any more; errno. It is tried again with its next record. */
enum result audit_folder_put(struct audit_folder *folder, const struct audit_record *record) must_check;
/* Deletes what was last written more than KEEP_MS ago, and counts the rest anew; where a walk is given up, what was counted before holds. */
void audit_folder_expire(struct audit_folder *folder, uint64_t keep_ms, uint64_t wall_ns);

#endif
