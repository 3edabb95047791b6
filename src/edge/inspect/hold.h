/* A request body that waits for its verdict: written once from front to back, then read as often as origins are tried.
 *
 * The first HOLD_MEMORY_BYTES stay in memory; what is more goes to a file without a name in FOLDER, encrypted with a key that
 * only this hold knows.
 *
 * Limits   as many bytes as its owner lets in; files of all holds of the process together: what tenants share of the disk (tenants.h)
 * Owns     its memory and its file, until hold_done
 * Threads  one at a time. Writing to the file may block for as long as the page cache does
 *
 * Security, fails closed: what could not be kept whole is never sent on.
 */
#ifndef BOUCLIER_EDGE_HOLD_H
#define BOUCLIER_EDGE_HOLD_H

#include "base/buffer.h"
#include "edge/sites/tenants.h"
#include "net/cipher.h"

#define HOLD_MEMORY_BYTES (128u * 1024)
#define HOLD_CHUNK_BYTES (64u * 1024)

/* Where files go, and who takes the room. */
struct hold_disk {
	struct span folder;      /* lives as long as the hold */
	struct edge_tenants *tenants;
	struct edge_tenant *tenant;  /* likewise */
};

struct hold {
	struct hold_disk disk;
	struct buffer memory;    /* the front of the body */
	struct buffer chunk;     /* of the file: being written, or read */
	struct buffer tail;      /* the last chunk, in clear, where the disk had no room for it after all */
	struct cipher cipher;    /* while there is a file */
	int fd;                  /* -1: all is in memory */
	uint64_t bytes, read;    /* of the body: kept, and read in this pass */
	uint64_t tail_at, chunk_at;  /* where in the file they would stand, and stand; the chunk's when reading */
	uint64_t taken_bytes;    /* of the disk's */
	bool is_sealed;
};

void hold_init(struct hold *hold, const struct hold_disk *disk);
void hold_done(struct hold *hold);
/* RESULT_NO_MEMORY; RESULT_LIMIT: the tenant has its share of the disk and what it may be lent, or there is no room on disk: what
 * `bytes` has grown by is kept all the same, the rest of PIECE is not. RESULT_IO: no file. */
enum result hold_add(struct hold *hold, struct span piece) must_check;
/* No more is added; reading begins at the front, also for another time. */
enum result hold_rewind(struct hold *hold) must_check;
/* RESULT_OK: PIECE (never empty) comes next, and stays until hold_take. RESULT_END. RESULT_IO, RESULT_NO_MEMORY. */
enum result hold_peek(struct hold *hold, struct span *piece) must_check;
void hold_take(struct hold *hold, size_t count);

#endif
