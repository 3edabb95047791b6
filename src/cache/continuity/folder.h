/* Where copies lie on disk: a folder `continuity` in the state folder, in it the key that signs them and a folder for each site.
 *
 * Shape    continuity/key             32 random bytes, of mode 0600
 *          continuity/SITE/ID.copy    SITE: 16 hexadecimal digits of the site's key; ID: 64, a hash of the site's name, the address and the variant: no name
 *          continuity/SITE/ID.pin     is ever made of what a visitor says
 *          continuity/SITE/ID.*.part  being written; its writer has it locked, and what nobody has locked goes
 *
 * A file is whole or is not there: it is written beside, brought to the disk (fdatasync), and renamed. That the name is on disk too is waited for only
 * with pins, which are a person's word; a copy that a power failure takes is made anew by the next visitor.
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
enum result copy_folder_open(struct copy_folder *folder, int state_fd) must_check;
void copy_folder_done(struct copy_folder *folder);
/* This process may write there from now on, as others may: said by a lock of the folder (flock(2), shared), which a death takes back. Where it cannot be had,
 * nobody hears of it (availability, fails open): what is written is found at the next start. */
void copy_folder_join(const struct copy_folder *folder);
/* It writes no more. */
void copy_folder_leave(const struct copy_folder *folder);
/* Who has joined asks: has nobody else? */
bool copy_folder_is_alone(const struct copy_folder *folder);
/* Where COPY, of the site with this key, lies. RESULT_NO_MEMORY. */
enum result copy_place_of(uint64_t site, const struct copy *copy, struct copy_place *place) must_check;
/* What a file takes on disk. */
static inline uint64_t copy_folder_cost(uint64_t bytes)
{
	return (bytes + FOLDER_BLOCK_BYTES - 1) / FOLDER_BLOCK_BYTES * FOLDER_BLOCK_BYTES;
}
/* Writes HEAD and BODY. IS_LASTING: its name is on disk, too, when this returns. RESULT_IO: errno, and what was there before is there. */
enum result copy_folder_put(const struct copy_folder *folder, const struct copy_place *place, struct span head, struct span body, bool is_lasting) must_check;
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
