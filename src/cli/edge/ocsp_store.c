/* Fetched responses in the state folder, so that a restart has them at once. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "cli/edge/ocsp_inner.h"

#include "base/banned.h"

#define FOLDER "ocsp"
#define NAME_MAX_LEN (2 * DIGEST_LEN + 16)
#define OLD_S (40 * (time_t)86400)  /* no response lives longer */

static void name_write(const unsigned char key[DIGEST_LEN], const char *end, char out[NAME_MAX_LEN])
{
	char hex[2 * DIGEST_LEN];

	hex_write(key, DIGEST_LEN, hex);
	snprintf(out, NAME_MAX_LEN, "%.*s%s", (int)sizeof(hex), hex, end);
}

static int open_folder(int state_fd)
{
	if (state_fd < 0)
		return -1;
	if (mkdirat(state_fd, FOLDER, 0700) != 0 && errno != EEXIST)
		return -1;
	return openat(state_fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

size_t ocsp_store_read(int state_fd, const unsigned char key[DIGEST_LEN], char *out)
{
	int folder = open_folder(state_fd), fd;
	char name[NAME_MAX_LEN], beyond;
	ssize_t len;

	if (folder < 0)
		return 0;
	name_write(key, ".der", name);
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	close(folder);
	if (fd < 0)
		return 0;
	len = read(fd, out, STAPLE_MAX);
	if (len > 0 && read(fd, &beyond, 1) != 0)
		len = 0;
	close(fd);
	return len > 0 ? (size_t)len : 0;
}

bool ocsp_store_write(int state_fd, const unsigned char key[DIGEST_LEN], struct span der)
{
	int folder = open_folder(state_fd), fd;
	char name[NAME_MAX_LEN], part[NAME_MAX_LEN];
	bool is_good;

	if (folder < 0)
		return state_fd < 0;
	name_write(key, ".der", name);
	name_write(key, ".part", part);
	fd = openat(folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	is_good = fd >= 0 && write(fd, der.at, der.len) == (ssize_t)der.len;
	if (fd >= 0)
		close(fd);
	/* Without fsync: what a power failure tears is found out when it is read, and fetched again. */
	is_good = is_good && renameat(folder, part, folder, name) == 0;
	if (!is_good)
		(void)!unlinkat(folder, part, 0);
	close(folder);
	return is_good;
}

void ocsp_store_remove(int state_fd, const unsigned char key[DIGEST_LEN])
{
	int folder = open_folder(state_fd);
	char name[NAME_MAX_LEN];

	if (folder < 0)
		return;
	name_write(key, ".der", name);
	(void)!unlinkat(folder, name, 0);
	close(folder);
}

void ocsp_store_prune(int state_fd, int64_t now_ms)
{
	int folder = open_folder(state_fd);
	DIR *dir = folder < 0 ? NULL : fdopendir(folder);
	struct dirent *entry;
	struct stat status;

	if (!dir) {
		if (folder >= 0)
			close(folder);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
		    status.st_mtim.tv_sec + OLD_S < (time_t)(now_ms / 1000))
			(void)!unlinkat(folder, entry->d_name, 0);
	}
	closedir(dir);
}
