#include "packet/loader/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "packet/layout.h"
#include "packet/loader/loader.h"

#include "base/banned.h"

#define PATH_BYTES 320u
#define LINK_PREFIX "link_"
#define NAMES_MAX 256u

static void path_of(const char *name, char out[PATH_BYTES])
{
	snprintf(out, PATH_BYTES, PACKET_PIN_FOLDER "/%s", name);
}

static void link_path(unsigned index, char out[PATH_BYTES])
{
	snprintf(out, PATH_BYTES, PACKET_PIN_FOLDER "/" LINK_PREFIX "%u", index);
}

/* Security, fails closed: maps that others may put into the folder are not ours. */
static enum result make_folder(const char *path, struct complaints *complaints)
{
	struct stat status;

	if ((mkdir(path, 0700) < 0 && errno != EEXIST) || lstat(path, &status) < 0) {
		LOADER_WARN(complaints, "", "%s cannot be made: %s", path, strerror(errno));
		return RESULT_REFUSED;
	}
	if (S_ISDIR(status.st_mode) && status.st_uid == geteuid() && !(status.st_mode & 022))
		return RESULT_OK;
	LOADER_COMPLAIN(complaints, "remove it, or: chown root, chmod 0700", "%s is not a folder of this user's own, closed to others", path);
	return RESULT_REFUSED;
}

enum result pins_make(const char *folder, struct complaints *complaints)
{
	struct statfs status;
	enum result result;

	if (statfs("/sys/fs/bpf", &status) < 0 || status.f_type != BPF_FS_MAGIC) {
		LOADER_WARN(complaints, "mount -t bpf -o mode=0700 bpf /sys/fs/bpf, and in /etc/fstab: bpf /sys/fs/bpf bpf mode=0700 0 0",
		                "there is no BPF file system at /sys/fs/bpf, where the filter's maps would outlive this command");
		return RESULT_NOT_FOUND;
	}
	result = make_folder("/sys/fs/bpf/bouclier", complaints);
	return result == RESULT_OK ? make_folder(folder, complaints) : result;
}

/* "link_12" */
static bool link_index(const char *name, unsigned *out)
{
	struct span text = span_of(name);
	uint64_t index;

	if (!span_starts(text, SPAN(LINK_PREFIX)) || span_to_u64(span_skip(text, sizeof(LINK_PREFIX) - 1), INT32_MAX, &index) != RESULT_OK)
		return false;
	*out = (unsigned)index;
	return true;
}

static bool is_alive(unsigned index)
{
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);
	int fd = pins_open_link(index);
	bool alive = fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.xdp.ifindex == index;

	if (fd >= 0)
		close(fd);
	return alive;
}

unsigned pins_links(struct pinned_link out[PINS_LINKS_MAX])
{
	DIR *folder = opendir(PACKET_PIN_FOLDER);
	const struct dirent *entry;
	unsigned count = 0, index;

	while (folder && count < PINS_LINKS_MAX && (entry = readdir(folder))) {
		if (link_index(entry->d_name, &index))
			out[count++] = (struct pinned_link){ index, is_alive(index) };
	}
	if (folder)
		closedir(folder);
	return count;
}

int pins_open_link(unsigned index)
{
	char path[PATH_BYTES];

	link_path(index, path);
	return bpf_obj_get(path);
}

int pins_open(const char *name)
{
	char path[PATH_BYTES];

	path_of(name, path);
	return bpf_obj_get(path);
}

enum result pins_attach_link(int program, unsigned index, unsigned flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
	int link = bpf_link_create(program, (int)index, BPF_XDP, &options);
	char path[PATH_BYTES];
	int error;

	if (link < 0)
		return RESULT_REFUSED;
	link_path(index, path);
	error = bpf_obj_pin(link, path) == 0 ? 0 : errno;
	close(link);
	errno = error;
	return error ? RESULT_IO : RESULT_OK;
}

enum result pins_pin(int fd, const char *name)
{
	char path[PATH_BYTES];

	path_of(name, path);
	return bpf_obj_pin(fd, path) == 0 ? RESULT_OK : RESULT_IO;
}

void pins_drop_link(unsigned index)
{
	char path[PATH_BYTES];
	int fd = pins_open_link(index);

	/* Others may hold the link open: it ends now all the same. */
	if (fd >= 0) {
		(void)bpf_link_detach(fd);
		close(fd);
	}
	link_path(index, path);
	unlink(path);
}

void pins_drop(const char *name)
{
	char path[PATH_BYTES];

	path_of(name, path);
	unlink(path);
}

enum result pins_rename(const char *from, const char *to)
{
	char old[PATH_BYTES], new[PATH_BYTES];

	path_of(from, old);
	path_of(to, new);
	unlink(new);  /* that file system renames over nothing */
	return rename(old, new) == 0 ? RESULT_OK : RESULT_IO;
}

bool pins_drop_all(void)
{
	struct pinned_link links[PINS_LINKS_MAX];
	unsigned count = pins_links(links);
	const struct dirent *entry;
	DIR *folder;

	for (unsigned i = 0; i < count; i++)
		pins_drop_link(links[i].index);
	folder = opendir(PACKET_PIN_FOLDER);
	if (!folder)
		return false;
	for (unsigned i = 0; i < NAMES_MAX && (entry = readdir(folder)); i++) {
		if (entry->d_name[0] != '.')
			pins_drop(entry->d_name);
	}
	closedir(folder);
	rmdir(PACKET_PIN_FOLDER);
	rmdir("/sys/fs/bpf/bouclier");
	return true;
}
