/* Files that the keeper alone may open. It hands on their bytes, sealed, and not descriptors: a certificate that somebody
 * half-writes next week must not reach an edge that restarts with the last good configuration. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "process/keeper_state.h"

#include "base/banned.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define TENANT_BYTES_MAX ((size_t)1 << 20)  /* of all files of a tenant: what is left of an image is the others' */

/* Certificates that everybody may read, besides the folders that are the shield's own. */
static const char *const known_roots[] = {
	"/etc/bouclier", "/etc/letsencrypt", "/etc/ssl/certs", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
};

static bool is_below(const char *path, const char *folder)
{
	char real[PATH_MAX];
	size_t len;

	if (!realpath(folder, real))
		return false;
	len = strlen(real);
	return strncmp(path, real, len) == 0 && (path[len] == '/' || (len == 1 && real[0] == '/'));
}

/* Where FD really is decides, not the name it was opened by: a symbolic link may lead anywhere. */
static bool is_allowed(const struct keeper *keeper, int fd)
{
	char link[64], path[PATH_MAX], folder[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0)
		return false;
	path[len] = 0;
	for (size_t i = 0; i < sizeof(known_roots) / sizeof(known_roots[0]); i++) {
		if (is_below(path, known_roots[i]))
			return true;
	}
	for (size_t i = 0; i < keeper->plan.root_count; i++) {
		if (is_below(path, keeper->plan.roots[i]))
			return true;
	}
	memcpy(folder, keeper->config_path, sizeof(folder));
	return is_below(path, dirname(folder));
}

/* FOLDERS, each ended by NUL, are what a tenant was granted: it may put links there, but they lead nowhere else. */
static bool is_granted(struct span folders, int fd)
{
	char link[64], path[PATH_MAX], folder[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = 0;
	while (len > 0 && folders.len) {
		struct span one = span_cut(&folders, 0);

		if (span_to_text(one, folder, sizeof(folder)) == RESULT_OK && is_below(path, folder))
			return true;
	}
	return false;
}

/* Opened without opening (O_PATH) first: a pipe or a device is never touched. An errno on failure. */
static int open_file(const struct keeper *keeper, const char *path, struct span folders, int *out_fd)
{
	int place = open(path, O_PATH | O_CLOEXEC);
	struct stat status;
	int error = 0;
	char link[64];

	if (place < 0)
		return errno;
	if (fstat(place, &status) != 0 || !S_ISREG(status.st_mode))
		error = EINVAL;
	else if (!is_allowed(keeper, place))
		error = EXDEV;
	else if (folders.len && !is_granted(folders, place))
		error = EPERM;
	if (error == 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
		*out_fd = open(link, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		error = *out_fd < 0 ? errno : 0;
	}
	close(place);
	return error;
}

static int read_all(int fd, char *bytes, size_t *len)
{
	*len = 0;
	for (;;) {
		ssize_t count = read(fd, bytes + *len, FILE_BYTES_MAX + 1 - *len);

		if (count < 0 && errno != EINTR)
			return errno;
		if (count == 0)
			return 0;
		if (count > 0)
			*len += (size_t)count;
		if (*len > FILE_BYTES_MAX)
			return EFBIG;
	}
}

static int read_file(const struct keeper *keeper, struct span path, struct span folders, char *bytes, size_t *len)
{
	char name[PATH_MAX];
	int fd = -1, error;

	if (span_to_text(path, name, sizeof(name)) != RESULT_OK)
		return ENAMETOOLONG;
	error = open_file(keeper, name, folders, &fd);
	if (error)
		return error;
	error = read_all(fd, bytes, len);
	close(fd);
	return error;
}

static const char *explain(int error)
{
	switch (error) {
	case EXDEV:
		return "outside the folders that the keeper reads from; name its folder with --root";
	case EPERM:
		return "it leads outside the folders that are granted to its tenant";
	case EINVAL:
		return "not a regular file";
	case EFBIG:
		return "larger than 1 MiB";
	case EDQUOT:
		return "the files of its tenant are together larger than 1 MiB";
	default:
		return strerror(error);
	}
}

/* The files of one tenant stand together, and name the same folders. */
struct tenant_share {
	struct span folders;
	size_t bytes;
};

static int take_share(struct tenant_share *share, struct span folders, size_t len)
{
	if (!span_equal(share->folders, folders))
		*share = (struct tenant_share){ folders, 0 };
	share->bytes += len;
	return folders.len && share->bytes > TENANT_BYTES_MAX ? EDQUOT : 0;
}

/* False: a required file is missing, WHY says which. */
static bool add_file(struct keeper *keeper, struct image_file file, const struct image *last, char *bytes,
                     struct tenant_share *share, struct image_writer *writer, struct buffer *why)
{
	struct image_file before;
	size_t len = 0;

	file.flags &= IMAGE_FILE_REQUIRED;
	file.error = read_file(keeper, file.path, file.bytes, bytes, &len);
	if (!file.error)
		file.error = take_share(share, file.bytes, len);
	file.bytes = span_make(bytes, file.error ? 0 : len);
	if (file.error && (file.flags & IMAGE_FILE_REQUIRED)) {
		(void)!buffer_print(why, "cannot read %.*s: %s\n", SPAN_ARG(file.path), explain(file.error));
		return false;
	}
	if (file.error && image_find_file(last, file.path, &before) == RESULT_OK && before.bytes.len) {
		file.bytes = before.bytes;
		file.flags |= IMAGE_FILE_STALE;
	}
	if (file.error)
		keeper_error(keeper, "cannot read %.*s: %s%s", SPAN_ARG(file.path), explain(file.error),
		             file.flags & IMAGE_FILE_STALE ? " (the last good copy stays in use)" : "");
	image_write_file(writer, &file);
	return true;
}

enum result keeper_files_add_hub(struct keeper *keeper, const struct image *image, const struct image *last, struct image_writer *writer)
{
	char *bytes = malloc(FILE_BYTES_MAX + 1);
	struct tenant_share share = { SPAN_NONE, 0 };
	struct image_record record;
	size_t at = 0;

	if (!bytes)
		return RESULT_NO_MEMORY;
	while (image_next(image, IMAGE_HUB_FILE, &at, &record))
		(void)!add_file(keeper, (struct image_file){ .path = record.name }, last, bytes, &share, writer, NULL);  /* none is required */
	explicit_bzero(bytes, FILE_BYTES_MAX + 1);
	free(bytes);
	return writer->failed;
}

bool keeper_seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
}

static enum result finish_files(struct image_writer *writer, int *out_fd)
{
	int fd = memfd_create("bouclier-files", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	enum result result = fd < 0 ? RESULT_IO : image_finish(writer, fd);

	if (result == RESULT_OK && !keeper_seal(fd))
		result = RESULT_IO;
	if (result == RESULT_OK)
		*out_fd = fd;
	else if (fd >= 0)
		close(fd);
	return result;
}

enum result keeper_files_read(struct keeper *keeper, const struct image *image, const struct image *last, struct span note, int *out_fd,
                              struct buffer *why)
{
	char *bytes = malloc(FILE_BYTES_MAX + 1);
	enum result result = bytes ? RESULT_OK : RESULT_NO_MEMORY;
	struct tenant_share share = { SPAN_NONE, 0 };
	struct image_writer writer;
	struct image_file file;
	size_t at = 0;

	image_writer_init(&writer);
	image_write_note(&writer, note);
	while (result == RESULT_OK && image_next_file(image, &at, &file)) {
		if (!add_file(keeper, file, last, bytes, &share, &writer, why))
			result = RESULT_REFUSED;
	}
	if (result == RESULT_OK) {
		result = finish_files(&writer, out_fd);
		if (result != RESULT_OK)
			(void)!buffer_print(why, "the certificates and keys together are too large (%s)\n", result_name(result));
	}
	image_writer_done(&writer);
	if (bytes) {
		explicit_bzero(bytes, FILE_BYTES_MAX + 1);  /* keys passed through it */
		free(bytes);
	}
	return result;
}

static uint64_t stamp_of(const struct image *image, enum image_kind kind, uint64_t stamp)
{
	struct image_record file;
	char name[PATH_MAX];
	struct stat status;
	size_t at = 0;

	while (image_next(image, kind, &at, &file)) {
		if (span_to_text(file.name, name, sizeof(name)) != RESULT_OK || stat(name, &status) != 0)
			status = (struct stat){ 0 };
		stamp = hash_u64(stamp ^ hash_u64((uint64_t)status.st_ino));
		stamp = hash_u64(stamp ^ hash_u64((uint64_t)status.st_size));
		stamp = hash_u64(stamp ^ hash_u64((uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec));
	}
	return stamp;
}

uint64_t keeper_files_stamp(const struct image *image)
{
	uint64_t stamp = stamp_of(image, IMAGE_FILE, 1);

	return stamp_of(image, IMAGE_HUB_FILE, stamp);
}
