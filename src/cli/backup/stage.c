#include "cli/backup/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"

#include "base/banned.h"

static struct stage_part *part_of(struct stage *stage, enum backup_root root)
{
	switch (root) {
	case BACKUP_CONFIG:
		return &stage->parts[STAGE_CONFIG];
	case BACKUP_STATE:
		return &stage->parts[STAGE_STATE];
	case BACKUP_HUB:
		return &stage->parts[STAGE_HUB];
	case BACKUP_ELSEWHERE:
	case BACKUP_NOWHERE:  /* no record of a file has it */
		break;
	}
	return &stage->parts[STAGE_ELSEWHERE];
}

/* -- one thing in a stage -- */

/* The folder that the last part of PATH goes into, made on the way where it is missing; each step opens a folder and nothing else. NAME is the last part. */
static int open_above(int fd, const char *path, char name[256])
{
	struct span rest = span_of(path), part = span_cut(&rest, '/');
	int at = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), below;

	while (at >= 0 && rest.at) {
		if (span_to_text(part, name, 256) != RESULT_OK || (mkdirat(at, name, 0700) < 0 && errno != EEXIST)) {
			close(at);
			return -1;
		}
		below = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		close(at);
		at = below;
		part = span_cut(&rest, '/');
	}
	if (at >= 0 && span_to_text(part, name, 256) != RESULT_OK) {
		close(at);
		return -1;
	}
	return at;
}

/* Whose it was, by name: numbers differ from machine to machine. Only root gives anything away. */
static bool give(struct stage *stage, int fd, const struct backup_record *record)
{
	const struct passwd *user = record->user[0] ? getpwnam(record->user) : NULL;
	const struct group *group = record->group[0] ? getgrnam(record->group) : NULL;

	if (geteuid() != 0)
		return true;
	stage->putting->strangers += (record->user[0] && !user) || (record->group[0] && !group);
	return fchown(fd, user ? user->pw_uid : 0, group ? group->gr_gid : 0) == 0;
}

/* errno of a path that the file made up is the file's fault. */
static enum result path_fault(void)
{
	return errno == ENOTDIR || errno == ELOOP || errno == EEXIST || errno == EISDIR ? RESULT_MALFORMED : RESULT_IO;
}

enum result stage_folder(struct stage *stage, const struct backup_record *record)
{
	const struct stage_part *part = part_of(stage, record->root);
	char name[256] = ".";
	bool is_good;
	int above, fd;

	above = record->path[0] ? open_above(part->fd, record->path, name) : openat(part->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (above < 0)
		return path_fault();
	if (record->path[0] && mkdirat(above, name, 0700) < 0 && errno != EEXIST) {
		close(above);
		return path_fault();
	}
	fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	close(above);
	if (fd < 0)
		return path_fault();
	is_good = give(stage, fd, record) && fchmod(fd, (record->mode & 0777) | 0700) == 0;
	close(fd);
	return is_good ? RESULT_OK : RESULT_IO;
}

enum result stage_link(struct stage *stage, const struct backup_record *record, const char *target)
{
	char name[256];
	int above = open_above(part_of(stage, record->root)->fd, record->path, name);
	enum result result;

	if (above < 0)
		return path_fault();
	result = symlinkat(target, above, name) == 0 ? RESULT_OK : path_fault();
	close(above);
	return result;
}

enum result stage_file(struct stage *stage, const struct backup_record *record, struct staged_file *out)
{
	char name[256];
	int above = open_above(part_of(stage, record->root)->fd, record->path, name);

	if (above < 0)
		return path_fault();
	*out = (struct staged_file){ openat(above, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), stage };
	close(above);
	return out->fd >= 0 ? RESULT_OK : path_fault();
}

enum result staged_write(struct staged_file *file, struct span bytes)
{
	while (bytes.len) {
		ssize_t count = write(file->fd, bytes.at, bytes.len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return RESULT_IO;
		bytes = span_skip(bytes, (size_t)count);
	}
	return RESULT_OK;
}

enum result staged_end(struct staged_file *file, const struct backup_record *record)
{
	struct timespec times[2] = { { .tv_sec = (time_t)record->modified_s }, { .tv_sec = (time_t)record->modified_s } };
	bool is_good = give(file->stage, file->fd, record) && fchmod(file->fd, record->mode & 0777) == 0 && fsync(file->fd) == 0;

	if (record->modified_s <= INT32_MAX * UINT64_C(100))
		(void)futimens(file->fd, times);  /* for people: nothing goes by it */
	is_good = close(file->fd) == 0 && is_good;
	return is_good ? RESULT_OK : RESULT_IO;
}
