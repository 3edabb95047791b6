#include "cache/continuity/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/hash.h"

#include "base/banned.h"

#define FOLDER "continuity"
#define KEY_NAME "key"
#define SITE_LEN 16u

/* -- the key -- */

/* RESULT_NOT_FOUND: there is none. */
static enum result read_key(struct copy_folder *folder)
{
	int fd = openat(folder->fd, KEY_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat status;
	enum result result = RESULT_OK;

	if (fd < 0)
		return errno == ENOENT ? RESULT_NOT_FOUND : errno == ELOOP ? RESULT_REFUSED : RESULT_IO;
	if (fstat(fd, &status) < 0)
		result = RESULT_IO;
	else if (!S_ISREG(status.st_mode) || (status.st_mode & 077) || status.st_uid != geteuid() || status.st_size != MAC_KEY_LEN ||
	         pread(fd, folder->key, MAC_KEY_LEN, 0) != MAC_KEY_LEN)
		result = RESULT_REFUSED;
	close(fd);
	return result;
}

/* Two edges may make one at the same time: the first to link it has made it. */
static enum result make_key(struct copy_folder *folder)
{
	char part[64], draw[16];
	uint64_t number;
	int fd;
	bool is_good;

	random_fill(&number, sizeof(number));
	random_fill(folder->key, MAC_KEY_LEN);
	hex_write(&number, sizeof(number), draw);
	snprintf(part, sizeof(part), KEY_NAME ".%.16s.part", draw);
	fd = openat(folder->fd, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return RESULT_IO;
	is_good = write(fd, folder->key, MAC_KEY_LEN) == MAC_KEY_LEN && fsync(fd) == 0;
	close(fd);
	if (is_good && linkat(folder->fd, part, folder->fd, KEY_NAME, 0) < 0)
		is_good = errno == EEXIST;
	(void)!unlinkat(folder->fd, part, 0);
	return is_good && fsync(folder->fd) == 0 ? read_key(folder) : RESULT_IO;
}

enum result copy_folder_open(struct copy_folder *folder, int state_fd)
{
	enum result result;

	folder->fd = -1;
	if (mkdirat(state_fd, FOLDER, 0700) < 0 && errno != EEXIST)
		return RESULT_IO;
	folder->fd = openat(state_fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (folder->fd < 0)
		return RESULT_IO;
	result = read_key(folder);
	if (result == RESULT_NOT_FOUND)
		result = make_key(folder);
	if (result != RESULT_OK) {
		int error = errno;

		copy_folder_done(folder);
		errno = error;
	}
	return result;
}

void copy_folder_join(const struct copy_folder *folder)
{
	(void)!flock(folder->fd, LOCK_SH | LOCK_NB);
}

void copy_folder_leave(const struct copy_folder *folder)
{
	(void)!flock(folder->fd, LOCK_UN);
}

/* The lock that was asked for in vain may have cost the one that there was. */
bool copy_folder_is_alone(const struct copy_folder *folder)
{
	bool is_alone = flock(folder->fd, LOCK_EX | LOCK_NB) == 0;

	copy_folder_join(folder);
	return is_alone;
}

void copy_folder_done(struct copy_folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
	folder->fd = -1;
	explicit_bzero(folder->key, sizeof(folder->key));
}

/* -- names -- */

static void site_name(uint64_t site, char out[SITE_LEN + 1])
{
	snprintf(out, SITE_LEN + 1, "%016llx", (unsigned long long)site);
}

enum result copy_place_of(uint64_t site, const struct copy *copy, struct copy_place *place)
{
	unsigned char id[DIGEST_LEN];
	char hex[2 * DIGEST_LEN];
	struct digest digest;

	digest_init(&digest);
	digest_add(&digest, copy->site);
	digest_add(&digest, copy->key);
	digest_add(&digest, copy->vary);
	digest_add(&digest, copy->variant);
	if (digest_end(&digest, id) != RESULT_OK)
		return RESULT_NO_MEMORY;
	hex_write(id, sizeof(id), hex);
	place->site = site;
	snprintf(place->name, sizeof(place->name), "%.*s.%s", (int)sizeof(hex), hex, copy->kind == COPY_PIN ? "pin" : "copy");
	return RESULT_OK;
}

/* -1: errno. */
static int open_site(const struct copy_folder *folder, uint64_t site, bool makes)
{
	char name[SITE_LEN + 1];

	site_name(site, name);
	if (makes && mkdirat(folder->fd, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return openat(folder->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* -- writing -- */

static enum result write_all(int fd, struct span text)
{
	while (text.len) {
		ssize_t count = write(fd, text.at, text.len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0) {
			errno = count < 0 ? errno : ENOSPC;
			return RESULT_IO;
		}
		text = span_skip(text, (size_t)count);
	}
	return RESULT_OK;
}

/* The last bytes of the disk are for what cannot be done without: journal and state. */
static bool has_room(int fd, uint64_t bytes)
{
	struct statvfs disk;

	if (fstatvfs(fd, &disk) < 0)
		return false;
	if ((uint64_t)disk.f_bavail * disk.f_frsize >= FOLDER_KEPT_BYTES + bytes)
		return true;
	errno = ENOSPC;
	return false;
}

static enum result fill(int fd, struct span head, struct span body)
{
	enum result result = flock(fd, LOCK_EX | LOCK_NB) == 0 && has_room(fd, head.len + body.len) ? write_all(fd, head) : RESULT_IO;

	if (result == RESULT_OK)
		result = write_all(fd, body);
	return result == RESULT_OK && fdatasync(fd) < 0 ? RESULT_IO : result;
}

/* FD stays open until the name is the last one: the lock says that somebody is at work on it. */
static enum result put(int site_fd, const struct copy_place *place, struct span head, struct span body)
{
	char part[FOLDER_NAME_MAX + 32], draw[16];
	uint64_t number;
	enum result result;
	int fd, error;

	random_fill(&number, sizeof(number));
	hex_write(&number, sizeof(number), draw);
	snprintf(part, sizeof(part), "%s.%.16s.part", place->name, draw);
	fd = openat(site_fd, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return RESULT_IO;
	result = fill(fd, head, body);
	if (result == RESULT_OK && renameat(site_fd, part, site_fd, place->name) < 0)
		result = RESULT_IO;
	error = errno;
	if (result != RESULT_OK)
		(void)!unlinkat(site_fd, part, 0);
	close(fd);
	errno = error;
	return result;
}

enum result copy_folder_put(const struct copy_folder *folder, const struct copy_place *place, struct span head, struct span body, bool is_lasting)
{
	int site_fd = open_site(folder, place->site, true), error;
	enum result result;

	if (site_fd < 0)
		return RESULT_IO;
	result = put(site_fd, place, head, body);
	if (result == RESULT_OK && is_lasting && (fsync(site_fd) < 0 || fsync(folder->fd) < 0))
		result = RESULT_IO;
	error = errno;
	close(site_fd);
	errno = error;
	return result;
}

/* -- reading -- */

/* Its descriptor and size; -1: errno. */
static int open_file(int site_fd, const char *name, uint64_t *bytes)
{
	int fd = openat(site_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat status;

	if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	if (fd >= 0)
		*bytes = (uint64_t)status.st_size;
	return fd;
}

/* COUNT bytes, or as many as there are. */
static enum result read_front(int fd, size_t count, struct buffer *out)
{
	while (count) {
		char *to = buffer_reserve(out, count);
		ssize_t got = to ? read(fd, to, count) : 0;

		if (!to)
			return RESULT_NO_MEMORY;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return RESULT_IO;
		if (!got)
			return RESULT_OK;
		buffer_commit(out, (size_t)got);
		count -= (size_t)got;
	}
	return RESULT_OK;
}

enum result copy_folder_read(const struct copy_folder *folder, const struct copy_place *place, struct buffer *out)
{
	int site_fd = open_site(folder, place->site, false), fd, error;
	uint64_t bytes = 0;
	enum result result;

	if (site_fd < 0)
		return errno == ENOENT ? RESULT_NOT_FOUND : RESULT_IO;
	fd = open_file(site_fd, place->name, &bytes);
	error = errno;
	close(site_fd);
	errno = error;
	if (fd < 0)
		return errno == ENOENT ? RESULT_NOT_FOUND : RESULT_IO;
	result = bytes > buffer_room(out) ? RESULT_LIMIT : read_front(fd, (size_t)bytes, out);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

enum result copy_folder_delete(const struct copy_folder *folder, const struct copy_place *place)
{
	int site_fd = open_site(folder, place->site, false), error;
	bool is_gone;

	if (site_fd < 0)
		return errno == ENOENT ? RESULT_OK : RESULT_IO;
	is_gone = unlinkat(site_fd, place->name, 0) == 0 || errno == ENOENT;
	error = errno;
	close(site_fd);
	errno = error;
	return is_gone ? RESULT_OK : RESULT_IO;
}
