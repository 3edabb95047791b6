/* Is a chain whole? Reads files only: the hub need not run, and need not be believed.
 *
 * Shape    audit_verify_begin -> audit_verify_file for each, in their order -> audit_verify_end; or audit_verify_folder
 * Errors   each place where it is broken is a complaint with file and line, an error. RESULT_IO, RESULT_LIMIT, RESULT_NO_MEMORY: a file could not be read, and a
 *          complaint says so: what could not be read is not intact
 * Threads  one at a time; the log may be written meanwhile
 *
 * A flipped byte, an entry taken out, put in or moved breaks the chain. An end that was cut off does not, nor a chain that was written anew as a whole: these
 * show only against a hash of its end that was kept elsewhere (HEAD).
 */
#ifndef BOUCLIER_HUB_AUDIT_VERIFY_H
#define BOUCLIER_HUB_AUDIT_VERIFY_H

#include "hub/audit/audit.h"

struct audit_verify {
	struct complaints *complaints;       /* may be NULL */
	const unsigned char *head;           /* NULL: none was kept */
	bool has_head;                       /* an entry with that hash was met */
	uint64_t entries, first;             /* read well; number of the first one */
	uint64_t broken;                     /* places */
	uint64_t broken_at;                  /* number of the entry at the first of them, as far as it can be told */
	struct audit_newest newest;
	bool is_lost;                        /* the line before could not be read: nothing is known of what comes next but its number */
};

void audit_verify_begin(struct audit_verify *verify, const unsigned char *head, struct complaints *complaints);
enum result audit_verify_file(struct audit_verify *verify, int folder, const char *name) must_check;
/* True: intact. */
bool audit_verify_end(struct audit_verify *verify);
/* All of FOLDER. RESULT_OK: it was read; is it intact? See VERIFY, after the end. */
enum result audit_verify_folder(struct audit_verify *verify, int folder) must_check;

#endif
