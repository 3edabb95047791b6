#include "edge/inspect/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/banned.h"

/* Room on disk that is left to others: more than all workers together write between being told of room and using it. */
#define DISK_KEPT_BYTES (8u << 20)

void hold_init(struct hold *hold, const struct hold_disk *disk)
{
	*hold = (struct hold){ .disk = *disk, .fd = -1 };
	buffer_init(&hold->memory, HOLD_MEMORY_BYTES);
	buffer_init(&hold->chunk, HOLD_CHUNK_BYTES);
	buffer_init(&hold->tail, 0);
}

void hold_done(struct hold *hold)
{
	if (hold->fd >= 0) {
		close(hold->fd);
		cipher_done(&hold->cipher);
	}
	buffer_done(&hold->memory);
	buffer_done(&hold->chunk);
	buffer_done(&hold->tail);
	if (hold->taken_bytes)
		edge_tenant_give(hold->disk.tenants, hold->disk.tenant, SHARED_DISK, hold->taken_bytes);
	hold->taken_bytes = 0;
	hold->fd = -1;
}

static uint64_t file_bytes(const struct hold *hold)
{
	return hold->bytes - buffer_len(&hold->memory);
}

/* The disk itself is asked before a byte is taken that it has no room for. Only asked: blocks that were allocated for certain
 * would have to be freed on disk, where most bodies are gone before a byte of them is written there. */
static bool has_room(const struct hold *hold)
{
	struct statvfs disk;

	return fstatvfs(hold->fd, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize >= DISK_KEPT_BYTES;
}

/* For one more chunk. */
static enum result take_disk(struct hold *hold)
{
	const struct hold_disk *disk = &hold->disk;

	if (!edge_tenant_take(disk->tenants, disk->tenant, SHARED_DISK, HOLD_CHUNK_BYTES))
		return RESULT_LIMIT;
	if (!has_room(hold)) {
		edge_tenant_give(disk->tenants, disk->tenant, SHARED_DISK, HOLD_CHUNK_BYTES);
		return RESULT_LIMIT;
	}
	hold->taken_bytes += HOLD_CHUNK_BYTES;
	return RESULT_OK;
}

static enum result open_file(struct hold *hold)
{
	char path[4096];
	enum result result;

	if (hold->disk.folder.len >= sizeof(path))
		return RESULT_IO;
	memcpy(path, hold->disk.folder.at, hold->disk.folder.len);
	path[hold->disk.folder.len] = 0;
	hold->fd = open(path, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	if (hold->fd < 0)
		return RESULT_IO;
	result = cipher_init(&hold->cipher);
	if (result == RESULT_OK)
		return RESULT_OK;
	close(hold->fd);
	hold->fd = -1;
	return result;
}

/* Of a chunk of LEN bytes, on disk. */
static size_t unit_bytes(size_t len)
{
	return len < CIPHER_UNIT_BYTES_MIN ? CIPHER_UNIT_BYTES_MIN : len;
}

/* The disk had room when it was asked, and now it has none, or a quota says no. What was taken stays: COUNT sealed BYTES of the chunk, AT. */
static enum result keep_tail(struct hold *hold, uint64_t at, char *bytes, size_t count)
{
	enum result result = cipher_open(&hold->cipher, at / HOLD_CHUNK_BYTES, bytes, count);

	if (result != RESULT_OK)
		return result;
	hold->tail = hold->chunk;
	hold->tail_at = at;
	buffer_init(&hold->chunk, HOLD_CHUNK_BYTES);
	return RESULT_LIMIT;
}

/* All of the chunk, which ends where the body ends now. */
static enum result write_chunk(struct hold *hold)
{
	size_t len = buffer_len(&hold->chunk), count = unit_bytes(len), done = 0;
	uint64_t at = file_bytes(hold) - len;
	char *bytes;
	enum result result;

	if (!len)
		return RESULT_OK;
	if (!buffer_reserve(&hold->chunk, count - len))
		return RESULT_NO_MEMORY;
	bytes = hold->chunk.bytes + hold->chunk.start;
	memset(bytes + len, 0, count - len);
	result = cipher_seal(&hold->cipher, at / HOLD_CHUNK_BYTES, bytes, count);
	if (result != RESULT_OK)
		return result;
	while (done < count) {
		ssize_t wrote = pwrite(hold->fd, bytes + done, count - done, (off_t)(at + done));

		if (wrote <= 0)
			return wrote < 0 && (errno == ENOSPC || errno == EDQUOT) ? keep_tail(hold, at, bytes, count) : RESULT_IO;
		done += (size_t)wrote;
	}
	buffer_reset(&hold->chunk);
	return RESULT_OK;
}

static enum result add_to_memory(struct hold *hold, struct span *piece)
{
	struct span part = span_take(*piece, buffer_room(&hold->memory));
	enum result result = buffer_append(&hold->memory, part);

	if (result != RESULT_OK)
		return result;
	hold->bytes += part.len;
	*piece = span_skip(*piece, part.len);
	return RESULT_OK;
}

enum result hold_add(struct hold *hold, struct span piece)
{
	enum result result = hold->fd < 0 ? add_to_memory(hold, &piece) : RESULT_OK;

	if (buffer_len(&hold->tail))
		return RESULT_LIMIT;
	if (result == RESULT_OK && piece.len && hold->fd < 0)
		result = open_file(hold);
	while (result == RESULT_OK && piece.len) {
		struct span part = span_take(piece, buffer_room(&hold->chunk));

		result = buffer_len(&hold->chunk) ? RESULT_OK : take_disk(hold);
		if (result == RESULT_OK)
			result = buffer_append(&hold->chunk, part);
		if (result != RESULT_OK)
			return result;
		hold->bytes += part.len;
		piece = span_skip(piece, part.len);
		if (!buffer_room(&hold->chunk))
			result = write_chunk(hold);
	}
	return result;
}

enum result hold_rewind(struct hold *hold)
{
	enum result result = hold->is_sealed || hold->fd < 0 || buffer_len(&hold->tail) ? RESULT_OK : write_chunk(hold);

	if (buffer_len(&hold->tail))
		result = RESULT_OK;  /* all is there */
	hold->is_sealed = true;
	hold->read = 0;
	buffer_reset(&hold->chunk);
	return result;
}

/* The chunk of the file that holds what is read next. */
static enum result read_chunk(struct hold *hold)
{
	uint64_t at = (hold->read - buffer_len(&hold->memory)) / HOLD_CHUNK_BYTES * HOLD_CHUNK_BYTES;
	uint64_t left = file_bytes(hold) - at;
	size_t len = left < HOLD_CHUNK_BYTES ? (size_t)left : HOLD_CHUNK_BYTES, count = unit_bytes(len), done = 0;
	char *to;

	if (buffer_len(&hold->chunk) && hold->chunk_at == at)
		return RESULT_OK;
	buffer_reset(&hold->chunk);
	to = buffer_reserve(&hold->chunk, count);
	if (!to)
		return RESULT_NO_MEMORY;
	while (done < count) {
		ssize_t got = pread(hold->fd, to + done, count - done, (off_t)(at + done));

		if (got <= 0)
			return RESULT_IO;
		done += (size_t)got;
	}
	hold->chunk_at = at;
	buffer_commit(&hold->chunk, len);
	return cipher_open(&hold->cipher, at / HOLD_CHUNK_BYTES, to, count);
}

enum result hold_peek(struct hold *hold, struct span *piece)
{
	enum result result;
	uint64_t at;

	if (hold->read == hold->bytes)
		return RESULT_END;
	if (hold->read < buffer_len(&hold->memory)) {
		*piece = span_skip(buffer_span(&hold->memory), (size_t)hold->read);
		return RESULT_OK;
	}
	at = hold->read - buffer_len(&hold->memory);
	if (buffer_len(&hold->tail) && at >= hold->tail_at) {
		*piece = span_skip(buffer_span(&hold->tail), (size_t)(at - hold->tail_at));
		return RESULT_OK;
	}
	result = read_chunk(hold);
	if (result == RESULT_OK)
		*piece = span_skip(buffer_span(&hold->chunk), (size_t)(at - hold->chunk_at));
	else
		buffer_reset(&hold->chunk);
	return result;
}

void hold_take(struct hold *hold, size_t count)
{
	hold->read += count;
}
