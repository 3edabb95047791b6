/* The files of an audit log: which there are, in their order, and what stands in one. For this folder alone.
 *
 * Limits   AUDIT_FILES_MAX files, AUDIT_READ_MAX bytes of one
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_AUDIT_FILES_H
#define BOUCLIER_HUB_AUDIT_FILES_H

#include "base/buffer.h"

#define AUDIT_FILES_MAX 65536u
#define AUDIT_FILE_NAME_BYTES 33u            /* "audit-", 20 digits, ".jsonl", NUL */
#define AUDIT_READ_MAX ((size_t)16 << 20)

struct audit_files {
	uint64_t *list;                      /* numbers of their first entries, ascending */
	size_t count;
};

void audit_file_name(uint64_t number, char out[AUDIT_FILE_NAME_BYTES]);
/* Those in FOLDER; other names are passed over. RESULT_IO, RESULT_LIMIT, RESULT_NO_MEMORY. */
enum result audit_files_list(int folder, struct audit_files *out) must_check;
void audit_files_done(struct audit_files *files);

#endif
