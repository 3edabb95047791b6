/* What lies in the folder of copies, looked at file by file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "cache/continuity/folder.h"

#include "base/banned.h"

#define SITE_LEN 16u

struct walk {
	const struct copy_folder *folder;
	bool (*each)(void *context, const struct copy_found *found);
	void *context;
	struct copy_found *found;
	struct buffer front;
	int error;                    /* errno of the first that could not be looked at; 0: none */
	bool is_over;
};

static void note_error(struct walk *walk)
{
	walk->error = walk->error ? walk->error : errno ? errno : EIO;
}

/* Whoever wrote it was killed, or it is being written now. */
static void sweep_part(int site_fd, const char *name)
{
	int fd = openat(site_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)!unlinkat(site_fd, name, 0);
	close(fd);
}

/* False: it could not be read. */
static bool read_front(struct walk *walk, int site_fd, const char *name)
{
	int fd = openat(site_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat status;
	char *to;
	ssize_t got;

	buffer_reset(&walk->front);
	to = buffer_reserve(&walk->front, COPY_HEAD_MAX);
	if (fd < 0 || !to || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		errno = !to ? ENOMEM : fd < 0 ? errno : EINVAL;
		if (fd >= 0)
			close(fd);
		return false;
	}
	got = pread(fd, to, COPY_HEAD_MAX, 0);
	if (got >= 0)
		buffer_commit(&walk->front, (size_t)got);
	walk->found->file_bytes = (uint64_t)status.st_size;
	close(fd);
	return got >= 0;
}

/* It lies where it says, under the name that is its own. */
static bool is_in_place(const struct copy_found *found)
{
	struct copy_place place;

	return copy_place_of(found->place.site, &found->copy, &place) == RESULT_OK && strcmp(place.name, found->place.name) == 0;
}

static void look(struct walk *walk, int site_fd, uint64_t site, const char *name)
{
	struct copy_found *found = walk->found;
	size_t head_bytes;

	if (span_ends(span_of(name), SPAN(".part"))) {
		sweep_part(site_fd, name);
		return;
	}
	if (strlen(name) >= sizeof(found->place.name))
		return;  /* none of ours */
	found->place.site = site;
	snprintf(found->place.name, sizeof(found->place.name), "%s", name);
	if (!read_front(walk, site_fd, name)) {
		if (errno != ENOENT)
			note_error(walk);
		return;
	}
	found->result = copy_read_head(buffer_span(&walk->front), found->file_bytes, walk->folder->key, &found->copy, &head_bytes);
	if (found->result == RESULT_OK && !is_in_place(found))
		found->result = RESULT_REFUSED;
	walk->is_over = !walk->each(walk->context, found);
}

static DIR *open_list(int fd)
{
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (!list && fd >= 0)
		close(fd);
	return list;
}

static void walk_site(struct walk *walk, const char *name)
{
	DIR *list = open_list(openat(walk->folder->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
	struct dirent *entry;
	uint64_t site = 0;

	if (!list) {
		note_error(walk);
		return;
	}
	for (size_t i = 0; i < SITE_LEN; i++)
		site = site << 4 | (uint64_t)hex_digit(name[i]);
	while (!walk->is_over && (entry = readdir(list))) {
		if (entry->d_name[0] != '.')
			look(walk, dirfd(list), site, entry->d_name);
	}
	closedir(list);
	(void)!unlinkat(walk->folder->fd, name, AT_REMOVEDIR);  /* where there is nothing in it */
}

static bool is_site(const char *name)
{
	size_t len = 0;

	while (name[len] && hex_digit(name[len]) >= 0)
		len++;
	return len == SITE_LEN && !name[len];
}

enum result copy_folder_walk(const struct copy_folder *folder, bool (*each)(void *context, const struct copy_found *found), void *context)
{
	struct walk walk = { .folder = folder, .each = each, .context = context, .found = calloc(1, sizeof(*walk.found)) };
	DIR *list = walk.found ? open_list(openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) : NULL;
	struct dirent *entry;

	if (!list) {
		enum result result = walk.found ? RESULT_IO : RESULT_NO_MEMORY;

		free(walk.found);
		return result;
	}
	buffer_init(&walk.front, COPY_HEAD_MAX);
	while (!walk.is_over && (entry = readdir(list))) {
		if (is_site(entry->d_name))
			walk_site(&walk, entry->d_name);
		else if (span_ends(span_of(entry->d_name), SPAN(".part")))
			sweep_part(folder->fd, entry->d_name);
	}
	closedir(list);
	buffer_done(&walk.front);
	free(walk.found);
	errno = walk.error;
	return walk.error ? RESULT_IO : RESULT_OK;
}
