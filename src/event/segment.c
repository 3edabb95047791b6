#include "event/segment.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "event/format.h"

#include "base/banned.h"

#define CHUNK_BYTES 65536u

static const struct span prefixes[STREAM_MAX] = { SPAN_INIT("detail-"), SPAN_INIT("counts-") };
static const struct span suffix = SPAN_INIT(".jsonl");

void segment_name(enum stream stream, uint64_t first, char out[SEGMENT_NAME_MAX])
{
	snprintf(out, SEGMENT_NAME_MAX, "%.*s%020llu%s", SPAN_ARG(prefixes[stream]), (unsigned long long)first, suffix.at);
}

enum result segment_name_read(struct span name, enum stream *stream, uint64_t *first)
{
	for (unsigned i = 0; i < STREAM_MAX; i++) {
		struct span digits = span_skip(name, prefixes[i].len);

		if (!span_starts(name, prefixes[i]) || !span_ends(name, suffix) || digits.len != 20 + suffix.len)
			continue;
		if (span_to_u64(span_take(digits, 20), UINT64_MAX, first) != RESULT_OK)
			return RESULT_MALFORMED;
		*stream = (enum stream)i;
		return RESULT_OK;
	}
	return RESULT_MALFORMED;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static enum result add_first(struct segment_list *list, size_t *size, uint64_t first)
{
	if (list->count == *size) {
		size_t more = *size ? *size * 2 : 64;
		uint64_t *firsts = reallocarray(list->firsts, more, sizeof(firsts[0]));

		if (!firsts)
			return RESULT_NO_MEMORY;
		list->firsts = firsts;
		*size = more;
	}
	list->firsts[list->count++] = first;
	return RESULT_OK;
}

enum result segment_list_read(int folder_fd, enum stream stream, struct segment_list *out)
{
	/* A descriptor of its own: a duplicate would share the place in the folder with other threads. */
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct segment_list list = { NULL, 0 };
	enum result result = RESULT_OK;
	struct dirent *entry;
	size_t size = 0;

	if (!folder) {
		if (fd >= 0)
			close(fd);
		return RESULT_IO;
	}
	while (result == RESULT_OK && (entry = readdir(folder)) != NULL) {
		enum stream found;
		uint64_t first;

		if (segment_name_read(span_of(entry->d_name), &found, &first) == RESULT_OK && found == stream)
			result = add_first(&list, &size, first);
	}
	closedir(folder);
	if (result != RESULT_OK) {
		free(list.firsts);
		return result;
	}
	if (list.count)
		qsort(list.firsts, list.count, sizeof(list.firsts[0]), compare);
	*out = list;
	return RESULT_OK;
}

void segment_lines_init(struct segment_lines *lines, int fd)
{
	*lines = (struct segment_lines){ .fd = fd };
	buffer_init(&lines->buffer, CHUNK_BYTES);
}

void segment_lines_done(struct segment_lines *lines)
{
	buffer_done(&lines->buffer);
}

/* RESULT_OK: some bytes came. RESULT_MORE: the file has no more for now. */
static enum result fill(struct segment_lines *lines)
{
	size_t count = buffer_room(&lines->buffer);
	char *to = buffer_reserve(&lines->buffer, count);
	ssize_t got;

	if (!to)
		return RESULT_NO_MEMORY;
	got = pread(lines->fd, to, count, (off_t)(lines->offset + buffer_len(&lines->buffer)));
	if (got < 0)
		return RESULT_IO;
	buffer_commit(&lines->buffer, (size_t)got);
	return got ? RESULT_OK : RESULT_MORE;
}

static void take(struct segment_lines *lines, size_t count)
{
	buffer_consume(&lines->buffer, count);
	lines->offset += count;
}

enum result segment_lines_next(struct segment_lines *lines, struct span *out)
{
	take(lines, lines->taken);
	lines->taken = 0;
	for (;;) {
		struct span have = buffer_span(&lines->buffer);
		size_t end = have.len ? span_find(have, '\n') : 0;
		enum result result;

		if (end < have.len && !lines->is_skipping && end < LINE_MAX_BYTES) {
			lines->taken = end + 1;
			*out = span_take(have, end);
			return RESULT_OK;
		}
		if (end < have.len) {
			take(lines, end + 1);
			lines->is_skipping = false;
			return RESULT_LIMIT;
		}
		if (have.len >= LINE_MAX_BYTES) {
			lines->is_skipping = true;
			take(lines, have.len);
		}
		result = fill(lines);
		if (result == RESULT_MORE)  /* a torn line may be cut and written anew: what was read of it is forgotten */
			buffer_reset(&lines->buffer);
		if (result != RESULT_OK)
			return result;
	}
}
