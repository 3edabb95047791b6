/* What the hub is given that only the keeper can make: its folder, its unix socket, its address, and the image with its files.
 *
 * What lies in a folder of the roles is made as the roles' user, and handed on by descriptor, so that a link which somebody laid there leads nowhere. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/keeper_state.h"

#include "base/banned.h"

#define SOCKET_MODE 0660
#define FOLDER_MODE 0750

int keeper_hub_image(struct keeper *keeper, const struct image *image)
{
	struct span folder, settings;
	struct image_writer writer;
	struct endpoint endpoint;
	enum result result;
	int fd;

	if (image_hub(image, &folder, &settings) != RESULT_OK)
		return -1;
	fd = memfd_create("bouclier-hub", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	image_writer_init(&writer);
	image_write_hub(&writer, folder, settings, image_hub_listener(image, &endpoint) ? &endpoint : NULL);
	result = fd < 0 ? RESULT_IO : keeper_files_add_hub(keeper, image, &keeper->hub.image, &writer);
	if (result == RESULT_OK)
		result = image_finish(&writer, fd);
	if (result == RESULT_OK && !keeper_seal(fd))
		result = RESULT_IO;
	image_writer_done(&writer);
	if (result == RESULT_OK)
		return fd;
	keeper_error(keeper, "the hub cannot be told its settings: %s", result_name(result));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* -- the folder -- */

/* Made by whoever owns the folder that it is in, if that is the roles' user. */
static void make_folder(const struct keeper *keeper, const char *path)
{
	char above[PATH_MAX];
	struct stat status;
	bool is_roles;

	snprintf(above, sizeof(above), "%s", path);
	is_roles = stat(dirname(above), &status) == 0 && status.st_uid == keeper->account.uid;
	if (is_roles && !account_become(&keeper->account, keeper->account.uid, keeper->account.gid))
		return;
	(void)!mkdir(path, FOLDER_MODE);  /* exists: as well; fails: the open says so */
	if (is_roles)
		(void)!account_become_self(&keeper->account);
}

/* One that root or the edge's user owns, with nothing in it, becomes the hub's. */
static bool give_folder(const struct keeper *keeper, const char *path, int place)
{
	const struct account *hub = &keeper->hub.account;
	struct stat status;
	bool is_given;
	int fd;

	if (!hub->must_switch)
		return true;
	if (fstat(place, &status) != 0)
		return false;
	if (status.st_uid == hub->uid)
		return true;
	if ((status.st_uid != 0 && status.st_uid != keeper->account.uid) || !account_become(&keeper->account, status.st_uid, keeper->account.gid))
		return false;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	is_given = account_become_self(&keeper->account) && fd >= 0 && keeper_folder_is_empty(fd) && fchown(fd, hub->uid, hub->gid) == 0;
	if (fd >= 0)
		close(fd);
	return is_given;
}

static bool ready_folder(struct keeper *keeper, const char *path)
{
	const char *problem = NULL;
	int place;

	make_folder(keeper, path);
	place = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0)
		problem = strerror(errno);
	else if (!give_folder(keeper, path, place))
		problem = "it belongs to another user than the hub's, or holds something that is not the hub's";
	if (place >= 0)
		close(place);
	if (problem)
		keeper_error(keeper, "the hub's folder %s: %s", path, problem);
	return !problem;
}

/* -- the sockets -- */

/* A socket that lies at PATH, and nothing else that somebody may have put there, becomes UID's (-1: stays whose it is) and GID's. */
static void give_socket(const char *path, uid_t uid, gid_t gid)
{
	int place = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (place >= 0 && fstat(place, &status) == 0 && S_ISSOCK(status.st_mode) && status.st_nlink == 1)
		(void)!fchownat(place, "", uid, gid, AT_EMPTY_PATH);  /* without: root alone speaks to it */
	if (place >= 0)
		close(place);
}

static bool open_socket(struct keeper *keeper, const char *folder)
{
	struct keeper_hub *hub = &keeper->hub;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int error, len = snprintf(address.sun_path, sizeof(address.sun_path), "%s/" HUB_SOCKET_NAME, folder);

	if (len < 0 || (size_t)len >= sizeof(address.sun_path)) {
		keeper_error(keeper, "the hub's folder %s: its path is too long for a socket in it", folder);
		return false;
	}
	if (hub->socket_fd >= 0 && strcmp(address.sun_path, hub->socket_path) == 0 && access(hub->socket_path, F_OK) == 0)
		return true;
	/* Its folder is below that of the edge, whose group may go through it. */
	if (account_become(&keeper->account, hub->account.uid, keeper->account.gid)) {
		if (hub->socket_fd >= 0)
			close(hub->socket_fd);
		hub->socket_fd = keeper_listen_unix(&address, SOCKET_MODE);
	}
	error = errno;
	if (!account_become_self(&keeper->account) || hub->socket_fd < 0) {
		keeper_error(keeper, "the hub's socket %s: %s", address.sun_path, strerror(error));
		return false;
	}
	if (hub->account.must_switch)
		give_socket(address.sun_path, (uid_t)-1, hub->account.gid);
	memcpy(hub->socket_path, address.sun_path, sizeof(hub->socket_path));
	return true;
}

bool keeper_hub_place(struct keeper *keeper)
{
	struct span folder, settings;
	char path[PATH_MAX];

	return image_hub(&keeper->hub.image, &folder, &settings) == RESULT_OK && span_to_text(folder, path, sizeof(path)) == RESULT_OK &&
	       ready_folder(keeper, path) && open_socket(keeper, path);
}

static void close_address(struct keeper_hub *hub)
{
	if (hub->listen_fd >= 0)
		close(hub->listen_fd);
	hub->listen_fd = -1;
}

bool keeper_hub_listen(struct keeper *keeper)
{
	struct keeper_hub *hub = &keeper->hub;
	char text[ENDPOINT_TEXT_MAX];
	struct endpoint endpoint;

	if (!image_hub_listener(&hub->image, &endpoint)) {
		close_address(hub);
		return true;
	}
	if (hub->listen_fd >= 0 && endpoint_equal(&endpoint, &hub->endpoint))
		return true;
	close_address(hub);
	hub->endpoint = endpoint;
	hub->listen_fd = keeper_listen_once(&endpoint);
	if (hub->listen_fd >= 0)
		return true;
	endpoint_write(&endpoint, text);
	keeper_error(keeper, "the hub cannot listen on %s: %s; it answers commands only", text, strerror(errno));
	return false;
}

void keeper_hub_unlisten(struct keeper *keeper)
{
	struct keeper_hub *hub = &keeper->hub;

	close_address(hub);
	if (hub->socket_fd < 0)
		return;
	close(hub->socket_fd);
	hub->socket_fd = -1;
	if (account_become(&keeper->account, hub->account.uid, keeper->account.gid))
		(void)!unlink(hub->socket_path);
	(void)!account_become_self(&keeper->account);
}

void keeper_hub_open_admin(struct keeper *keeper)
{
	if (keeper->admin_path[0] && keeper->hub.account.must_switch)
		give_socket(keeper->admin_path, keeper->hub.account.uid, (gid_t)-1);
}
