#include "packet/egress/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_file.h"

#include "base/banned.h"

/* Device, folder, type, and more. A folder with a blank in its name, which stands there as \040, is nobody's mount of this. */
enum result cgroup_mount_read(struct span mounts, char out[CGROUP_PATH_BYTES])
{
	while (mounts.len) {
		struct span line = span_cut(&mounts, '\n'), folder, type;

		(void)span_cut(&line, ' ');
		folder = span_cut(&line, ' ');
		type = span_cut(&line, ' ');
		if (span_equal(type, SPAN("cgroup2")))
			return span_to_text(folder, out, CGROUP_PATH_BYTES) == RESULT_OK ? RESULT_OK : RESULT_LIMIT;
	}
	return RESULT_NOT_FOUND;
}

static enum result find_mount(char out[CGROUP_PATH_BYTES])
{
	struct buffer mounts;
	enum result result;

	buffer_init(&mounts, EGRESS_MOUNTS_BYTES);
	result = read_file("/proc/self/mounts", &mounts);
	if (result == RESULT_OK || result == RESULT_LIMIT)
		result = cgroup_mount_read(buffer_span(&mounts), out);
	buffer_done(&mounts);
	return result;
}

enum result cgroup_open(struct span name, struct cgroup *out)
{
	char mount[CGROUP_PATH_BYTES];
	enum result result = find_mount(mount);
	struct stat status;

	*out = (struct cgroup){ .fd = -1 };
	if (result != RESULT_OK)
		return result;
	if (snprintf(out->path, sizeof(out->path), "%s/%.*s", mount, SPAN_ARG(name)) >= (int)sizeof(out->path))
		return RESULT_LIMIT;
	out->fd = open(out->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->fd < 0)
		return errno == ENOENT ? RESULT_NOT_FOUND : RESULT_IO;
	if (fstat(out->fd, &status) < 0) {
		close(out->fd);
		out->fd = -1;
		return RESULT_IO;
	}
	out->number = status.st_ino;
	return RESULT_OK;
}
