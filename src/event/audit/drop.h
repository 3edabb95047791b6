/* The other half of folder.h, for it alone: what lies there already, and what of it has to go. */
#ifndef BOUCLIER_EVENT_AUDIT_DROP_H
#define BOUCLIER_EVENT_AUDIT_DROP_H

#include "event/audit/folder.h"

#define AUDIT_NAME_MAX 256u     /* with NUL: what a file system takes */
#define AUDIT_PATH_MAX (2 * AUDIT_NAME_MAX)
#define AUDIT_BLOCK_BYTES 4096u
#define AUDIT_CURRENT "audit.log"

struct audit_site {
	struct audit_site *next;
	uint64_t bytes;
	uint64_t refused_ms;         /* since when nothing can be written here; 0: it can */
	bool is_stuck;               /* nothing of it can be deleted, as far as this search for room knows */
	char path[AUDIT_PATH_MAX];   /* "TENANT/SITE" */
};

/* What a file of SIZE bytes takes of the disk. */
static inline uint64_t audit_cost(uint64_t size)
{
	return (size + AUDIT_BLOCK_BYTES - 1) / AUDIT_BLOCK_BYTES * AUDIT_BLOCK_BYTES;
}

/* folder.c */
struct audit_site *audit_site_find(struct audit_folder *folder, const char *path);
enum result audit_site_add(struct audit_folder *folder, const char *path, struct audit_site **out) must_check;

/* Finds the sites that lie below FOLDER, and counts their bytes anew: files, and a block for each folder of Concurrent. What cannot be read
 * counts nothing. RESULT_NO_MEMORY; RESULT_TIMEOUT: given up, and too little is counted. */
enum result audit_folder_count(struct audit_folder *folder) must_check;
/* Counts anew before it gives up. RESULT_LIMIT: NEED bytes are more than is allowed. RESULT_IO: nothing can be deleted; errno.
 * RESULT_TIMEOUT: given up. */
enum result audit_make_room(struct audit_folder *folder, uint64_t need) must_check;

#endif
