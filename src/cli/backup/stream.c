/* Pieces, sealed. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "cli/backup/format.h"

#include "base/banned.h"

#define PROOF_LEN 16u

struct file_header {
	char magic[8];
	uint32_t version, cost, piece, zero;
	uint8_t salt[PASSPHRASE_SALT_LEN], proof[PROOF_LEN];
} __attribute__((packed));

_Static_assert(sizeof(struct file_header) == BACKUP_HEADER_LEN, "as format.h says");

/* A piece belongs to its file, to its place in it, and to whether anything follows. */
struct about {
	uint8_t header[BACKUP_HEADER_LEN];
	uint64_t number;
	uint8_t is_last;
} __attribute__((packed));

static struct about about_of(const uint8_t *header, uint64_t number, bool is_last)
{
	struct about about = { .number = htole64(number), .is_last = is_last };

	memcpy(about.header, header, BACKUP_HEADER_LEN);
	return about;
}

/* The key, and what proves the passphrase without telling the key. */
static enum result find_key(const struct file_header *header, struct span words, uint8_t key[SEALED_KEY_LEN], uint8_t proof[PROOF_LEN])
{
	uint8_t both[SEALED_KEY_LEN + PROOF_LEN];
	enum result result = passphrase_key(words, header->salt, le32toh(header->cost), both, sizeof(both));

	if (result == RESULT_OK) {
		memcpy(key, both, SEALED_KEY_LEN);
		memcpy(proof, both + SEALED_KEY_LEN, PROOF_LEN);
	}
	passphrase_forget(both, sizeof(both));
	return result;
}

/* -- writing -- */

static enum result write_all(int fd, const void *bytes, size_t count)
{
	const char *at = bytes;

	while (count) {
		ssize_t done = write(fd, at, count);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return RESULT_IO;
		at += done;
		count -= (size_t)done;
	}
	return RESULT_OK;
}

enum result backup_writer_init(struct backup_writer *writer, int fd, struct span words, unsigned cost)
{
	struct file_header header = { .version = htole32(BACKUP_VERSION), .cost = htole32(cost), .piece = htole32((uint32_t)BACKUP_PIECE) };
	enum result result;

	*writer = (struct backup_writer){ .fd = fd };
	buffer_init(&writer->plain, 2 * BACKUP_PIECE + BACKUP_SMALL_MAX);
	memcpy(header.magic, BACKUP_MAGIC, sizeof(header.magic));
	random_fill(header.salt, sizeof(header.salt));
	writer->sealed = malloc(BACKUP_PIECE + SEALED_MORE);
	result = writer->sealed ? find_key(&header, words, writer->key, header.proof) : RESULT_NO_MEMORY;
	memcpy(writer->header, &header, sizeof(header));
	if (result == RESULT_OK)
		result = write_all(fd, &header, sizeof(header));
	writer->failed = result;
	return result;
}

static void flush(struct backup_writer *writer, size_t count, bool is_last)
{
	struct about about = about_of(writer->header, writer->number++, is_last);

	if (writer->failed == RESULT_OK)
		writer->failed = sealed_make(writer->key, span_make((const char *)&about, sizeof(about)), span_take(buffer_span(&writer->plain), count), writer->sealed);
	if (writer->failed == RESULT_OK)
		writer->failed = write_all(writer->fd, writer->sealed, count + SEALED_MORE);
	buffer_consume(&writer->plain, count);
}

void backup_put(struct backup_writer *writer, struct span bytes)
{
	while (bytes.len && writer->failed == RESULT_OK) {
		size_t count = bytes.len < BACKUP_PIECE ? bytes.len : BACKUP_PIECE;

		writer->failed = buffer_append(&writer->plain, span_take(bytes, count));
		bytes = span_skip(bytes, count);
		/* One byte must be left for the last piece, or it would be full as the others are: then it is empty. */
		while (writer->failed == RESULT_OK && buffer_len(&writer->plain) >= BACKUP_PIECE)
			flush(writer, BACKUP_PIECE, false);
	}
}

void backup_put_record(struct backup_writer *writer, const struct backup_record *record)
{
	struct buffer head;

	buffer_init(&head, BACKUP_HEAD_MAX);
	if (writer->failed == RESULT_OK)
		writer->failed = writer->records < BACKUP_RECORDS_MAX ? backup_record_write(record, &head) : RESULT_LIMIT;
	writer->records++;
	backup_put(writer, buffer_span(&head));
	buffer_done(&head);
}

enum result backup_writer_finish(struct backup_writer *writer)
{
	backup_put_record(writer, &(struct backup_record){ .kind = BACKUP_END, .size = writer->records });
	if (writer->failed == RESULT_OK)
		flush(writer, buffer_len(&writer->plain), true);
	if (writer->failed == RESULT_OK && fsync(writer->fd) != 0 && errno != EINVAL)  /* a pipe has no disk */
		writer->failed = RESULT_IO;
	return writer->failed;
}

void backup_writer_done(struct backup_writer *writer)
{
	if (writer->plain.bytes)
		passphrase_forget(writer->plain.bytes, writer->plain.size);
	passphrase_forget(writer->key, sizeof(writer->key));
	buffer_done(&writer->plain);
	free(writer->sealed);
}

/* -- reading -- */

/* COUNT bytes, or fewer at the end of the file. */
static enum result read_some(int fd, struct buffer *into, size_t count)
{
	while (buffer_len(into) < count) {
		char *room = buffer_reserve(into, count - buffer_len(into));
		ssize_t got = room ? read(fd, room, count - buffer_len(into)) : 0;

		if (!room)
			return RESULT_NO_MEMORY;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return RESULT_IO;
		if (got == 0)
			return RESULT_OK;
		buffer_commit(into, (size_t)got);
	}
	return RESULT_OK;
}

static enum result read_header(struct backup_reader *reader, struct file_header *out)
{
	struct buffer bytes;
	enum result result;

	buffer_init(&bytes, sizeof(*out));
	result = read_some(reader->fd, &bytes, sizeof(*out));
	if (result == RESULT_OK && (!bytes.bytes || buffer_len(&bytes) < sizeof(*out)))
		result = RESULT_MALFORMED;
	if (result == RESULT_OK)
		memcpy(out, bytes.bytes + bytes.start, sizeof(*out));
	buffer_done(&bytes);
	if (result == RESULT_OK && (memcmp(out->magic, BACKUP_MAGIC, sizeof(out->magic)) != 0 || out->zero || le32toh(out->piece) != BACKUP_PIECE ||
	                            le32toh(out->version) != BACKUP_VERSION))
		result = RESULT_MALFORMED;
	return result;
}

enum result backup_reader_init(struct backup_reader *reader, int fd, struct span words)
{
	struct file_header header;
	uint8_t proof[PROOF_LEN];
	enum result result;

	*reader = (struct backup_reader){ .fd = fd };
	buffer_init(&reader->sealed, BACKUP_PIECE + SEALED_MORE + 1);
	buffer_init(&reader->plain, 2 * BACKUP_PIECE + BACKUP_HEAD_MAX);
	result = read_header(reader, &header);
	if (result == RESULT_OK)
		result = find_key(&header, words, reader->key, proof);
	if (result == RESULT_OK && memcmp(proof, header.proof, sizeof(proof)) != 0)
		result = RESULT_REFUSED;
	if (result == RESULT_OK)
		memcpy(reader->header, &header, sizeof(header));
	return result;
}

enum result backup_reader_rewind(struct backup_reader *reader)
{
	buffer_reset(&reader->sealed);
	buffer_reset(&reader->plain);
	reader->number = reader->records = reader->left = 0;
	reader->is_last = reader->is_over = false;
	return lseek(reader->fd, BACKUP_HEADER_LEN, SEEK_SET) == BACKUP_HEADER_LEN ? RESULT_OK : RESULT_IO;
}

/* One more piece of plain bytes. One byte beyond it tells whether it is the last. RESULT_END: it was. */
static enum result more(struct backup_reader *reader)
{
	const size_t full = BACKUP_PIECE + SEALED_MORE;
	struct about about;
	struct span sealed;
	enum result result;
	char *room;

	if (reader->is_last)
		return RESULT_END;
	result = read_some(reader->fd, &reader->sealed, full + 1);
	if (result != RESULT_OK)
		return result;
	reader->is_last = buffer_len(&reader->sealed) <= full;
	sealed = span_take(buffer_span(&reader->sealed), full);
	if (sealed.len < SEALED_MORE)
		return RESULT_MALFORMED;
	about = about_of(reader->header, reader->number++, reader->is_last);
	room = buffer_reserve(&reader->plain, BACKUP_PIECE);
	if (!room)
		return RESULT_NO_MEMORY;
	result = sealed_open(reader->key, span_make((const char *)&about, sizeof(about)), sealed, (uint8_t *)room);
	if (result != RESULT_OK)
		return result;
	buffer_commit(&reader->plain, sealed.len - SEALED_MORE);
	buffer_consume(&reader->sealed, sealed.len);
	return RESULT_OK;
}

enum result backup_content(struct backup_reader *reader, struct span *bytes)
{
	enum result result = RESULT_OK;
	size_t count;

	if (!reader->left)
		return RESULT_END;
	if (!buffer_len(&reader->plain))
		result = more(reader);
	if (result != RESULT_OK)
		return result == RESULT_END ? RESULT_MALFORMED : result;
	count = buffer_len(&reader->plain) < reader->left ? buffer_len(&reader->plain) : (size_t)reader->left;
	*bytes = span_take(buffer_span(&reader->plain), count);
	buffer_consume(&reader->plain, count);  /* the bytes stay until something is added */
	reader->left -= count;
	return RESULT_OK;
}

/* Behind the end record nothing may stand. */
static enum result finish(struct backup_reader *reader, const struct backup_record *end)
{
	reader->is_over = true;
	if (end->size != reader->records - 1 || buffer_len(&reader->plain) || !reader->is_last)
		return RESULT_MALFORMED;
	return RESULT_END;
}

enum result backup_next(struct backup_reader *reader, struct backup_record *out)
{
	enum result result;
	struct span bytes;
	size_t used = 0;

	while ((result = backup_content(reader, &bytes)) == RESULT_OK)
		;
	if (result != RESULT_END || reader->is_over)
		return result == RESULT_END ? RESULT_END : result;
	while ((result = backup_record_read(buffer_span(&reader->plain), out, &used)) == RESULT_MORE) {
		result = more(reader);
		if (result != RESULT_OK)
			return result == RESULT_END ? RESULT_MALFORMED : result;
	}
	if (result != RESULT_OK)
		return result;
	buffer_consume(&reader->plain, used);
	if (++reader->records > BACKUP_RECORDS_MAX + 1)
		return RESULT_LIMIT;
	if ((reader->records == 1) != (out->kind == BACKUP_MANIFEST))
		return RESULT_MALFORMED;
	if (out->kind == BACKUP_END) {
		/* What is left may be one more piece, which is empty. */
		while (!reader->is_last && !buffer_len(&reader->plain)) {
			result = more(reader);
			if (result != RESULT_OK)
				return result == RESULT_END ? RESULT_MALFORMED : result;
		}
		return finish(reader, out);
	}
	reader->left = out->size;
	return RESULT_OK;
}

void backup_reader_done(struct backup_reader *reader)
{
	if (reader->plain.bytes)
		passphrase_forget(reader->plain.bytes, reader->plain.size);
	passphrase_forget(reader->key, sizeof(reader->key));
	buffer_done(&reader->plain);
	buffer_done(&reader->sealed);
}
