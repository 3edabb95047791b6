/* Is a chain whole? Reads files only: the hub need not run, and need not be believed.
 *
 * Shape    audit_verify_begin -> audit_verify_file for each, in their order -> audit_verify_end; or audit_verify_folder; or, for whoever has other things to do
 *          meanwhile, audit_walk_begin, audit_walk_step again and again, audit_walk_done
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
#include "hub/audit/files.h"

#define AUDIT_PIECE ((size_t)64 << 10)     /* of a file that is read at once */
#define AUDIT_PIECES_MAX (4 * AUDIT_PIECE) /* without the end of a line: then the file cannot be read */

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

/* A folder, a piece after the other. */
struct audit_walk {
	struct audit_verify *verify;
	int folder, fd;                      /* the folder is the caller's; -1: between two files */
	struct audit_files files;            /* as they were at the begin */
	size_t next;
	char name[AUDIT_FILE_NAME_BYTES];
	struct place place;
	struct buffer text;                  /* read, and not looked at yet */
};
/* VERIFY has begun. RESULT_IO, RESULT_LIMIT, RESULT_NO_MEMORY; audit_walk_done whatever was said. */
enum result audit_walk_begin(struct audit_walk *walk, struct audit_verify *verify, int folder) must_check;
/* The next AUDIT_PIECE of it. RESULT_MORE: there is more; RESULT_OK: that was all; otherwise as audit_verify_file, and it is over. The log may be written between two steps, not during one. */
enum result audit_walk_step(struct audit_walk *walk) must_check;
void audit_walk_done(struct audit_walk *walk);

#endif
