#include "event/audit/drop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define DEPTH_MAX 3u         /* site, day, minute */
#define DROPS_MAX 100000u    /* of one record's room: a disk that lies about what it deletes ends somewhere */

static DIR *open_dir(int fd, const char *name)
{
	int own = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = own < 0 ? NULL : fdopendir(own);

	if (!dir && own >= 0)
		close(own);
	return dir;
}

static bool must_end(const struct audit_folder *folder)
{
	return folder->must_end && folder->must_end(folder->context);
}

/* NULL: there is none any more, or the walk is given up. */
static const struct dirent *next_entry(const struct audit_folder *folder, DIR *dir)
{
	const struct dirent *entry = must_end(folder) ? NULL : readdir(dir);

	while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0))
		entry = readdir(dir);
	return entry;
}

/* -- counting -- */

static uint64_t bytes_below(const struct audit_folder *folder, int fd, const char *name, unsigned depth)
{
	DIR *dir = depth ? open_dir(fd, name) : NULL;
	const struct dirent *entry;
	uint64_t bytes = 0;

	while (dir && (entry = next_entry(folder, dir))) {
		struct stat status;

		if (fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		bytes += S_ISDIR(status.st_mode) ? AUDIT_BLOCK_BYTES + bytes_below(folder, dirfd(dir), entry->d_name, depth - 1) :
		                                   audit_cost((uint64_t)status.st_size);
	}
	if (dir)
		closedir(dir);
	return bytes;
}

static enum result count_tenant(struct audit_folder *folder, const char *tenant)
{
	DIR *dir = open_dir(folder->fd, tenant);
	const struct dirent *entry;
	enum result result = RESULT_OK;

	while (dir && result == RESULT_OK && (entry = next_entry(folder, dir))) {
		char path[AUDIT_PATH_MAX];
		struct audit_site *site;
		int len = snprintf(path, sizeof(path), "%s/%s", tenant, entry->d_name);

		if (len < 0 || (size_t)len >= sizeof(path))
			continue;
		site = audit_site_find(folder, path);
		result = site ? RESULT_OK : audit_site_add(folder, path, &site);
		if (result == RESULT_OK)
			folder->bytes += site->bytes = bytes_below(folder, folder->fd, path, DEPTH_MAX);
	}
	if (dir)
		closedir(dir);
	return result;
}

enum result audit_folder_count(struct audit_folder *folder)
{
	DIR *dir = folder->fd < 0 ? NULL : open_dir(folder->fd, ".");
	const struct dirent *entry;
	enum result result = RESULT_OK;

	folder->bytes = 0;
	for (struct audit_site *site = folder->sites; site; site = site->next)
		site->bytes = 0;
	while (dir && result == RESULT_OK && (entry = next_entry(folder, dir)))
		result = count_tenant(folder, entry->d_name);
	if (dir)
		closedir(dir);
	return result == RESULT_OK && must_end(folder) ? RESULT_TIMEOUT : result;
}

/* -- dropping -- */

static void freed(struct audit_folder *folder, struct audit_site *site, uint64_t bytes)
{
	site->bytes -= bytes < site->bytes ? bytes : site->bytes;
	folder->bytes -= bytes < folder->bytes ? bytes : folder->bytes;
}

static uint64_t drop_file(int fd, const char *name)
{
	struct stat status;

	if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || unlinkat(fd, name, 0) < 0)
		return 0;
	return audit_cost((uint64_t)status.st_size);
}

/* The name that sorts first: they begin with their time, and days come before closed files. audit.log is the last. */
static bool find_oldest(const struct audit_folder *folder, int fd, char out[AUDIT_NAME_MAX])
{
	DIR *dir = open_dir(fd, ".");
	const struct dirent *entry;
	bool has_one = false;

	while (dir && (entry = next_entry(folder, dir))) {
		bool is_earlier = !has_one || strcmp(out, AUDIT_CURRENT) == 0 ||
		                  (strcmp(entry->d_name, AUDIT_CURRENT) != 0 && strcmp(entry->d_name, out) < 0);

		if (strlen(entry->d_name) < AUDIT_NAME_MAX && is_earlier) {
			snprintf(out, AUDIT_NAME_MAX, "%s", entry->d_name);
			has_one = true;
		}
	}
	if (dir)
		closedir(dir);
	return has_one && !must_end(folder);
}

/* What the removal of folder NAME gives back; nothing while something is in it. */
static uint64_t drop_folder(int fd, const char *name)
{
	return unlinkat(fd, name, AT_REMOVEDIR) == 0 ? AUDIT_BLOCK_BYTES : 0;
}

/* The oldest minute of a day, or file that somebody laid there; the day too, when it was the last. */
static uint64_t drop_minute(const struct audit_folder *folder, int site_fd, const char *day)
{
	char minute[AUDIT_NAME_MAX];
	DIR *dir = open_dir(site_fd, day), *files;
	uint64_t bytes = 0;
	const struct dirent *entry;

	if (dir && find_oldest(folder, dirfd(dir), minute)) {
		files = open_dir(dirfd(dir), minute);
		bytes += files ? 0 : drop_file(dirfd(dir), minute);
		while (files && (entry = next_entry(folder, files)))
			bytes += drop_file(dirfd(files), entry->d_name);
		if (files)
			closedir(files);
		bytes += drop_folder(dirfd(dir), minute);
	}
	if (dir)
		closedir(dir);
	return bytes + drop_folder(site_fd, day);
}

static bool is_folder(int fd, const char *name)
{
	struct stat status;

	return fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

/* The oldest file of SITE, or minute. False: there is nothing, or it cannot be deleted. */
static bool drop_oldest(struct audit_folder *folder, struct audit_site *site)
{
	char name[AUDIT_NAME_MAX];
	uint64_t bytes;
	int fd = openat(folder->fd, site->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	bool has_one = fd >= 0 && find_oldest(folder, fd, name);

	if (!has_one) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	bytes = is_folder(fd, name) ? drop_minute(folder, fd, name) : drop_file(fd, name);
	has_one = faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 || bytes;
	close(fd);
	freed(folder, site, bytes);
	folder->dropped_bytes += bytes;
	return has_one;
}

/* The one that has most, of those that something can be taken from. NULL: there is none. */
static struct audit_site *find_largest(const struct audit_folder *folder)
{
	struct audit_site *largest = NULL;

	for (struct audit_site *site = folder->sites; site; site = site->next) {
		if (!site->is_stuck && site->bytes && (!largest || site->bytes > largest->bytes))
			largest = site;
	}
	return largest;
}

enum result audit_make_room(struct audit_folder *folder, uint64_t need)
{
	bool is_recounted = false;

	if (need > folder->limit)
		return RESULT_LIMIT;
	for (struct audit_site *site = folder->sites; site; site = site->next)
		site->is_stuck = false;
	for (unsigned i = 0; folder->bytes + need > folder->limit; i++) {
		struct audit_site *largest = i < DROPS_MAX ? find_largest(folder) : NULL;

		if (must_end(folder))
			return RESULT_TIMEOUT;
		if (largest && drop_oldest(folder, largest))
			continue;
		if (!is_recounted && audit_folder_count(folder) == RESULT_OK) {
			is_recounted = true;  /* somebody else may have moved files away */
			continue;
		}
		if (!largest) {
			errno = ENOSPC;
			return RESULT_IO;
		}
		largest->is_stuck = true;  /* the next one makes room */
	}
	return RESULT_OK;
}

/* -- age -- */

/* Deletes what is old of a folder at DEPTH above its files, and returns the bytes that stay. A folder that files were added to is as young as the
 * last of them. */
static uint64_t expire(const struct audit_folder *folder, int fd, const char *name, unsigned depth, uint64_t before_s)
{
	DIR *dir = open_dir(fd, name);
	const struct dirent *entry;
	uint64_t bytes = 0;

	while (dir && (entry = next_entry(folder, dir))) {
		struct stat status;
		uint64_t left;

		if (fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(status.st_mode)) {
			left = depth ? expire(folder, dirfd(dir), entry->d_name, depth - 1, before_s) : 0;
			if (!depth || unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR) < 0)  /* empty now, or it stays */
				bytes += left + AUDIT_BLOCK_BYTES;
		} else if ((uint64_t)status.st_mtim.tv_sec >= before_s || unlinkat(dirfd(dir), entry->d_name, 0) < 0) {
			bytes += audit_cost((uint64_t)status.st_size);
		}
	}
	if (dir)
		closedir(dir);
	return bytes;
}

/* The walk is paid, so it counts too: somebody else may have moved files away, or laid some there. */
void audit_folder_expire(struct audit_folder *folder, uint64_t keep_ms, uint64_t wall_ns)
{
	uint64_t now_s = wall_ns / 1000000000u, keep_s = keep_ms / 1000;

	for (struct audit_site *site = folder->sites; site; site = site->next) {
		uint64_t left = expire(folder, folder->fd, site->path, DEPTH_MAX - 1, keep_s < now_s ? now_s - keep_s : 0);

		if (must_end(folder))
			break;
		site->bytes = left;
	}
	folder->bytes = 0;
	for (const struct audit_site *site = folder->sites; site; site = site->next)
		folder->bytes += site->bytes;
}
