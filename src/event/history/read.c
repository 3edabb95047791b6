/* What is kept, as a reader finds it: held against limits and digests. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/read_file.h"
#include "event/history/history.h"
#include "event/history/inside.h"
#include "event/json.h"
#include "net/digest.h"

#include "base/banned.h"

enum result history_open_to_read(int state, int *out)
{
	int fd = openat(state, HISTORY_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return errno == ENOENT ? RESULT_NOT_FOUND : RESULT_IO;
	*out = fd;
	return RESULT_OK;
}

/* -- which there are -- */

static bool read_number(const char *name, uint64_t *out)
{
	struct span text = span_of(name);

	if (!span_ends(text, SPAN(".json")))
		return false;
	text = span_take(text, text.len - 5);
	return text.len && text.at[0] != '0' && span_to_u64(text, UINT64_MAX - 1, out) == RESULT_OK;
}

/* Into its place among NUMBERS; the smallest goes when there is no room. */
static void insert(uint64_t *numbers, size_t *count, size_t most, uint64_t number)
{
	size_t at;

	if (*count == most) {
		if (number < numbers[0])
			return;
		memmove(numbers, numbers + 1, (most - 1) * sizeof(*numbers));
		--*count;
	}
	at = (*count)++;
	for (; at && numbers[at - 1] > number; at--)
		numbers[at] = numbers[at - 1];
	numbers[at] = number;
}

enum result history_list_all(int folder, uint64_t *numbers, size_t most, size_t *count)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	uint64_t number;

	*count = 0;
	if (!stream) {
		if (copy >= 0)
			close(copy);
		return RESULT_IO;
	}
	while ((entry = readdir(stream)) != NULL) {
		if (read_number(entry->d_name, &number))
			insert(numbers, count, most, number);
	}
	closedir(stream);
	return RESULT_OK;
}

enum result history_list(int folder, uint64_t numbers[HISTORY_MAX], size_t *count)
{
	return history_list_all(folder, numbers, HISTORY_MAX, count);
}

/* -- one of them -- */

static bool is_digest(struct span text)
{
	unsigned char bytes[DIGEST_LEN];

	return hex_read(text, bytes, sizeof(bytes)) == RESULT_OK;
}

/* Absolute, printable, and nothing in it that means another place than it says. */
static bool is_plain_path(struct span path)
{
	struct span rest = path;

	if (path.len < 2 || path.len >= 4096 || path.at[0] != '/')
		return false;
	for (size_t i = 0; i < path.len; i++) {
		if ((unsigned char)path.at[i] < ' ' || path.at[i] == 0x7f)
			return false;
	}
	(void)span_cut(&rest, '/');
	while (rest.at) {
		struct span part = span_cut(&rest, '/');

		if (!part.len || span_equal(part, SPAN(".")) || span_equal(part, SPAN("..")))
			return false;
	}
	return true;
}

static bool read_one_file(const struct json *from, struct history_file *out)
{
	struct span digest = json_text_of(json_find(from, "digest"));

	out->path = json_text_of(json_find(from, "path"));
	out->bytes = json_number_of(json_find(from, "bytes"));
	if (!is_plain_path(out->path) || digest.len != HISTORY_DIGEST_LEN || !is_digest(digest) || out->bytes > HISTORY_TEXT_MAX)
		return false;
	memcpy(out->digest, digest.at, sizeof(out->digest));
	return true;
}

static enum result read_files(struct history_entry *entry)
{
	const struct json *list = json_find(entry->root, "texts");
	size_t count = json_length(list);
	uint64_t bytes = 0;

	if (!json_has_list(list) || !count || count > HISTORY_FILES_MAX)
		return RESULT_MALFORMED;
	entry->files = calloc(count, sizeof(*entry->files));
	if (!entry->files)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		struct history_file *file = &entry->files[i];

		if (!read_one_file(json_item(list, i), file) || history_find(entry, file->path))
			return RESULT_MALFORMED;
		entry->count++;
		bytes += file->bytes;
	}
	return bytes > HISTORY_BYTES_MAX ? RESULT_LIMIT : RESULT_OK;
}

enum result history_entry_read(struct span text, struct history_entry *out)
{
	enum result result;

	*out = (struct history_entry){ .number = 0 };
	result = json_read(text, &out->root);
	if (result != RESULT_OK)
		return result;
	out->number = json_number_of(json_find(out->root, "number"));
	out->generation = json_number_of(json_find(out->root, "generation"));
	out->at_ms = json_number_of(json_find(out->root, "at_ms"));
	if (!out->number || out->at_ms > HISTORY_AT_MAX)
		result = RESULT_MALFORMED;
	if (result == RESULT_OK)
		result = history_how_read(json_text_of(json_find(out->root, "how")), &out->note.how) == RESULT_OK ? RESULT_OK : RESULT_MALFORMED;
	if (result == RESULT_OK)
		result = read_files(out);
	if (result == RESULT_OK)
		out->note = history_note_of(out->root, &out->store);
	if (result != RESULT_OK)
		history_entry_done(out);
	return result;
}

enum result history_read(int folder, uint64_t number, struct history_entry *out)
{
	struct buffer text;
	enum result result;
	char name[32];

	snprintf(name, sizeof(name), "%llu.json", (unsigned long long)number);
	buffer_init(&text, HISTORY_ENTRY_MAX);
	result = read_file_at(folder, name, &text);
	if (result == RESULT_OK)
		result = history_entry_read(buffer_span(&text), out);
	if (result == RESULT_OK && out->number != number) {
		history_entry_done(out);
		result = RESULT_MALFORMED;
	}
	buffer_done(&text);
	return result == RESULT_REFUSED || result == RESULT_LIMIT ? RESULT_MALFORMED : result;
}

void history_entry_done(struct history_entry *entry)
{
	free(entry->files);
	json_drop(entry->root);
	*entry = (struct history_entry){ .number = 0 };
}

const struct history_file *history_find(const struct history_entry *entry, struct span path)
{
	for (size_t i = 0; i < entry->count; i++) {
		if (span_equal(entry->files[i].path, path))
			return &entry->files[i];
	}
	return NULL;
}

enum result history_digest(struct span text, char out[HISTORY_DIGEST_LEN])
{
	unsigned char bytes[DIGEST_LEN];
	enum result result = digest_plain(text, bytes);

	if (result == RESULT_OK)
		hex_write(bytes, sizeof(bytes), out);
	return result;
}

enum result history_text(int folder, const struct history_file *file, struct buffer *out)
{
	char name[8 + HISTORY_DIGEST_LEN], digest[HISTORY_DIGEST_LEN];
	struct buffer text;
	enum result result;

	snprintf(name, sizeof(name), "texts/%.*s", (int)HISTORY_DIGEST_LEN, file->digest);
	buffer_init(&text, HISTORY_TEXT_MAX);
	result = read_file_at(folder, name, &text);
	if (result == RESULT_OK)
		result = history_digest(buffer_span(&text), digest);
	if (result == RESULT_OK && memcmp(digest, file->digest, sizeof(digest)) != 0)
		result = RESULT_MALFORMED;
	if (result == RESULT_OK)
		result = buffer_append(out, buffer_span(&text));
	buffer_done(&text);
	return result == RESULT_NOT_FOUND || result == RESULT_REFUSED || result == RESULT_IO ? RESULT_MALFORMED : result;
}
