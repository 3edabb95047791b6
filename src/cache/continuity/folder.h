/* Where copies lie on disk: a folder `continuity` (of the cache: `cache`) in the state folder, in it the key that signs them and a folder for each site.
 *
 * Shape    continuity/key             32 random bytes, of mode 0600
 *          continuity/SITE/ID.copy    SITE: 16 hexadecimal digits of the site's key; ID: 64, a hash of the site's name, the address and the variant: no name
 *          continuity/SITE/ID.pin     is ever made of what a visitor says
 *          continuity/SITE/ID.*.part  being written; its writer has it locked, and what nobody has locked goes
 *
 * A file is whole or is not there: it is written beside, brought to the disk (fdatasync), and renamed. That the name is on disk too is waited for only
 * with pins, which are a person's word; a copy that a power failure takes is made anew by the next visitor. For the disk of the cache nothing is waited:
 * what a power failure leaves of a file is told by its hash.
 *
 * Limits   FOLDER_KEPT_BYTES of the disk are left to others; only regular files are opened, links are not followed
 * Owns     its descriptor
 * Threads  any, over different places
 *
 * Security, fails closed: a key that others may read signs nothing, and what lies under another name than its own is no copy.
 */
#ifndef BOUCLIER_CACHE_CONTINUITY_FOLDER_H
#define BOUCLIER_CACHE_CONTINUITY_FOLDER_H

#include "cache/continuity/copy.h"
#include "base/span.h"

#define FOLDER_KEPT_BYTES ((uint64_t)8 << 20)
#define FOLDER_BLOCK_BYTES 4096u
#define FOLDER_NAME_MAX (2 * DIGEST_LEN + 8)

struct copy_folder {
	int fd;                       /* -1: not open */
	uint8_t key[MAC_KEY_LEN];
};

struct copy_place {
	uint64_t site;                /* the key of its name */
	char name[FOLDER_NAME_MAX];   /* with NUL */
};

/* Makes what is missing. RESULT_IO: errno; RESULT_REFUSED: the key is not a file of 32 bytes of ours alone. */
enum result copy_folder_open(struct copy_folder *folder, int state_fd, const char *name) must_check;
void copy_folder_done(struct copy_folder *folder);
/* With whom: an edge that takes over runs beside the one before it for a while. */
enum folder_sharing {
	FOLDER_SHARED,                /* both may write */
	FOLDER_ALONE,                 /* who has joined first writes, until it leaves */
};
/* This process may write there from now on: said by a lock of the folder (flock(2)), which a death takes back. RESULT_MORE: somebody else has joined; who wants
 * it ALONE has not, and who shares it may ask again, by joining again, until the other has left. RESULT_IO: errno; there are no locks, and who shares it does not
 * hear of others: what they write is found at the next start. */
enum result copy_folder_join(const struct copy_folder *folder, enum folder_sharing sharing) must_check;
/* It writes no more. */
void copy_folder_leave(const struct copy_folder *folder);
/* Where COPY, of the site with this key, lies. RESULT_NO_MEMORY. */
enum result copy_place_of(uint64_t site, const struct copy *copy, struct copy_place *place) must_check;
/* What a file takes on disk. */
static inline uint64_t copy_folder_cost(uint64_t bytes)
{
	return (bytes + FOLDER_BLOCK_BYTES - 1) / FOLDER_BLOCK_BYTES * FOLDER_BLOCK_BYTES;
}
/* What of a file is on disk, and not only the kernel's word, when it was put. */
enum folder_care { FOLDER_NOTHING, FOLDER_BYTES, FOLDER_NAME };
/* Writes HEAD and BODY. RESULT_IO: errno, and what was there before is there. */
enum result copy_folder_put(const struct copy_folder *folder, const struct copy_place *place, struct span head, struct span body, enum folder_care care) must_check;
/* Appends all of the file to OUT. RESULT_NOT_FOUND, RESULT_IO (errno), RESULT_LIMIT, RESULT_NO_MEMORY. */
enum result copy_folder_read(const struct copy_folder *folder, const struct copy_place *place, struct buffer *out) must_check;
/* RESULT_OK: it is not there, or not any more. RESULT_IO: errno. */
enum result copy_folder_delete(const struct copy_folder *folder, const struct copy_place *place) must_check;

/* One file, of which FRONT is the front. RESULT_OK: COPY is whole as far as its head tells, and lies where it belongs; otherwise COPY says nothing. */
struct copy_found {
	struct copy_place place;
	enum result result;
	struct copy copy;
	uint64_t file_bytes;
};
/* Calls EACH for every file, until it says false. What was left half written goes, and empty folders. RESULT_IO: errno, of the first that could not be
 * looked at; the others have been. RESULT_NO_MEMORY. */
enum result copy_folder_walk(const struct copy_folder *folder, bool (*each)(void *context, const struct copy_found *found), void *context) must_check;

#endif
