#include "event/audit/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "event/audit/drop.h"
#include "waf/transform/transform.h"

#include "base/banned.h"

#define FILE_BYTES_MAX ((uint64_t)8 << 20)
#define FILES_MIN 16u               /* so many at least in LIMIT */
#define INDEX_BYTES_MAX (AUDIT_RECORD_MAX + 512u)
#define PATIENCE_MS 10000u          /* an administrator's moment: a folder that is being replaced */
#define STAMP_MAX 20u               /* "20261128-171402" */

/* -- names -- */

/* Its length; 0: NAME is empty or too long. Security, fails closed: a name is never cut, so that two never become one. */
static size_t encode_name(struct span name, char *out, size_t room)
{
	size_t len = 0;

	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.at[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit((char)c) || c == '-' || c == '_' || (c == '.' && i);

		if (len + 4 > room)
			return 0;
		if (is_plain)
			out[len++] = (char)c;
		else
			len += (size_t)snprintf(out + len, room - len, "%%%02x", c);
	}
	out[len] = 0;
	return len;
}

static bool site_path(const struct audit_record *record, char out[AUDIT_PATH_MAX])
{
	size_t len = encode_name(record->tenant, out, AUDIT_NAME_MAX);

	if (!len)
		return false;
	out[len++] = '/';
	return encode_name(record->site, out + len, AUDIT_NAME_MAX) != 0;
}

#define DAY_LEN 8u
#define MINUTE_LEN 13u
#define SECOND_LEN 15u

/* "20261128-171402" (UTC), or the front of it. */
static void stamp(uint64_t wall_ns, size_t len, char out[STAMP_MAX])
{
	time_t seconds = (time_t)(wall_ns / 1000000000u);
	struct tm tm;

	out[0] = 0;
	if (gmtime_r(&seconds, &tm) && strftime(out, STAMP_MAX, "%Y%m%d-%H%M%S", &tm))
		out[len] = 0;
}

/* -- sites -- */

struct audit_site *audit_site_find(struct audit_folder *folder, const char *path)
{
	struct audit_site *site = folder->sites;

	while (site && strcmp(site->path, path) != 0)
		site = site->next;
	return site;
}

enum result audit_site_add(struct audit_folder *folder, const char *path, struct audit_site **out)
{
	struct audit_site *site = calloc(1, sizeof(*site));

	if (!site)
		return RESULT_NO_MEMORY;
	snprintf(site->path, sizeof(site->path), "%s", path);
	site->next = folder->sites;
	folder->sites = site;
	*out = site;
	return RESULT_OK;
}

enum result audit_folder_open(struct audit_folder *folder, int fd, uint64_t limit, bool (*must_end)(void *context), void *context)
{
	*folder = (struct audit_folder){ .fd = fd, .limit = limit, .patience_ms = PATIENCE_MS, .must_end = must_end, .context = context };
	return audit_folder_count(folder);
}

void audit_folder_done(struct audit_folder *folder)
{
	while (folder->sites) {
		struct audit_site *site = folder->sites;

		folder->sites = site->next;
		free(site);
	}
	if (folder->fd >= 0)
		close(folder->fd);
	folder->fd = -1;
}

/* -- one site -- */

static bool make_folder(int fd, const char *name)
{
	return mkdirat(fd, name, 0700) == 0 || errno == EEXIST;
}

/* Its descriptor; -1: errno. */
static int open_site(struct audit_folder *folder, struct audit_site *site)
{
	char tenant[AUDIT_PATH_MAX];
	int fd = openat(folder->fd, site->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	snprintf(tenant, sizeof(tenant), "%.*s", (int)strcspn(site->path, "/"), site->path);
	if (!make_folder(folder->fd, tenant) || !make_folder(folder->fd, site->path))
		return -1;
	return openat(folder->fd, site->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static void add_bytes(struct audit_folder *folder, struct audit_site *site, uint64_t before, uint64_t after)
{
	uint64_t grown = audit_cost(after) - audit_cost(before);

	site->bytes += grown;
	folder->bytes += grown;
}

/* All of TEXT behind what FD has, or nothing: a record that is half there would be read as the next one's front. */
static enum result append(int fd, uint64_t size, struct span text)
{
	ssize_t got = pwrite(fd, text.at, text.len, (off_t)size);
	int error;

	if (got >= 0 && (size_t)got == text.len)
		return RESULT_OK;
	error = got < 0 ? errno : ENOSPC;
	if (got > 0 && ftruncate(fd, (off_t)size) < 0)
		error = errno;
	errno = error;
	return RESULT_IO;
}

/* A power failure may have left a record without its end: the next one starts a line of its own. */
static uint64_t end_line(int fd, uint64_t size)
{
	char last = '\n';

	if (!size || pread(fd, &last, 1, (off_t)size - 1) != 1 || last == '\n')
		return size;
	return append(fd, size, SPAN("\n")) == RESULT_OK ? size + 1 : size;
}

static uint64_t file_bytes_max(const struct audit_folder *folder)
{
	uint64_t share = folder->limit / FILES_MIN;

	return share < FILE_BYTES_MAX ? share : FILE_BYTES_MAX;
}

/* audit.log gets the name it keeps. */
static enum result close_file(int site_fd, uint64_t wall_ns)
{
	char when[STAMP_MAX], name[AUDIT_NAME_MAX];

	stamp(wall_ns, SECOND_LEN, when);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "audit-%s-%u.log", when, i);
		if (faccessat(site_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return renameat(site_fd, AUDIT_CURRENT, site_fd, name) == 0 ? RESULT_OK : RESULT_IO;
	}
	errno = EEXIST;
	return RESULT_IO;
}

static int open_file(int site_fd, const char *name, struct stat *status)
{
	int fd = openat(site_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd >= 0 && (fstat(fd, status) < 0 || !S_ISREG(status->st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

static bool is_full(const struct audit_folder *folder, const struct stat *status, const struct audit_record *record, size_t more)
{
	return status->st_size && ((uint64_t)status->st_size + more > file_bytes_max(folder) ||
	                           (uint64_t)status->st_mtim.tv_sec / 86400 < record->wall_ns / 1000000000u / 86400);
}

/* TEXT at the end of audit.log. */
static enum result put_current(struct audit_folder *folder, struct audit_site *site, int site_fd, const struct audit_record *record, struct span text)
{
	struct stat status;
	int fd = open_file(site_fd, AUDIT_CURRENT, &status);
	enum result result = fd < 0 ? RESULT_IO : RESULT_OK;
	uint64_t size;

	if (result == RESULT_OK && is_full(folder, &status, record, text.len)) {
		close(fd);
		fd = close_file(site_fd, record->wall_ns) == RESULT_OK ? open_file(site_fd, AUDIT_CURRENT, &status) : -1;
		result = fd < 0 ? RESULT_IO : RESULT_OK;
	}
	if (result != RESULT_OK)
		return result;
	size = end_line(fd, (uint64_t)status.st_size);
	result = append(fd, size, text);
	add_bytes(folder, site, (uint64_t)status.st_size, result == RESULT_OK ? size + text.len : size);
	close(fd);
	return result;
}

/* -- Concurrent -- */

static bool make_counted(struct audit_folder *folder, struct audit_site *site, int fd, const char *name)
{
	if (mkdirat(fd, name, 0700) < 0)
		return errno == EEXIST;
	add_bytes(folder, site, 0, AUDIT_BLOCK_BYTES);
	return true;
}

/* A file of its own, and where it is. A record that comes a second time (the shield was killed before it knew that it was written) writes the
 * same file again. */
static enum result put_own(struct audit_folder *folder, struct audit_site *site, int site_fd, const struct audit_record *record, char name[AUDIT_PATH_MAX])
{
	char day[STAMP_MAX], minute[STAMP_MAX], second[STAMP_MAX];
	struct stat status;
	enum result result;
	int fd;

	stamp(record->wall_ns, DAY_LEN, day);
	stamp(record->wall_ns, MINUTE_LEN, minute);
	stamp(record->wall_ns, SECOND_LEN, second);
	snprintf(name, AUDIT_PATH_MAX, "%s/%s", day, minute);
	if (!make_counted(folder, site, site_fd, day) || !make_counted(folder, site, site_fd, name))
		return RESULT_IO;
	snprintf(name, AUDIT_PATH_MAX, "%s/%s/%s-%.*s", day, minute, second, SPAN_ARG(record->id));
	fd = open_file(site_fd, name, &status);
	if (fd < 0)
		return RESULT_IO;
	result = append(fd, 0, record->text);
	if (result == RESULT_OK)
		add_bytes(folder, site, (uint64_t)status.st_size, record->text.len);
	close(fd);
	if (result != RESULT_OK)
		(void)!unlinkat(site_fd, name, 0);
	return result;
}

static enum result put_index(struct audit_folder *folder, struct audit_site *site, int site_fd, const struct audit_record *record, const char *name)
{
	struct buffer line;
	struct arena arena;
	struct span md5;
	char digits[33] = "-";
	enum result result;

	buffer_init(&line, INDEX_BYTES_MAX);
	arena_init(&arena, 4096, 1024);
	if (transform_apply(TRANSFORM_MD5, record->text, &arena, &md5) == RESULT_OK && md5.len == 16)
		hex_write(md5.at, md5.len, digits);
	result = buffer_print(&line, "%.*s /%s 0 %zu md5:%.32s\n", SPAN_ARG(record->index), name, record->text.len, digits);
	if (result == RESULT_OK)
		result = put_current(folder, site, site_fd, record, buffer_span(&line));
	arena_done(&arena);
	buffer_done(&line);
	return result;
}

static enum result put(struct audit_folder *folder, struct audit_site *site, int site_fd, const struct audit_record *record)
{
	char name[AUDIT_PATH_MAX];
	enum result result;

	if (!record->is_concurrent)
		return put_current(folder, site, site_fd, record, record->text);
	result = put_own(folder, site, site_fd, record, name);
	return result == RESULT_OK ? put_index(folder, site, site_fd, record, name) : result;
}

/* Not the disk's trouble, which is everybody's, but of what lies at one place. */
static bool is_of_site(int error)
{
	return error == EACCES || error == EPERM || error == ELOOP || error == ENOTDIR || error == EISDIR || error == EEXIST || error == EINVAL ||
	       error == ENXIO || error == ENAMETOOLONG;
}

static enum result put_site(struct audit_folder *folder, struct audit_site *site, const struct audit_record *record)
{
	int site_fd = open_site(folder, site), error;
	enum result result;

	if (site_fd < 0)
		return RESULT_IO;
	result = put(folder, site, site_fd, record);
	error = errno;
	close(site_fd);
	errno = error;
	return result;
}

/* Availability, fails open: a site that cannot be written loses its own records, not everybody's. */
static enum result judge(const struct audit_folder *folder, struct audit_site *site, enum result result)
{
	uint64_t now_ms = clock_mono_ms();

	if (result == RESULT_OK)
		site->refused_ms = 0;
	if (result != RESULT_IO || !is_of_site(errno))
		return result;
	site->refused_ms = site->refused_ms ? site->refused_ms : now_ms;
	return now_ms - site->refused_ms >= folder->patience_ms ? RESULT_REFUSED : result;
}

enum result audit_folder_put(struct audit_folder *folder, const struct audit_record *record)
{
	uint64_t folders = record->is_concurrent ? 2 * AUDIT_BLOCK_BYTES : 0;
	uint64_t need = audit_cost(record->text.len) + audit_cost(record->index.len) + AUDIT_BLOCK_BYTES + folders;
	struct audit_site *site;
	char path[AUDIT_PATH_MAX];
	enum result result;

	if (!site_path(record, path))
		return RESULT_LIMIT;
	site = audit_site_find(folder, path);
	result = site ? RESULT_OK : audit_site_add(folder, path, &site);
	if (result == RESULT_OK)
		result = audit_make_room(folder, need);
	return result == RESULT_OK ? judge(folder, site, put_site(folder, site, record)) : result;
}
