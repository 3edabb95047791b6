/* One more configuration, and those that are too old. An entry is written when all of its texts are there: whoever is killed on the way leaves texts that
 * nobody names, which go the next time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/replace_file.h"
#include "event/history/inside.h"
#include "event/json.h"

#include "base/banned.h"

#define TEXTS "texts"

static int open_folder(int above, const char *name)
{
	if (mkdirat(above, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

enum result history_open(int state, int *out)
{
	int fd = open_folder(state, HISTORY_FOLDER);
	int texts = fd < 0 ? -1 : open_folder(fd, TEXTS);

	if (texts < 0) {
		int error = errno;

		if (fd >= 0)
			close(fd);
		errno = error;
		return RESULT_IO;
	}
	close(texts);
	*out = fd;
	return RESULT_OK;
}

/* -- a configuration -- */

static enum result digest_all(const struct history_change *change, struct history_file *files)
{
	enum result result = RESULT_OK;
	uint64_t bytes = 0;

	if (!change->count || change->count > HISTORY_FILES_MAX)
		return RESULT_LIMIT;
	for (size_t i = 0; i < change->count && result == RESULT_OK; i++) {
		files[i] = change->files[i];
		files[i].bytes = files[i].text.len;
		bytes += files[i].bytes;
		result = files[i].bytes > HISTORY_TEXT_MAX || bytes > HISTORY_BYTES_MAX ? RESULT_LIMIT : history_digest(files[i].text, files[i].digest);
	}
	return result;
}

static bool is_same(const struct history_entry *entry, const struct history_file *files, size_t count)
{
	if (entry->count != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct history_file *other = history_find(entry, files[i].path);

		if (!other || memcmp(other->digest, files[i].digest, sizeof(files[i].digest)) != 0)
			return false;
	}
	return true;
}

/* One that has the right length holds what its name says, or a power failure took it: then a reader finds out. */
static enum result write_text(int texts, const struct history_file *file)
{
	struct stat stat = { .st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid() };
	char name[HISTORY_DIGEST_LEN + 1];
	struct stat there;

	snprintf(name, sizeof(name), "%.*s", (int)HISTORY_DIGEST_LEN, file->digest);
	if (fstatat(texts, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(there.st_mode) && (uint64_t)there.st_size == file->bytes)
		return RESULT_OK;
	return replace_file(texts, name, file->text, &stat);
}

static enum result print(const struct history_change *change, const struct history_file *files, uint64_t number, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_number(&json, SPAN("number"), number);
	json_put_number(&json, SPAN("generation"), change->generation);
	json_put_number(&json, SPAN("at_ms"), change->at_ms);
	json_put_time_ms(&json, SPAN("at"), change->at_ms);
	json_put_text(&json, SPAN("how"), history_how_word(change->note.how));
	json_put_text(&json, SPAN("who"), change->note.who);
	json_put_text(&json, SPAN("why"), change->note.why);
	json_open(&json, SPAN("texts"), '[');
	for (size_t i = 0; i < change->count; i++) {
		json_open(&json, SPAN_NONE, '{');
		json_put_text(&json, SPAN("path"), files[i].path);
		json_put_text(&json, SPAN("digest"), span_make(files[i].digest, sizeof(files[i].digest)));
		json_put_number(&json, SPAN("bytes"), files[i].bytes);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
	return json.result;
}

static enum result write_entry(int folder, const struct history_change *change, const struct history_file *files, uint64_t number)
{
	struct stat stat = { .st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid() };
	struct buffer text;
	enum result result;
	char name[32];

	snprintf(name, sizeof(name), "%llu.json", (unsigned long long)number);
	buffer_init(&text, HISTORY_ENTRY_MAX);
	result = print(change, files, number, &text);
	if (result == RESULT_OK)
		result = replace_file(folder, name, buffer_span(&text), &stat);
	buffer_done(&text);
	return result;
}

/* -- what is too old -- */

static int compare_digests(const void *a, const void *b)
{
	return memcmp(a, b, HISTORY_DIGEST_LEN);
}

/* The digests that ENTRIES name, sorted. NULL: one of them cannot be read, so nothing may go. */
static char *gather(int folder, const uint64_t *numbers, size_t number_count, size_t *count)
{
	char *digests = NULL;

	*count = 0;
	for (size_t i = 0; i < number_count; i++) {
		struct history_entry entry;
		char *grown;

		if (history_read(folder, numbers[i], &entry) != RESULT_OK)
			continue;  /* nobody will read its texts either */
		grown = realloc(digests, (*count + entry.count) * HISTORY_DIGEST_LEN);
		if (!grown) {
			history_entry_done(&entry);
			free(digests);
			return NULL;
		}
		digests = grown;
		for (size_t j = 0; j < entry.count; j++)
			memcpy(digests + (*count)++ * HISTORY_DIGEST_LEN, entry.files[j].digest, HISTORY_DIGEST_LEN);
		history_entry_done(&entry);
	}
	if (digests)
		qsort(digests, *count, HISTORY_DIGEST_LEN, compare_digests);
	return digests;
}

static void drop_texts(int folder, const char *digests, size_t count)
{
	int fd = openat(folder, TEXTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(stream)) != NULL) {
		bool is_ours = strlen(entry->d_name) == HISTORY_DIGEST_LEN;
		bool is_part = span_starts(span_of(entry->d_name), SPAN(".bouclier."));

		if (is_part || (is_ours && !bsearch(entry->d_name, digests, count, HISTORY_DIGEST_LEN, compare_digests)))
			(void)!unlinkat(dirfd(stream), entry->d_name, 0);
	}
	closedir(stream);
}

/* Availability, fails open: what cannot be removed now is the next time. */
static void drop_old(int folder)
{
	uint64_t *numbers = calloc(HISTORY_LIST_MAX, sizeof(*numbers));
	size_t count = 0, old, digest_count;
	char *digests = NULL, name[32];

	if (!numbers || history_list_all(folder, numbers, HISTORY_LIST_MAX, &count) != RESULT_OK || count <= HISTORY_MAX) {
		free(numbers);
		return;
	}
	old = count - HISTORY_MAX;
	for (size_t i = 0; i < old; i++) {
		snprintf(name, sizeof(name), "%llu.json", (unsigned long long)numbers[i]);
		(void)!unlinkat(folder, name, 0);
	}
	digests = gather(folder, numbers + old, HISTORY_MAX, &digest_count);
	if (digests)
		drop_texts(folder, digests, digest_count);
	free(digests);
	free(numbers);
}

/* -- all of it -- */

static enum result write_texts(int folder, const struct history_file *files, size_t count)
{
	int texts = open_folder(folder, TEXTS);
	enum result result = texts < 0 ? RESULT_IO : RESULT_OK;

	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = write_text(texts, &files[i]);
	if (texts >= 0)
		close(texts);
	return result;
}

/* The last that is there, readable or not: a number is never given twice. */
static enum result find_last(int folder, const struct history_file *files, size_t count, uint64_t *last, bool *is_same_again)
{
	uint64_t numbers[HISTORY_MAX];
	struct history_entry entry;
	enum result result;
	size_t number_count;

	*last = 0;
	*is_same_again = false;
	result = history_list(folder, numbers, &number_count);
	if (result != RESULT_OK || !number_count)
		return result;
	*last = numbers[number_count - 1];
	if (history_read(folder, *last, &entry) == RESULT_OK) {
		*is_same_again = is_same(&entry, files, count);
		history_entry_done(&entry);
	}
	return RESULT_OK;
}

enum result history_add(int folder, const struct history_change *change, uint64_t *number, bool *is_new)
{
	struct history_file *files = calloc(change->count ? change->count : 1, sizeof(*files));
	enum result result = files ? digest_all(change, files) : RESULT_NO_MEMORY;
	bool is_same_again = false;
	uint64_t last = 0;

	if (result == RESULT_OK)
		result = find_last(folder, files, change->count, &last, &is_same_again);
	if (result == RESULT_OK && !is_same_again)
		result = write_texts(folder, files, change->count);
	if (result == RESULT_OK && !is_same_again)
		result = write_entry(folder, change, files, last + 1);
	if (result == RESULT_OK) {
		*number = is_same_again ? last : last + 1;
		*is_new = !is_same_again;
	}
	if (result == RESULT_OK && !is_same_again)
		drop_old(folder);
	free(files);
	return result;
}
