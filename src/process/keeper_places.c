/* The admin socket and the state folder: what needs the keeper's rights and outlives an edge. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "process/keeper_state.h"

#include "base/banned.h"

/* -- the admin socket -- */

/* The keeper may read everywhere but write only where its user may; a folder of the roles is written as the roles' user,
 * so that a link which they laid there leads nowhere they could not go themselves. */
static bool act_as_owner(const struct keeper *keeper, const char *folder)
{
	struct stat status;

	return stat(folder, &status) == 0 && status.st_uid == keeper->account.uid && account_become(&keeper->account, keeper->account.uid, keeper->account.gid);
}

static bool is_answered(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answered = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return answered;
}

/* Bound and listening, or -1 with errno. */
int keeper_listen_unix(const struct sockaddr_un *address, unsigned mode)
{
	struct stat status;
	mode_t mask;
	int fd, error = 0;

	if (lstat(address->sun_path, &status) == 0) {
		if (!S_ISSOCK(status.st_mode) || is_answered(address)) {
			errno = EADDRINUSE;
			return -1;
		}
		unlink(address->sun_path);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	mask = umask(0777 & ~mode);  /* never a moment with more rights than asked for */
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 || listen(fd, 64) != 0)
		error = errno;
	umask(mask);
	if (error) {
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static int listen_admin(const struct keeper *keeper, const struct sockaddr_un *address, unsigned mode)
{
	int fd = keeper_listen_unix(address, mode);

	if (fd >= 0 && keeper->account.must_switch && geteuid() == 0)
		(void)!lchown(address->sun_path, (uid_t)-1, keeper->account.gid);  /* without: root alone speaks to it */
	return fd;
}

enum result keeper_admin_open(struct keeper *keeper, const struct image *image, struct buffer *why)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char folder[PATH_MAX];
	struct span path;
	unsigned mode;
	bool acted;
	int fd, error;

	if (image_admin(image, &path, &mode) != RESULT_OK || (keeper->admin_fd >= 0 && span_equal(path, span_of(keeper->admin_path))))
		return RESULT_OK;
	if (span_to_text(path, address.sun_path, sizeof(address.sun_path)) != RESULT_OK) {
		(void)!buffer_print(why, "the admin socket's path is longer than %zu bytes: %.*s\n", sizeof(address.sun_path) - 1, SPAN_ARG(path));
		return RESULT_LIMIT;
	}
	memcpy(folder, address.sun_path, sizeof(address.sun_path));
	(void)!mkdir(dirname(folder), 0755);  /* exists: as well; fails: the bind says so */
	acted = act_as_owner(keeper, folder);
	fd = listen_admin(keeper, &address, mode);
	error = errno;
	if (acted && !account_become_self(&keeper->account))
		return RESULT_REFUSED;
	if (fd < 0) {
		(void)!buffer_print(why, "cannot listen on the admin socket %.*s: %s%s\n", SPAN_ARG(path), strerror(error),
		                    error == EADDRINUSE ? " (a running shield answers there, or it is no socket)" : "");
		return RESULT_IO;
	}
	if (keeper->admin_fd >= 0)
		close(keeper->admin_fd);
	keeper->admin_fd = fd;
	memcpy(keeper->admin_path, address.sun_path, sizeof(address.sun_path));
	return RESULT_OK;
}

void keeper_admin_remove(struct keeper *keeper)
{
	char folder[PATH_MAX];
	bool acted;

	if (!keeper->admin_path[0])
		return;
	memcpy(folder, keeper->admin_path, sizeof(folder));
	acted = act_as_owner(keeper, dirname(folder));
	(void)!unlink(keeper->admin_path);
	if (acted)
		(void)!account_become_self(&keeper->account);
}

/* -- the state folder -- */

bool keeper_folder_is_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = copy < 0 ? NULL : fdopendir(copy);
	int entries = 0;

	if (!folder)
		return false;
	while (entries <= 2 && readdir(folder))
		entries++;
	closedir(folder);
	return entries <= 2;
}

/* Owned by root and empty (just made, or systemd's StateDirectory): it becomes the roles'. One that holds something is
 * left alone: a slip of the pen in the configuration must not give /etc away. */
static bool give_folder(const struct keeper *keeper, int fd)
{
	struct stat status;

	if (!keeper->account.must_switch)
		return true;
	if (fstat(fd, &status) != 0)
		return false;
	if (status.st_uid == keeper->account.uid)
		return true;
	return status.st_uid == 0 && keeper_folder_is_empty(fd) && fchown(fd, keeper->account.uid, keeper->account.gid) == 0;
}

enum result keeper_state_folder(struct keeper *keeper, const struct image *image, struct buffer *why)
{
	struct span folder = image_settings(image).state_folder;
	const char *problem = NULL;
	char path[PATH_MAX];
	struct stat now, locked;
	int fd;

	if (folder.len == 0)
		return RESULT_OK;
	if (span_to_text(folder, path, sizeof(path)) != RESULT_OK)
		return RESULT_LIMIT;
	(void)!mkdir(path, 0750);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		problem = strerror(errno);
	else if (keeper->state_fd >= 0 && fstat(fd, &now) == 0 && fstat(keeper->state_fd, &locked) == 0 &&
	         now.st_ino == locked.st_ino && now.st_dev == locked.st_dev) {
		close(fd);  /* the one we have */
		return RESULT_OK;
	} else if (!give_folder(keeper, fd))
		problem = "it belongs to another user than the shield's, or to root with files in it";
	else if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		problem = "another shield uses it";
	if (problem) {
		(void)!buffer_print(why, "the state folder %s: %s\n", path, problem);
		if (fd >= 0)
			close(fd);
		return RESULT_REFUSED;
	}
	if (keeper->state_fd >= 0)
		close(keeper->state_fd);
	keeper->state_fd = fd;
	return RESULT_OK;
}
