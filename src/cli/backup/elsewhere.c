/* Files that the configuration names outside of its own folder: certificates, keys, rules. Each takes its place whole; one that is there and says something
 * else is set aside, and only with --force. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dirent.h>

#include "base/read_file.h"
#include "base/replace_file.h"
#include "cli/backup/stage.h"
#include "cli/command.h"

#include "base/banned.h"

struct placing {
	struct stage *stage;
	char path[PATH_TEXT_MAX];     /* below "/" */
	bool is_trial;                /* only whether it may */
	int code;
};

/* What lay in the folder of the configuration (behind a link) goes where that goes now. */
static bool target_of(const struct placing *placing, char out[PATH_TEXT_MAX])
{
	const struct putting *putting = placing->stage->putting;
	char whole[PATH_TEXT_MAX + 1];

	snprintf(whole, sizeof(whole), "/%.4000s", placing->path);
	if (path_is_in(whole, putting->contents.was.folder))
		return snprintf(out, PATH_TEXT_MAX, "%s%s", putting->to.folder, whole + strlen(putting->contents.was.folder)) < PATH_TEXT_MAX;
	return snprintf(out, PATH_TEXT_MAX, "%s", whole) < PATH_TEXT_MAX;
}

static bool is_same(const char *path, struct span text)
{
	struct buffer there;
	bool is_equal;

	buffer_init(&there, ELSEWHERE_BYTES_MAX);
	is_equal = read_file_at(AT_FDCWD, path, &there) == RESULT_OK && span_equal(buffer_span(&there), text);
	buffer_done(&there);
	return is_equal;
}

static bool make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return true;
}

static enum result put(char *target, struct span text, const struct stat *stat)
{
	char *slash = strrchr(target, '/');
	enum result result;
	int folder;

	if (!make_folders(target))
		return RESULT_IO;
	*slash = 0;
	folder = open(*target ? target : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*slash = '/';
	if (folder < 0)
		return RESULT_IO;
	result = replace_file(folder, slash + 1, text, stat);
	close(folder);
	return result;
}

static void place(struct placing *placing, int folder, const char *name)
{
	char target[PATH_TEXT_MAX], aside[PATH_TEXT_MAX + 32];
	struct stat stat, there;
	struct buffer text;

	buffer_init(&text, ELSEWHERE_BYTES_MAX);
	if (!target_of(placing, target) || fstatat(folder, name, &stat, AT_SYMLINK_NOFOLLOW) != 0 || read_file_at(folder, name, &text) != RESULT_OK) {
		placing->code = command_failed("%s cannot be put in place", placing->path);
	} else if (is_same(target, buffer_span(&text))) {
		;
	} else if (placing->is_trial) {
		if (lstat(target, &there) == 0 && !placing->stage->putting->is_forced)
			placing->code = command_failed("%s is there, and is another than the backup's: --force sets it aside", target);
	} else {
		snprintf(aside, sizeof(aside), "%s.before-restore", target);
		if (lstat(target, &there) == 0 && rename(target, aside) == 0)
			fprintf(stderr, "what was in %s is in %s now\n", target, aside);
		if (put(target, buffer_span(&text), &stat) != RESULT_OK)
			placing->code = command_failed("%s cannot be written: %s", target, strerror(errno));
	}
	buffer_done(&text);
}

static void walk(struct placing *placing, int folder)
{
	size_t len = strlen(placing->path);
	DIR *stream = fdopendir(folder);
	const struct dirent *entry;

	if (!stream) {
		close(folder);
		placing->code = command_failed("there is no memory");
		return;
	}
	while (placing->code == EXIT_DONE && (entry = readdir(stream)) != NULL) {
		int below;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(placing->path + len, sizeof(placing->path) - len, "%s%s", len ? "/" : "", entry->d_name);
		below = openat(dirfd(stream), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (below >= 0)
			walk(placing, below);
		else
			place(placing, dirfd(stream), entry->d_name);
		placing->path[len] = 0;
	}
	closedir(stream);
}

static int walk_all(struct stage *stage, bool is_trial)
{
	struct placing placing = { .stage = stage, .is_trial = is_trial, .code = EXIT_DONE };
	int fd = openat(stage->parts[STAGE_ELSEWHERE].fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return command_failed("there is no memory");
	walk(&placing, fd);
	return placing.code;
}

/* All of them may, before the first one does. */
int elsewhere_take_place(struct stage *stage)
{
	int code = walk_all(stage, true);

	return code == EXIT_DONE ? walk_all(stage, false) : code;
}
