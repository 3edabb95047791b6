/* An image: what the check process says about a configuration, and what the keeper says about files, in one piece of
 * memory that no longer changes. The keeper checks its bounds only; the edge trusts what the keeper checked.
 *
 * Shape    header, then records of {kind, flags, lengths, name, bytes}, each padded to 8
 * Limits   IMAGE_BYTES_MAX in all, IMAGE_RECORDS_MAX records, names (paths) under 4096 bytes and without NUL
 * Owns     a writer owns its buffer; an opened image owns its mapping (image_close), or nothing when read in place
 * Threads  an opened image is immutable: safe anywhere
 */
#ifndef BOUCLIER_PROCESS_IMAGE_H
#define BOUCLIER_PROCESS_IMAGE_H

#include "base/address.h"
#include "base/buffer.h"
#include "base/span.h"

#define IMAGE_BYTES_MAX ((size_t)64 << 20)
#define IMAGE_RECORDS_MAX 32768u
#define IMAGE_LISTENERS_MAX 64u
#define IMAGE_WORKERS_MAX 64u
#define IMAGE_PATH_MAX 4096u
#define IMAGE_NOTE_MAX 2048u

enum image_kind {
	IMAGE_COMPLAINTS = 1, /* bytes: what a person is to read, as complaints_write makes it */
	IMAGE_SETTINGS,       /* bytes: struct image_settings_record; name: the state folder */
	IMAGE_ADMIN,          /* name: path of the admin socket; number: its mode */
	IMAGE_LISTENER,       /* bytes: struct image_listener_record */
	IMAGE_FILE,           /* name: path of a file the keeper opens; number: enum of the reader's own choosing */
	IMAGE_TEXT,           /* name: path; bytes: exactly what was read there */
	IMAGE_VIEW,           /* name: a path the edge may read (number 0) or write (number 1) once confined */
	IMAGE_PROBLEM,        /* name: whose files are wrong; bytes: the report; number: errors; flags 1: a last good version serves */
	IMAGE_RULE_TEXT,      /* name: path; bytes: whose it is, NUL, and what was read there */
	IMAGE_RULE_SET,       /* name: what `ruleset` says; bytes: whose files it is made of, NUL, and a digest of them */
	IMAGE_HUB,            /* name: the hub's state folder; bytes: its settings, for it alone (hub/settings/hand_over.h) */
	IMAGE_HUB_LISTENER,   /* bytes: struct image_listener_record; where the hub listens */
	IMAGE_HUB_FILE,       /* as IMAGE_FILE, for the hub alone */
	IMAGE_NOTE,           /* bytes: who had it served, and why; the keeper hands it on unread (IMAGE_NOTE_MAX) */
	IMAGE_BASE,           /* of a change (CHANNEL_CHANGE): name: path; bytes: what must be there now */
	IMAGE_KIND_COUNT,
};

enum image_file_flag {
	IMAGE_FILE_REQUIRED = 1,  /* cannot be opened: the start or reload fails. Otherwise the edge sees `error` */
	IMAGE_FILE_STALE = 2,     /* set by the keeper: could not be opened now, the bytes are those of last time */
};

struct image_settings {
	struct span state_folder;  /* empty: none */
	unsigned workers;          /* 1..IMAGE_WORKERS_MAX */
	uint64_t drain_ms;         /* how long requests in flight may take after SIGTERM */
};

struct image_listener {
	struct endpoint endpoint;
	uint32_t backlog;          /* 0: the system's maximum */
	uint32_t flags;            /* the edge's own; the keeper hands them on unread */
};

struct image_file {
	struct span path;
	struct span bytes;         /* in the keeper's image of files: what was read. In check's: folders, each ended by NUL, that the
	                            * file must lie in wherever links lead; empty: any that the keeper reads from */
	uint32_t kind;             /* the edge's own */
	uint32_t flags;            /* enum image_file_flag */
	int error;                 /* errno of the open that failed, 0 */
};

/* One record as it lies in the image; the typed readers below are made of it. */
struct image_record {
	enum image_kind kind;
	uint32_t flags, number;
	int error;
	struct span name, bytes;
};

/* -- writing (check; and the keeper for its files) -- */

struct image_writer {
	struct buffer bytes;
	uint32_t records;
	enum result failed;        /* the first failure; every later write is nothing */
};

void image_writer_init(struct image_writer *writer);
void image_writer_done(struct image_writer *writer);
/* Writers remember the first failure, so that a caller writes a list and asks once, at image_finish. */
void image_write_complaints(struct image_writer *writer, struct span text);
void image_write_settings(struct image_writer *writer, const struct image_settings *settings);
void image_write_admin(struct image_writer *writer, struct span path, unsigned mode);
void image_write_listener(struct image_writer *writer, const struct image_listener *listener);
void image_write_file(struct image_writer *writer, const struct image_file *file);
void image_write_text(struct image_writer *writer, struct span path, struct span bytes);
void image_write_problem(struct image_writer *writer, const struct image_record *problem);
/* IMAGE_RULE_TEXT or IMAGE_RULE_SET. OWNER: a tenant; empty: the administrator. */
void image_write_rules(struct image_writer *writer, enum image_kind kind, struct span owner, struct span name, struct span bytes);
void image_write_view(struct image_writer *writer, struct span path, bool may_write);
/* What the hub gets; LISTENER may be NULL. Its files: image_write_hub_file, of paths. */
void image_write_hub(struct image_writer *writer, struct span state_folder, struct span settings, const struct endpoint *listener);
void image_write_hub_file(struct image_writer *writer, struct span path);
void image_write_note(struct image_writer *writer, struct span note);
void image_write_base(struct image_writer *writer, struct span path, struct span bytes);
/* Completes the header and writes all to FD (an empty memfd). RESULT_IO, or the first failure of a write. */
enum result image_finish(struct image_writer *writer, int fd) must_check;
/* The same, in place: the content is OUT until image_writer_done. For tests, and for `check` without a keeper. */
enum result image_finish_bytes(struct image_writer *writer, struct span *out) must_check;

/* -- reading -- */

struct image {
	struct span bytes;         /* all of it; empty when there is no image */
	bool is_mapped;
};

/* Maps FD, which must be sealed against change, and checks it. FD stays the caller's.
 * RESULT_MALFORMED  not an image, or one of another version; RESULT_LIMIT too large; RESULT_REFUSED not sealed */
enum result image_open(int fd, struct image *out) must_check;
/* The same over BYTES in place (aligned to 8). */
enum result image_read(struct span bytes, struct image *out) must_check;
void image_close(struct image *image);
static inline bool image_is_empty(const struct image *image)
{
	return image->bytes.len == 0;
}

/* Walks the records of KIND: AT is 0 first, and is moved on. False at the end. */
bool image_next(const struct image *image, enum image_kind kind, size_t *at, struct image_record *out);
bool image_next_listener(const struct image *image, size_t *at, struct image_listener *out);
bool image_next_file(const struct image *image, size_t *at, struct image_file *out);

/* The halves of an IMAGE_RULE_TEXT or IMAGE_RULE_SET. */
struct span image_rules_owner(const struct image_record *record);
struct span image_rules_bytes(const struct image_record *record);

/* RESULT_NOT_FOUND: there is to be no hub. */
enum result image_hub(const struct image *image, struct span *state_folder, struct span *settings) must_check;
bool image_hub_listener(const struct image *image, struct endpoint *out);

/* Empty: none. */
struct span image_note(const struct image *image);
struct span image_complaints(const struct image *image);
/* Defaults (no folder, one worker, 30 s) when the image says nothing. */
struct image_settings image_settings(const struct image *image);
/* RESULT_NOT_FOUND: no admin socket. */
enum result image_admin(const struct image *image, struct span *path, unsigned *mode) must_check;
/* The text that was read at PATH; also over an empty image. */
enum result image_find_text(const struct image *image, struct span path, struct span *bytes) must_check;
enum result image_find_file(const struct image *image, struct span path, struct image_file *out) must_check;

#endif
