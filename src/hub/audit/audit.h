/* hub/audit/: who did what, in files that are only ever appended to, each entry chained to the one before it by its hash.
 *
 * Shape    FOLDER/audit-NNNNNNNNNNNNNNNNNNNN.jsonl, named after the number of its first entry; a line of JSON for each (line.h). A full file is
 *          followed by the next, whose first entry names the hash of the last one of it
 * Units    wall time in nanoseconds since 1970
 * Limits   AUDIT_...; text that is longer is cut between characters. Nothing is ever deleted here
 * Errors   security, fails closed: RESULT_OK says that the entry is on the disk. Anything else says that it may not be, and then what was to be done is not
 *          done. The next call tries again from what the file says
 * Owns     the descriptor of FOLDER, which it opens
 * Threads  one at a time; audit_verify_* (verify.h) reads files and may run beside it
 *
 * What a chain proves, and what it does not: docs/people.md.
 */
#ifndef BOUCLIER_HUB_AUDIT_AUDIT_H
#define BOUCLIER_HUB_AUDIT_AUDIT_H

#include "base/complaint.h"
#include "hub/audit/line.h"

#define AUDIT_FILE_BYTES ((uint64_t)4 << 20)  /* a file that has grown beyond it is followed by the next */

struct audit;

/* FOLDER is made where it is not there (mode 0700). An unfinished line at the end, of an end in the middle of writing, is taken out, and the next entry
 * says so. RESULT_IO, RESULT_REFUSED (another process has it), RESULT_NO_MEMORY. */
enum result audit_open(struct span folder, struct complaints *complaints, struct audit **out) must_check;
void audit_close(struct audit *audit);

/* What somebody did, or is about to do: WHO as person_view.name says, WHAT as "ban.add" (kebab-case words, joined by points), OBJECT what it was done to,
 * DETAIL anything a reader should know, in a sentence or as JSON; or WORDS, which say it instead. Never a secret. */
struct audit_action {
	struct span who, what, object, detail;
	struct audit_words words;
};
enum result audit_add(struct audit *audit, const struct audit_action *action, uint64_t wall_ns) must_check;

/* Tells entries from the newest to older ones, those with a number below BEFORE (0: from the newest); ROW says false to stop. Damaged lines are passed
 * over: verify finds them. RESULT_IO, RESULT_NO_MEMORY. */
enum result audit_list(struct audit *audit, uint64_t before, bool (*row)(void *context, const struct audit_entry *entry), void *context) must_check;

/* Of the newest entry: its number (0: there is none yet) and its hash. */
struct audit_newest {
	uint64_t number;
	unsigned char hash[AUDIT_HASH_LEN];
};
struct audit_newest audit_newest(const struct audit *audit);
/* The folder itself, for verify.h. It stays the log's. */
int audit_folder_fd(const struct audit *audit);

#endif
