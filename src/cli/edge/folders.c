#include "cli/edge/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/hash.h"
#include "process/image.h"

#include "base/banned.h"

void edge_name_node(struct edge_state *state)
{
	uint64_t key = 0;
	int fd = state->state_fd < 0 ? -1 : openat(state->state_fd, "node", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || read(fd, &key, sizeof(key)) != sizeof(key) || !key) {
		random_fill(&key, sizeof(key));
		if (fd >= 0 && pwrite(fd, &key, sizeof(key), 0) != sizeof(key))
			fprintf(stderr, "bouclier: the name of this node could not be kept: %s\n", strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	hex_write(&key, sizeof(key), state->common.node);
	state->common.node[16] = 0;
}

static int open_folder(int state_fd, const char *name, mode_t mode)
{
	int fd;

	if (mkdirat(state_fd, name, mode) < 0 && errno != EEXIST)
		fprintf(stderr, "bouclier: the folder %s of the state folder cannot be made: %s\n", name, strerror(errno));
	fd = openat(state_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fprintf(stderr, "bouclier: the folder %s of the state folder cannot be opened: %s\n", name, strerror(errno));
	return fd;
}

void edge_open_folders(struct edge_state *state)
{
	struct span folder = image_settings(&state->start.plan.image).state_folder;
	char path[IMAGE_PATH_MAX];

	state->state_fd = state->journal_fd = state->audit_fd = -1;
	if (!folder.len || span_to_text(folder, path, sizeof(path)) != RESULT_OK)
		return;
	state->state_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state->state_fd < 0) {
		fprintf(stderr, "bouclier: the state folder %s cannot be opened: %s\n", path, strerror(errno));
		return;
	}
	state->journal_fd = open_folder(state->state_fd, "journal", 0750);
	state->audit_fd = open_folder(state->state_fd, "audit", 0700);
}
