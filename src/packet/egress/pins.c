#include "packet/egress/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "packet/egress/layout.h"

#include "base/banned.h"

#define PATH_BYTES 320u
#define NAMES_MAX 64u
#define LINK "link_"

static void path_of(const char *name, char out[PATH_BYTES])
{
	snprintf(out, PATH_BYTES, EGRESS_PIN_FOLDER "/%s", name);
}

static void link_path(enum egress_hook hook, char out[PATH_BYTES])
{
	snprintf(out, PATH_BYTES, EGRESS_PIN_FOLDER "/" LINK "%s", egress_hook_name(hook));
}

int egress_pins_open(const char *name, bool may_write)
{
	LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = may_write ? 0 : BPF_F_RDONLY);
	char path[PATH_BYTES];

	path_of(name, path);
	return bpf_obj_get_opts(path, &options);
}

int egress_pins_open_link(enum egress_hook hook)
{
	char path[PATH_BYTES];

	link_path(hook, path);
	return bpf_obj_get(path);
}

enum result egress_pins_pin_link(int fd, enum egress_hook hook)
{
	char path[PATH_BYTES];

	link_path(hook, path);
	return bpf_obj_pin(fd, path) == 0 ? RESULT_OK : RESULT_IO;
}

/* Others may hold the link open: it ends now all the same. */
static void drop_link(const char *path)
{
	int fd = bpf_obj_get(path);

	if (fd >= 0) {
		(void)bpf_link_detach(fd);
		close(fd);
	}
	unlink(path);
}

void egress_pins_drop_link(enum egress_hook hook)
{
	char path[PATH_BYTES];

	link_path(hook, path);
	drop_link(path);
}

bool egress_pins_is_alive(enum egress_hook hook, uint64_t cgroup)
{
	int fd = egress_pins_open_link(hook);
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);
	bool alive = fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.cgroup.cgroup_id == cgroup;

	if (fd >= 0)
		close(fd);
	return alive;
}

bool egress_pins_has_links(void)
{
	char path[PATH_BYTES];

	for (int hook = 0; hook < EGRESS_HOOKS; hook++) {
		link_path((enum egress_hook)hook, path);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static bool drop_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	if (!folder)
		return false;
	for (unsigned i = 0; i < NAMES_MAX && (entry = readdir(folder)); i++) {
		char pin[PATH_BYTES];

		snprintf(pin, sizeof(pin), "%s/%s", path, entry->d_name);
		if (strncmp(entry->d_name, LINK, strlen(LINK)) == 0)
			drop_link(pin);
		else if (entry->d_name[0] != '.')
			unlink(pin);
	}
	closedir(folder);
	rmdir(path);
	return true;
}

bool egress_pins_drop_all(void)
{
	return drop_folder(EGRESS_PIN_FOLDER);
}

bool egress_pins_drop_former(void)
{
	return drop_folder(EGRESS_FORMER_FOLDER);
}
