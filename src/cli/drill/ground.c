#include "cli/drill/ground.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/drill/socket.h"
#include "cli/wiring.h"

#include "base/banned.h"

static void name(const struct drill_ground *ground, const char *leaf, char out[GROUND_PATH_MAX])
{
	snprintf(out, GROUND_PATH_MAX, "%s/%s", ground->folder, leaf);
}

/* Started by root, the shield's other processes have a user of their own, whose group is to get in; nobody else is. The
 * group's bits of MODE count only then. */
static bool let_in(const struct drill_ground *ground, int fd, mode_t mode)
{
	if (!ground->account.must_switch)
		return fchmod(fd, mode & 0700) == 0;
	return fchown(fd, (uid_t)-1, ground->account.gid) == 0 && fchmod(fd, mode) == 0;
}

/* What the shield writes lies deeper, for its user alone. */
static enum result make_folder(struct drill_ground *ground)
{
	memcpy(ground->folder, GROUND_FOLDER, sizeof(GROUND_FOLDER));
	if (!mkdtemp(ground->folder)) {
		ground->folder[0] = '\0';
		return RESULT_IO;
	}
	name(ground, "bouclier.yaml", ground->config);
	name(ground, "admin.sock", ground->socket);
	name(ground, "state", ground->state);
	name(ground, "stderr", ground->log);
	ground->folder_fd = open(ground->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return ground->folder_fd >= 0 && let_in(ground, ground->folder_fd, 0710) ? RESULT_OK : RESULT_IO;
}

enum result ground_init(struct drill_ground *ground)
{
	*ground = (struct drill_ground){ .account = account_of(EDGE_ACCOUNT), .folder_fd = -1, .shield_fd = -1, .metrics_fd = -1, .portal_fd = -1 };
	if (make_folder(ground) != RESULT_OK)
		return RESULT_IO;
	ground->shield_fd = drill_reserve(&ground->shield_port);
	ground->metrics_fd = drill_reserve(&ground->metrics_port);
	ground->portal_fd = drill_listen(&ground->portal_port);
	return ground->shield_fd >= 0 && ground->metrics_fd >= 0 && ground->portal_fd >= 0 ? RESULT_OK : RESULT_IO;
}

/* -- taking away -- */

static int take_away(int parent, const char *name, unsigned depth);

/* All that is in the folder FD, which is closed. 0, or the errno of what stays. */
static int take_away_below(int fd, unsigned depth)
{
	DIR *list = fdopendir(fd);
	const struct dirent *entry;
	int error = list ? 0 : errno;

	if (!list)
		close(fd);
	while (list && (entry = readdir(list))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			int stays = take_away(dirfd(list), entry->d_name, depth);

			error = stays ? stays : error;
		}
	}
	if (list)
		closedir(list);
	return error;
}

static bool is_same_disk(int a, int b)
{
	struct stat status_a, status_b;

	return fstat(a, &status_a) == 0 && fstat(b, &status_b) == 0 && status_a.st_dev == status_b.st_dev;
}

/* Security, fails closed: root takes away what another user may rearrange meanwhile. So each step is one name in a folder that is open, no link
 * is followed, and what has become something else between two steps stays. */
static int take_away(int parent, const char *name, unsigned depth)
{
	int fd, error;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return errno;
	if (depth == 0)
		return ENAMETOOLONG;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (!is_same_disk(parent, fd)) {
		close(fd);
		return EXDEV;
	}
	error = take_away_below(fd, depth - 1);
	return error || unlinkat(parent, name, AT_REMOVEDIR) == 0 ? error : errno;
}

/* Its own name is root's in /tmp, where nobody else may change it. */
static int take_folder_away(struct drill_ground *ground)
{
	int error = ground->folder_fd < 0 ? 0 : take_away_below(ground->folder_fd, GROUND_DEPTH_MAX);

	ground->folder_fd = -1;
	return error || rmdir(ground->folder) == 0 ? error : errno;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void ground_done(struct drill_ground *ground)
{
	int error = ground->folder[0] ? take_folder_away(ground) : 0;

	close_one(&ground->shield_fd);
	close_one(&ground->metrics_fd);
	close_one(&ground->portal_fd);
	if (error)
		fprintf(stderr, "bouclier: %s could not be taken away: %s\n", ground->folder, strerror(error));
	ground->folder[0] = '\0';
}

enum result ground_write_config(const struct drill_ground *ground, struct span text)
{
	int fd = open(ground->config, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool is_written;

	if (fd < 0)
		return RESULT_IO;
	is_written = write(fd, text.at, text.len) == (ssize_t)text.len && let_in(ground, fd, 0640);
	close(fd);
	return is_written ? RESULT_OK : RESULT_IO;
}
