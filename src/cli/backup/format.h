/* A backup: one file, encrypted and authenticated in pieces, so that it is written and read as a stream.
 *
 * Shape    header: magic, version, cost of the passphrase, salt, a proof that the passphrase is right; BACKUP_HEADER_LEN bytes, little endian
 *          pieces: BACKUP_PIECE bytes each, sealed (net/sealed.h) about the header, their number, and whether they are the last; the last is shorter, or empty
 *          in them records: struct backup_record, path, user, group, then `size` bytes of content
 *          the first is the manifest (JSON), the last the end, whose `size` counts the others
 * Limits   below; whatever a file says, nothing larger is allocated than a piece and BACKUP_SMALL_MAX
 * Errors   security, fails closed: RESULT_REFUSED the passphrase is wrong; RESULT_MALFORMED cut off, changed, or not a backup; RESULT_LIMIT it says more than
 *          a backup may. No byte of a piece is given out before all of it was proven
 * Threads  one at a time for each
 */
#ifndef BOUCLIER_CLI_BACKUP_FORMAT_H
#define BOUCLIER_CLI_BACKUP_FORMAT_H

#include "base/buffer.h"
#include "net/passphrase.h"
#include "net/sealed.h"

#define BACKUP_MAGIC "BCLBKUP\n"
#define BACKUP_VERSION 1u
#define BACKUP_HEADER_LEN 56u
#define BACKUP_PIECE ((size_t)64 << 10)
#define BACKUP_RECORDS_MAX 1000000u
#define BACKUP_FILE_MAX ((uint64_t)64 << 30)
#define BACKUP_SMALL_MAX ((size_t)1 << 20)   /* manifest, links */
#define BACKUP_PATH_MAX 1023u
#define BACKUP_DEPTH_MAX 32u
#define BACKUP_NAME_MAX 32u                   /* of a user or a group */

enum backup_kind { BACKUP_MANIFEST = 'M', BACKUP_FOLDER = 'D', BACKUP_FILE = 'F', BACKUP_LINK = 'L', BACKUP_END = 'E' };

/* What a path is below: the folder of the configuration, the state folder, the hub's, or nothing ("/" is left out). */
enum backup_root { BACKUP_NOWHERE = 0, BACKUP_CONFIG = 'c', BACKUP_STATE = 's', BACKUP_HUB = 'h', BACKUP_ELSEWHERE = 'x' };

struct backup_record {
	enum backup_kind kind;
	enum backup_root root;
	unsigned mode;                /* 0777 at most */
	uint64_t size, modified_s;
	char path[BACKUP_PATH_MAX + 1];
	char user[BACKUP_NAME_MAX + 1], group[BACKUP_NAME_MAX + 1];
};

#define BACKUP_HEAD_LEN 26u
#define BACKUP_HEAD_MAX (BACKUP_HEAD_LEN + BACKUP_PATH_MAX + 2 * BACKUP_NAME_MAX)

/* -- records as bytes -- */

/* RESULT_LIMIT, RESULT_MALFORMED: not one that a reader would take. */
enum result backup_record_write(const struct backup_record *record, struct buffer *out) must_check;
/* From the front of INPUT: RESULT_MORE until all of its head is there; then USED says how much that was. */
enum result backup_record_read(struct span input, struct backup_record *out, size_t *used) must_check;
/* Relative, of printable parts none of which is empty, "." or "..". */
bool backup_path_is_plain(struct span path);
/* The target of a link: one such part, a neighbour. */
bool backup_target_is_plain(struct span target);

/* -- the stream -- */

struct backup_writer {
	int fd;
	uint8_t header[BACKUP_HEADER_LEN], key[SEALED_KEY_LEN];
	uint64_t number, records;
	struct buffer plain;
	uint8_t *sealed;
	enum result failed;           /* the first failure */
};

/* RESULT_LIMIT: the passphrase is too short or too long. */
enum result backup_writer_init(struct backup_writer *writer, int fd, struct span words, unsigned cost) must_check;
void backup_put(struct backup_writer *writer, struct span bytes);
void backup_put_record(struct backup_writer *writer, const struct backup_record *record);
/* The end record and the last piece. */
enum result backup_writer_finish(struct backup_writer *writer) must_check;
void backup_writer_done(struct backup_writer *writer);

struct backup_reader {
	int fd;
	uint8_t header[BACKUP_HEADER_LEN], key[SEALED_KEY_LEN];
	uint64_t number, records;
	struct buffer sealed, plain;
	uint64_t left;                /* of the content of the record that was read last */
	bool is_last, is_over;
};

/* Reads the header, and finds the key. */
enum result backup_reader_init(struct backup_reader *reader, int fd, struct span words) must_check;
/* From the beginning again, with the key that is known. */
enum result backup_reader_rewind(struct backup_reader *reader) must_check;
/* The next record; what is left of the content of the one before is passed over. RESULT_END behind the end record, when nothing follows. */
enum result backup_next(struct backup_reader *reader, struct backup_record *out) must_check;
/* Some of the content, at most a piece; RESULT_END when there is no more. BYTES lives until the next call. */
enum result backup_content(struct backup_reader *reader, struct span *bytes) must_check;
void backup_reader_done(struct backup_reader *reader);

#endif
