/* Any bytes as the file of sites that moved to block: a list or a refusal; what was read, written and read again is the same list. */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/edge/graduate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory: the store flushes a file before it names it. */
static char path[] = "/dev/shm/fuzz-graduates-XXXXXX";

static void clean(void)
{
	(void)!(chdir(path) + unlink(GRADUATES_FILE) + rmdir(path));
}

/* Reading turns a list round; a site of which nothing is known is not written. */
static const struct graduate *previous(const struct graduate *list, const struct graduate *end)
{
	const struct graduate *found = NULL;

	for (; list != end; list = list->next)
		found = list->graduation.since_s ? list : found;
	return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int folder = -1;
	struct graduate *read = NULL, *again = NULL;
	const struct graduate *one = NULL;
	int fd;

	if (folder < 0)
		assert(mkdtemp(path) && atexit(clean) == 0 && (folder = open(path, O_RDONLY | O_DIRECTORY)) >= 0);
	fd = openat(folder, GRADUATES_FILE, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
	if (graduates_read(folder, &read) == RESULT_OK) {
		assert(graduates_write(folder, read) == RESULT_OK && graduates_read(folder, &again) == RESULT_OK);
		for (const struct graduate *twin = again; twin; twin = twin->next) {
			one = previous(read, one);
			assert(one && strcmp(one->name, twin->name) == 0 && memcmp(&one->graduation, &twin->graduation, sizeof(one->graduation)) == 0);
		}
		assert(!previous(read, one));
	}
	graduates_drop(read), graduates_drop(again);
	return 0;
}
