#include "cli/drill/ground.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/drill/socket.h"

#include "base/banned.h"

#define DEPTH_MAX 16

static void name(const struct drill_ground *ground, const char *leaf, char out[GROUND_PATH_MAX])
{
	snprintf(out, GROUND_PATH_MAX, "%s/%s", ground->folder, leaf);
}

/* Started by root, the shield's other processes have a user of their own, who is to pass through; nothing in it is a secret, and what the
 * shield writes lies deeper, for that user alone. */
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
	return geteuid() != 0 || chmod(ground->folder, 0711) == 0 ? RESULT_OK : RESULT_IO;
}

enum result ground_init(struct drill_ground *ground)
{
	*ground = (struct drill_ground){ .shield_fd = -1, .metrics_fd = -1, .portal_fd = -1 };
	if (make_folder(ground) != RESULT_OK)
		return RESULT_IO;
	ground->shield_fd = drill_reserve(&ground->shield_port);
	ground->metrics_fd = drill_reserve(&ground->metrics_port);
	ground->portal_fd = drill_listen(&ground->portal_port);
	return ground->shield_fd >= 0 && ground->metrics_fd >= 0 && ground->portal_fd >= 0 ? RESULT_OK : RESULT_IO;
}

static int take_away(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void ground_done(struct drill_ground *ground)
{
	close_one(&ground->shield_fd);
	close_one(&ground->metrics_fd);
	close_one(&ground->portal_fd);
	if (ground->folder[0] && nftw(ground->folder, take_away, DEPTH_MAX, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0)
		fprintf(stderr, "bouclier: %s could not be taken away: %s\n", ground->folder, strerror(errno));
	ground->folder[0] = '\0';
}

enum result ground_write_config(const struct drill_ground *ground, struct span text)
{
	int fd = open(ground->config, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	bool is_written;

	if (fd < 0)
		return RESULT_IO;
	is_written = write(fd, text.at, text.len) == (ssize_t)text.len && fchmod(fd, 0644) == 0;
	close(fd);
	return is_written ? RESULT_OK : RESULT_IO;
}
