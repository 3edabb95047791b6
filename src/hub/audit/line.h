/* One entry of the audit log as a line of JSON, and its hash.
 *
 * Shape    {"number":N,"at":"2026-11-30T08:00:00.000Z","who":"...","what":"...","object":"...","detail":"...","said":"CODE","arguments":["..."],"previous":"HEX","hash":"HEX"} and a newline.
 *          `said` and `arguments` are of details with a code (said.h), and only there: entries of hubs that had no codes are what they were.
 *          The hash is SHA-256 of the line's own bytes up to, not including, `,"hash"`; `previous` is the hash of the entry before it, zeros for the first.
 *          There is one way to write an entry: a line that is written in another way is malformed, whatever it says
 * Limits   AUDIT_..._MAX
 * Owns     nothing: texts of an entry point into its own room
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_AUDIT_LINE_H
#define BOUCLIER_HUB_AUDIT_LINE_H

#include "hub/audit/said.h"

#define AUDIT_HASH_LEN 32u
#define AUDIT_WHO_BYTES 160u      /* with a NUL, as all of these */
#define AUDIT_WHAT_BYTES 64u
#define AUDIT_OBJECT_BYTES 320u
#define AUDIT_DETAIL_BYTES 2048u
#define AUDIT_SAID_BYTES 32u
#define AUDIT_ARGUMENT_BYTES 256u
#define AUDIT_LINE_MAX 24576u     /* of a line: every byte of text may be written as six */

struct audit_entry {
	uint64_t number;          /* 1 and up */
	uint64_t wall_ms;
	char who[AUDIT_WHO_BYTES], what[AUDIT_WHAT_BYTES], object[AUDIT_OBJECT_BYTES], detail[AUDIT_DETAIL_BYTES];
	char said[AUDIT_SAID_BYTES];      /* empty: no code; arguments are none then */
	uint64_t argument_count;
	char arguments[AUDIT_ARGUMENTS][AUDIT_ARGUMENT_BYTES];
	unsigned char previous[AUDIT_HASH_LEN], hash[AUDIT_HASH_LEN];
};

/* Sets ENTRY's hash, and appends the line. RESULT_NO_MEMORY. */
enum result audit_line_write(struct audit_entry *entry, struct buffer *out) must_check;
/* LINE is without its newline. RESULT_MALFORMED: not as we write it, or the hash is of another line. RESULT_NO_MEMORY. */
enum result audit_line_read(struct span line, struct audit_entry *out) must_check;

#endif
