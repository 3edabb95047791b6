#include "packet/carrier/bgp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_file.h"
#include "base/replace_file.h"

#include "base/banned.h"

#define NAME_SIZE 256u
#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

static enum result __attribute__((format(printf, 3, 4))) fail(char error[BGP_ERROR_MAX], enum result result, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(error, BGP_ERROR_MAX, format, list);
	va_end(list);
	return result;
}

static const char *name_in(const char *path)
{
	size_t slash = span_find_last(span_of(path), '/');

	return path[slash] ? path + slash + 1 : path;
}

/* Root's or ours, and nobody else may change it. */
static bool is_ours(const struct stat *stat)
{
	return (stat->st_uid == 0 || stat->st_uid == geteuid()) && !(stat->st_mode & OTHERS_WRITE);
}

/* On the way, a folder in which nobody may rename what belongs to another is as good. */
static bool is_safe_on_the_way(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 && (is_ours(&stat) || ((stat.st_uid == 0 || stat.st_uid == geteuid()) && (stat.st_mode & S_ISVTX)));
}

static enum result step(int *folder, struct span name, const char *path, char error[BGP_ERROR_MAX])
{
	char text[NAME_SIZE];
	int next;

	if (span_to_text(name, text, sizeof(text)) != RESULT_OK)
		return fail(error, RESULT_LIMIT, "%.400s: a name in it is too long", path);
	next = openat(*folder, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (next < 0 && (errno == ELOOP || errno == ENOTDIR))
		return fail(error, RESULT_REFUSED, "%.300s: %.100s is a link, or no folder: no link is followed there", path, text);
	if (next < 0)
		return fail(error, errno == ENOENT ? RESULT_NOT_FOUND : RESULT_IO, "%.300s: %.100s: %s", path, text, strerror(errno));
	close(*folder);
	*folder = next;
	return is_safe_on_the_way(next) ? RESULT_OK : fail(error, RESULT_REFUSED, "%.300s: the folder %.100s belongs to another, or may be written by others", path, text);
}

enum result bgp_file_open_folder(const char *path, int *folder, char error[BGP_ERROR_MAX])
{
	size_t slash = span_find_last(span_of(path), '/');
	struct span rest = path[slash] ? span_make(path, slash) : SPAN_NONE;
	enum result result = RESULT_OK;
	struct stat stat;
	int fd = open(path[0] == '/' ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(error, RESULT_IO, "%.400s: %s", path, strerror(errno));
	while (rest.len && result == RESULT_OK) {
		struct span name = span_cut(&rest, '/');

		if (name.len)
			result = step(&fd, name, path, error);
	}
	if (result == RESULT_OK && (fstat(fd, &stat) < 0 || !is_ours(&stat)))
		result = fail(error, RESULT_REFUSED, "%.400s: its folder belongs to another, or may be written by others: who can write there decides what is announced", path);
	if (result == RESULT_OK)
		*folder = fd;
	else
		close(fd);
	return result;
}

/* FD was opened without following a link: is what it is what we made? */
static enum result look(int fd, const char *path, struct stat *stat, char error[BGP_ERROR_MAX])
{
	if (fd < 0 && errno == ELOOP)
		return fail(error, RESULT_REFUSED, "%.400s is a link: it is not followed", path);
	if (fd < 0)
		return fail(error, errno == ENOENT ? RESULT_NOT_FOUND : RESULT_IO, "%.300s: %s%s", path, strerror(errno),
		            errno == ENOENT ? "; make it once, empty, and readable to BIRD (docs/packet-carrier.md)" : "");
	if (fstat(fd, stat) < 0 || !S_ISREG(stat->st_mode))
		return fail(error, RESULT_IO, "%.400s is no file", path);
	return is_ours(stat) ? RESULT_OK : fail(error, RESULT_REFUSED, "%.400s belongs to another, or may be written by others: root's, with mode 0640, is right", path);
}

enum result bgp_file_open_lock(int folder, const char *path, int *lock, char error[BGP_ERROR_MAX])
{
	char name[NAME_SIZE], whole[4096 + 8];
	enum result result;
	struct stat stat;
	int fd;

	if (snprintf(name, sizeof(name), "%s.lock", name_in(path)) >= (int)sizeof(name))
		return fail(error, RESULT_LIMIT, "%.400s: its name is too long", path);
	snprintf(whole, sizeof(whole), "%s.lock", path);
	fd = openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	result = look(fd, whole, &stat, error);
	if (result == RESULT_OK)
		*lock = fd;
	else if (fd >= 0)
		close(fd);
	return result;
}

enum result bgp_file_read(int folder, const char *path, struct buffer *text, char error[BGP_ERROR_MAX])
{
	int fd = openat(folder, name_in(path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat stat;
	enum result result = look(fd, path, &stat, error);

	if (result == RESULT_OK) {
		result = read_descriptor(fd, text);
		if (result == RESULT_IO)
			result = fail(error, result, "%.400s cannot be read: %s", path, strerror(errno));
		else if (result != RESULT_OK)
			result = fail(error, result, "%.400s is too large", path);
	}
	if (fd >= 0)
		close(fd);
	return result;
}

enum result bgp_file_write(int folder, const char *path, struct span text, char error[BGP_ERROR_MAX])
{
	int fd = openat(folder, name_in(path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat stat;
	enum result result = look(fd, path, &stat, error);

	if (fd >= 0)
		close(fd);
	if (result != RESULT_OK)
		return result;
	return replace_file(folder, name_in(path), text, &stat) == RESULT_OK ? RESULT_OK : fail(error, RESULT_IO, "%.400s cannot be written: %s", path, strerror(errno));
}
