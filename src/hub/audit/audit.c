#include "hub/audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_file.h"
#include "hub/audit/files.h"
#include "hub/audit/list.h"
#include "incident/text.h"

#include "base/banned.h"

#define NOTE_BYTES 256u

struct audit {
	int folder, fd;              /* fd -1: the next entry begins a file */
	bool is_known;               /* the end of the log was found, and nothing has failed since */
	uint64_t file;               /* number in the name of the file behind FD */
	uint64_t bytes;              /* of the file */
	uint64_t next;               /* number of the next entry */
	struct audit_newest newest;
	struct { enum audit_said said; char arguments[2][NOTE_BYTES]; } note;  /* what the next entry is to say of the log itself; 0: nothing */
};

struct audit_newest audit_newest(const struct audit *audit)
{
	return audit->newest;
}

/* -- what is to be said of the log itself -- */

static void note(struct audit *audit, enum audit_said said, uint64_t number, const char *name)
{
	audit->note.said = said;
	snprintf(audit->note.arguments[0], NOTE_BYTES, "%" PRIu64, number);
	snprintf(audit->note.arguments[1], NOTE_BYTES, "%s", name);
}

static struct audit_words note_words(const struct audit *audit)
{
	return (struct audit_words){ audit->note.said, { span_of(audit->note.arguments[0]), span_of(audit->note.arguments[1]) } };
}

static enum result complain_note(const struct audit *audit, struct span folder, struct complaints *complaints)
{
	struct audit_words words = note_words(audit);
	struct buffer english;
	enum result result;

	buffer_init(&english, AUDIT_DETAIL_BYTES);
	result = audit_said_write(&words, &english);
	if (result == RESULT_OK)
		complain(complaints, COMPLAINT_WARNING, (struct place){ .file = folder }, SPAN_NONE, "%.*s", SPAN_ARG(buffer_span(&english)));
	buffer_done(&english);
	return result;
}

/* -- the end of what is there -- */

/* What the lines of one file say of the end. */
struct tail {
	struct audit_newest newest;  /* number 0: no line can be read */
	uint64_t damaged;            /* lines behind it */
	size_t whole;                /* bytes up to the last newline */
	struct span torn;            /* what stands behind it */
};

static enum result read_tail(struct span text, struct tail *out)
{
	struct span rest = text;

	*out = (struct tail){ 0 };
	while (rest.len) {
		size_t len = span_find(rest, '\n');
		struct audit_entry entry;
		enum result result;

		if (len == rest.len)
			break;
		result = audit_line_read(span_take(rest, len), &entry);
		if (result == RESULT_NO_MEMORY)
			return result;
		out->damaged = result == RESULT_OK ? 0 : out->damaged + 1;
		if (result == RESULT_OK) {
			out->newest.number = entry.number;
			memcpy(out->newest.hash, entry.hash, AUDIT_HASH_LEN);
		}
		rest = span_skip(rest, len + 1);
	}
	out->whole = text.len - rest.len;
	out->torn = rest;
	return RESULT_OK;
}

/* The unfinished line is no entry: nobody was told that it counts. */
static enum result take_out_torn(struct audit *audit, const char *name, const struct tail *tail)
{
	if (!tail->torn.len)
		return RESULT_OK;
	note(audit, AUDIT_SAID_TORN, tail->torn.len, name);
	return ftruncate(audit->fd, (off_t)tail->whole) == 0 && fsync(audit->fd) == 0 ? RESULT_OK : RESULT_IO;
}

/* Behind lines that cannot be read nothing is appended: a new file begins, and says so. */
static void leave_damaged(struct audit *audit, const char *name, const struct tail *tail)
{
	if (!tail->damaged)
		return;
	note(audit, AUDIT_SAID_DAMAGED, tail->damaged, name);
	close(audit->fd);
	audit->fd = -1;
}

static enum result look_at(struct audit *audit, uint64_t number, bool is_last, struct tail *tail)
{
	char name[AUDIT_FILE_NAME_BYTES];
	struct buffer text;
	enum result result;

	audit_file_name(number, name);
	buffer_init(&text, AUDIT_READ_MAX);
	result = read_file_at(audit->folder, name, &text);
	if (result == RESULT_OK)
		result = read_tail(buffer_span(&text), tail);
	if (result == RESULT_OK && is_last) {
		audit->fd = openat(audit->folder, name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
		audit->file = number;
		audit->bytes = tail->whole;
		result = audit->fd < 0 ? RESULT_IO : take_out_torn(audit, name, tail);
		if (result == RESULT_OK)
			leave_damaged(audit, name, tail);
	}
	tail->torn = SPAN_NONE;
	buffer_done(&text);
	return result;
}

/* The last file that has an entry says what comes next; the last one is where it goes. */
static enum result find_end(struct audit *audit)
{
	struct audit_files files;
	enum result result = audit_files_list(audit->folder, &files);
	uint64_t behind = 0;

	if (result != RESULT_OK)
		return result;
	audit->newest = (struct audit_newest){ 0 };
	for (size_t i = files.count; i-- && result == RESULT_OK && !audit->newest.number;) {
		struct tail tail = { 0 };

		result = look_at(audit, files.list[i], i + 1 == files.count, &tail);
		audit->newest = tail.newest;
		behind += tail.damaged;
	}
	audit->next = audit->newest.number + behind + 1;
	if (result == RESULT_OK && files.count && !audit->newest.number && behind)
		audit->next = files.list[files.count - 1] + behind;
	audit_files_done(&files);
	return result;
}

static void forget_end(struct audit *audit)
{
	if (audit->fd >= 0)
		close(audit->fd);
	audit->fd = -1;
	audit->is_known = false;
}

/* -- one more -- */

static enum result begin_file(struct audit *audit)
{
	char name[AUDIT_FILE_NAME_BYTES];

	if (audit->fd >= 0)
		close(audit->fd);
	audit_file_name(audit->next, name);
	audit->file = audit->next;
	audit->bytes = 0;
	audit->fd = openat(audit->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	return audit->fd >= 0 && fsync(audit->folder) == 0 ? RESULT_OK : RESULT_IO;
}

/* Whole and on the disk, or taken back as far as the disk lets it be. */
static enum result write_line(struct audit *audit, struct span line)
{
	ssize_t count;

	do {
		count = write(audit->fd, line.at, line.len);
	} while (count < 0 && errno == EINTR);
	if (count == (ssize_t)line.len && fdatasync(audit->fd) == 0)
		return RESULT_OK;
	if (ftruncate(audit->fd, (off_t)audit->bytes) == 0)
		(void)fsync(audit->fd);
	return RESULT_IO;
}

/* What people wrote, or what we say: as a code with arguments, and in English. */
static enum result set_detail(struct audit_entry *entry, const struct audit_action *action)
{
	const struct audit_words *words = &action->words;
	struct buffer english;
	enum result result;

	if (!words->said) {
		text_set(entry->detail, sizeof(entry->detail), action->detail);
		return RESULT_OK;
	}
	text_set(entry->said, sizeof(entry->said), span_of(audit_said_code(words->said)));
	entry->argument_count = audit_said_arguments(words->said);
	for (unsigned i = 0; i < entry->argument_count; i++)
		text_set(entry->arguments[i], sizeof(entry->arguments[i]), words->arguments[i]);
	buffer_init(&english, AUDIT_LINE_MAX);
	result = audit_said_write(words, &english);
	if (result == RESULT_OK)
		text_set(entry->detail, sizeof(entry->detail), buffer_span(&english));
	buffer_done(&english);
	return result;
}

static enum result append(struct audit *audit, const struct audit_action *action, uint64_t wall_ns)
{
	struct audit_entry entry = { .number = audit->next, .wall_ms = wall_ns / 1000000 };
	struct buffer line;
	enum result result = RESULT_OK;

	text_set(entry.who, sizeof(entry.who), action->who);
	text_set(entry.what, sizeof(entry.what), action->what);
	text_set(entry.object, sizeof(entry.object), action->object);
	result = set_detail(&entry, action);
	memcpy(entry.previous, audit->newest.hash, AUDIT_HASH_LEN);
	if (result == RESULT_OK && (audit->fd < 0 || audit->bytes >= AUDIT_FILE_BYTES))
		result = begin_file(audit);
	buffer_init(&line, AUDIT_LINE_MAX);
	if (result == RESULT_OK)
		result = audit_line_write(&entry, &line);
	if (result == RESULT_OK)
		result = write_line(audit, buffer_span(&line));
	if (result == RESULT_OK) {
		audit->bytes += buffer_len(&line);
		audit->next++;
		audit->newest.number = entry.number;
		memcpy(audit->newest.hash, entry.hash, AUDIT_HASH_LEN);
	}
	buffer_done(&line);
	return result;
}

/* Under its own name: a file that was moved away takes entries that nobody finds. */
static bool is_in_place(const struct audit *audit)
{
	char name[AUDIT_FILE_NAME_BYTES];
	struct stat mine, there;

	audit_file_name(audit->file, name);
	return fstat(audit->fd, &mine) == 0 && mine.st_nlink == 1 && (uint64_t)mine.st_size == audit->bytes &&
	       fstatat(audit->folder, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_dev == mine.st_dev && there.st_ino == mine.st_ino;
}

/* Is the file still as it was left? Otherwise the chain goes on in another one, so that the gap can be seen for ever. */
static void check_file(struct audit *audit)
{
	if (audit->fd < 0 || is_in_place(audit))
		return;
	note(audit, AUDIT_SAID_MOVED, audit->next, "");
	close(audit->fd);
	audit->fd = -1;
}

static enum result say_note(struct audit *audit, uint64_t wall_ns)
{
	struct audit_action action = { SPAN("hub"), SPAN("audit.repaired"), SPAN("audit"), SPAN_NONE, note_words(audit) };
	enum result result = audit->note.said ? append(audit, &action, wall_ns) : RESULT_OK;

	if (result == RESULT_OK)
		audit->note.said = AUDIT_SAID_NOTHING;
	return result;
}

/* Security, fails closed: whatever went wrong, the end is looked for anew before anything is appended. */
enum result audit_add(struct audit *audit, const struct audit_action *action, uint64_t wall_ns)
{
	enum result result = RESULT_OK;

	if (wall_ns / 1000000 == 0)
		return RESULT_REFUSED;
	if (!audit->is_known)
		result = find_end(audit);
	audit->is_known = result == RESULT_OK;
	if (result == RESULT_OK)
		check_file(audit);
	if (result == RESULT_OK)
		result = say_note(audit, wall_ns);
	if (result == RESULT_OK)
		result = append(audit, action, wall_ns);
	if (result != RESULT_OK)
		forget_end(audit);
	return result;
}

/* -- life -- */

static enum result open_folder(struct audit *audit, struct span folder, struct complaints *complaints)
{
	char path[4096];
	bool is_locked;

	if (span_to_text(folder, path, sizeof(path)) != RESULT_OK)
		return RESULT_LIMIT;
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		goto failed;
	audit->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (audit->folder < 0)
		goto failed;
	is_locked = flock(audit->folder, LOCK_EX | LOCK_NB) != 0;
	if (is_locked)
		complain(complaints, COMPLAINT_ERROR, (struct place){ .file = folder }, SPAN_NONE, "the audit log is another process's");
	return is_locked ? RESULT_REFUSED : RESULT_OK;
failed:
	complain(complaints, COMPLAINT_ERROR, (struct place){ .file = folder }, SPAN_NONE, "the audit log cannot be opened: %s", strerror(errno));
	return RESULT_IO;
}

enum result audit_open(struct span folder, struct complaints *complaints, struct audit **out)
{
	struct audit *audit = calloc(1, sizeof(*audit));
	enum result result;

	if (!audit)
		return RESULT_NO_MEMORY;
	audit->folder = audit->fd = -1;
	result = open_folder(audit, folder, complaints);
	if (result == RESULT_OK) {
		result = find_end(audit);
		audit->is_known = result == RESULT_OK;
		if (result != RESULT_OK)
			complain(complaints, COMPLAINT_ERROR, (struct place){ .file = folder }, SPAN_NONE, "the audit log cannot be read: %s",
			         result == RESULT_IO ? strerror(errno) : result_name(result));
	}
	if (result == RESULT_OK && audit->note.said)
		result = complain_note(audit, folder, complaints);
	if (result != RESULT_OK) {
		audit_close(audit);
		return result;
	}
	*out = audit;
	return RESULT_OK;
}

void audit_close(struct audit *audit)
{
	if (!audit)
		return;
	if (audit->fd >= 0)
		close(audit->fd);
	if (audit->folder >= 0)
		close(audit->folder);
	free(audit);
}

enum result audit_list(struct audit *audit, uint64_t before, bool (*row)(void *context, const struct audit_entry *entry), void *context)
{
	return audit_list_folder(audit->folder, before, row, context);
}

int audit_folder_fd(const struct audit *audit)
{
	return audit->folder;
}
