#include "hub/audit/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

#define DIGITS 20u

void audit_file_name(uint64_t number, char out[AUDIT_FILE_NAME_BYTES])
{
	snprintf(out, AUDIT_FILE_NAME_BYTES, "audit-%020" PRIu64 ".jsonl", number);
}

static bool read_name(struct span name, uint64_t *out)
{
	const struct span front = SPAN("audit-"), back = SPAN(".jsonl");

	return name.len == AUDIT_FILE_NAME_BYTES - 1 && span_starts(name, front) && span_ends(name, back) &&
	       span_to_u64(span_take(span_skip(name, front.len), DIGITS), INT64_MAX, out) == RESULT_OK;
}

static enum result add(struct audit_files *files, uint64_t number)
{
	if (files->count == AUDIT_FILES_MAX)
		return RESULT_LIMIT;
	if (!(files->count & (files->count - 1))) {  /* full: it doubles */
		uint64_t *list = reallocarray(files->list, files->count ? 2 * files->count : 1, sizeof(*list));

		if (!list)
			return RESULT_NO_MEMORY;
		files->list = list;
	}
	files->list[files->count++] = number;
	return RESULT_OK;
}

static int by_number(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static enum result walk(DIR *stream, struct audit_files *files)
{
	enum result result = RESULT_OK;
	const struct dirent *entry;
	uint64_t number;

	while (result == RESULT_OK) {
		errno = 0;
		entry = readdir(stream);
		if (!entry)
			return errno ? RESULT_IO : RESULT_OK;
		if (read_name(span_of(entry->d_name), &number))
			result = add(files, number);
	}
	return result;
}

enum result audit_files_list(int folder, struct audit_files *out)
{
	struct audit_files files = { 0 };
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	enum result result;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return RESULT_IO;
	}
	result = walk(stream, &files);
	closedir(stream);
	if (result != RESULT_OK) {
		audit_files_done(&files);
		return result;
	}
	if (files.count)
		qsort(files.list, files.count, sizeof(*files.list), by_number);
	*out = files;
	return RESULT_OK;
}

void audit_files_done(struct audit_files *files)
{
	free(files->list);
	*files = (struct audit_files){ 0 };
}
