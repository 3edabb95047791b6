#include "hub/audit/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/encode.h"

#include "base/banned.h"

void audit_verify_begin(struct audit_verify *verify, const unsigned char *head, struct complaints *complaints)
{
	*verify = (struct audit_verify){ .complaints = complaints, .head = head };
}

static void break_at(struct audit_verify *verify, struct place place, uint64_t number, const char *text)
{
	if (!verify->broken++)
		verify->broken_at = number;
	if (verify->complaints)
		complain(verify->complaints, COMPLAINT_ERROR, place, SPAN_NONE, "%s (entry %" PRIu64 ")", text, number);
}

/* Does ENTRY follow what was read before it? */
static void check_place(struct audit_verify *verify, struct place place, const struct audit_entry *entry)
{
	uint64_t due = verify->newest.number + 1;
	bool is_begin = !verify->entries && !verify->is_lost;

	if (is_begin && entry->number == 1 && memcmp(entry->previous, verify->newest.hash, AUDIT_HASH_LEN) != 0)
		break_at(verify, place, entry->number, "the first entry names one before it");
	if (is_begin)
		return;
	if (entry->number != due)
		break_at(verify, place, entry->number, entry->number > due ? "entries are missing before this one" : "this entry stands in another place than it was written");
	else if (!verify->is_lost && memcmp(entry->previous, verify->newest.hash, AUDIT_HASH_LEN) != 0)
		break_at(verify, place, entry->number, "this entry was written after another one than that before it");
}

static enum result check_line(struct audit_verify *verify, struct place place, struct span line)
{
	struct audit_entry entry;
	enum result result = audit_line_read(line, &entry);

	if (result == RESULT_NO_MEMORY)
		return result;
	if (result != RESULT_OK) {
		break_at(verify, place, verify->newest.number + 1, "this line is not as it was written");
		verify->newest.number++;
		verify->is_lost = true;
		return RESULT_OK;
	}
	check_place(verify, place, &entry);
	if (!verify->entries++)
		verify->first = entry.number;
	verify->is_lost = false;
	verify->newest.number = entry.number;
	memcpy(verify->newest.hash, entry.hash, AUDIT_HASH_LEN);
	verify->has_head |= verify->head && memcmp(verify->head, entry.hash, AUDIT_HASH_LEN) == 0;
	return RESULT_OK;
}

/* -- a file, a piece after the other -- */

static enum result open_file(struct audit_walk *walk, const char *name)
{
	walk->place = (struct place){ .file = span_of(name) };
	buffer_reset(&walk->text);
	walk->fd = openat(walk->folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);  /* a pipe would be waited for */
	return walk->fd < 0 ? RESULT_IO : RESULT_OK;
}

static void close_file(struct audit_walk *walk)
{
	int error = errno;

	if (walk->fd >= 0)
		close(walk->fd);
	walk->fd = -1;
	errno = error;
}

static enum result check_lines(struct audit_walk *walk)
{
	enum result result = RESULT_OK;

	while (result == RESULT_OK) {
		struct span text = buffer_span(&walk->text);
		size_t len = span_find(text, '\n');

		if (len == text.len)
			break;
		walk->place.line++;
		result = check_line(walk->verify, walk->place, span_take(text, len));
		buffer_consume(&walk->text, len + 1);
	}
	return result;
}

static void check_end(struct audit_walk *walk)
{
	struct audit_verify *verify = walk->verify;

	if (!buffer_len(&walk->text))
		return;
	walk->place.line++;
	break_at(verify, walk->place, verify->newest.number + 1, "the file ends in the middle of an entry");
	verify->newest.number++;
	verify->is_lost = true;
}

/* RESULT_MORE: there may be more of the file. */
static enum result read_piece(struct audit_walk *walk)
{
	char *room = buffer_reserve(&walk->text, AUDIT_PIECE);
	enum result result;
	ssize_t count;

	if (!room)
		return buffer_room(&walk->text) < AUDIT_PIECE ? RESULT_LIMIT : RESULT_NO_MEMORY;
	count = read(walk->fd, room, AUDIT_PIECE);
	if (count < 0)
		return errno == EINTR ? RESULT_MORE : RESULT_IO;
	if (count == 0) {
		check_end(walk);
		return RESULT_OK;
	}
	buffer_commit(&walk->text, (size_t)count);
	result = check_lines(walk);
	return result == RESULT_OK ? RESULT_MORE : result;
}

static void cannot_be_read(struct audit_walk *walk, enum result result)
{
	struct audit_verify *verify = walk->verify;

	verify->broken++;
	if (verify->complaints)
		complain(verify->complaints, COMPLAINT_ERROR, (struct place){ .file = walk->place.file }, SPAN_NONE, "cannot be read: %s", result == RESULT_IO ? strerror(errno) : result_name(result));
}

enum result audit_verify_file(struct audit_verify *verify, int folder, const char *name)
{
	struct audit_walk walk = { .verify = verify, .folder = folder, .fd = -1 };
	enum result result;

	buffer_init(&walk.text, AUDIT_PIECES_MAX);
	result = open_file(&walk, name);
	if (result == RESULT_OK) {
		do {
			result = read_piece(&walk);
		} while (result == RESULT_MORE);
	}
	if (result != RESULT_OK)
		cannot_be_read(&walk, result);
	close_file(&walk);
	buffer_done(&walk.text);
	return result;
}

bool audit_verify_end(struct audit_verify *verify)
{
	if (verify->head && !verify->has_head)
		break_at(verify, (struct place){ 0 }, verify->newest.number, "no entry has the hash that was kept: the end was cut off, or all of it was written anew");
	if (verify->first > 1 && verify->complaints)
		complain(verify->complaints, COMPLAINT_WARNING, (struct place){ 0 }, SPAN_NONE, "what was read begins with entry %" PRIu64 ": nothing is said of those before it", verify->first);
	return !verify->broken;
}

/* -- a folder -- */

enum result audit_walk_begin(struct audit_walk *walk, struct audit_verify *verify, int folder)
{
	enum result result;

	*walk = (struct audit_walk){ .verify = verify, .folder = folder, .fd = -1 };
	buffer_init(&walk->text, AUDIT_PIECES_MAX);
	result = audit_files_list(folder, &walk->files);
	if (result == RESULT_OK && walk->files.count && walk->files.list[0] != 1)
		break_at(verify, (struct place){ 0 }, 1, "the first file is missing");
	return result;
}

enum result audit_walk_step(struct audit_walk *walk)
{
	enum result result = RESULT_OK;

	if (walk->fd < 0 && walk->next == walk->files.count)
		return RESULT_OK;
	if (walk->fd < 0) {
		audit_file_name(walk->files.list[walk->next++], walk->name);
		result = open_file(walk, walk->name);
	}
	if (result == RESULT_OK)
		result = read_piece(walk);
	if (result == RESULT_MORE)
		return RESULT_MORE;
	if (result != RESULT_OK)
		cannot_be_read(walk, result);
	close_file(walk);
	return result == RESULT_OK ? RESULT_MORE : result;
}

void audit_walk_done(struct audit_walk *walk)
{
	close_file(walk);
	audit_files_done(&walk->files);
	buffer_done(&walk->text);
}

enum result audit_verify_folder(struct audit_verify *verify, int folder)
{
	struct audit_walk walk;
	enum result result = audit_walk_begin(&walk, verify, folder);

	if (result == RESULT_OK) {
		do {
			result = audit_walk_step(&walk);
		} while (result == RESULT_MORE);
	}
	audit_walk_done(&walk);
	return result;
}
