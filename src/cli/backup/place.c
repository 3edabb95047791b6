/* Where stages are, and how they take their places. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/backup/stage.h"
#include "cli/command.h"

#include "base/banned.h"

/* -- what is there -- */

static bool is_empty(const char *path)
{
	DIR *stream = opendir(path);
	const struct dirent *entry;
	bool is_any = false;

	if (!stream)
		return errno == ENOENT;
	while (!is_any && (entry = readdir(stream)) != NULL)
		is_any = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(stream);
	return !is_any;
}

/* The keeper holds its state folder as long as it lives. */
static bool is_in_use(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_used = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;

	if (fd >= 0)
		close(fd);
	return is_used;
}

static int judge(const struct putting *putting)
{
	const char *const folders[] = { putting->to.folder, putting->to.state, putting->to.hub };

	if (is_in_use(putting->to.state))
		return command_failed("a shield runs with the state folder %s: end it first. Nothing was put in place", putting->to.state);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !putting->is_forced; i++) {
		if (!is_empty(folders[i]))
			return command_failed("there is something in %s: --force sets it aside, beside it. Nothing was put in place", folders[i]);
	}
	return EXIT_DONE;
}

/* -- stages -- */

static bool make_parents(const char *path)
{
	char above[PATH_TEXT_MAX + 64];

	snprintf(above, sizeof(above), "%s", path);
	for (char *slash = strchr(above + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(above, 0755) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return true;
}

static bool begin_part(struct stage_part *part, const char *target, const char *time)
{
	snprintf(part->target, sizeof(part->target), "%s", target);
	snprintf(part->staged, sizeof(part->staged), "%.4000s.restoring-%d", target, (int)getpid());
	snprintf(part->aside, sizeof(part->aside), "%.4000s.before-restore-%s", target, time);
	if (!make_parents(part->staged) || mkdir(part->staged, 0700) != 0)
		return false;
	part->fd = open(part->staged, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return part->fd >= 0;
}

/* The hub's folder is usually one of the state folder: then it is staged there, and goes with it. */
static bool begin_hub(struct stage *stage, const char *time)
{
	struct stage_part *part = &stage->parts[STAGE_HUB];
	const struct installation *to = &stage->putting->to;
	char name[PATH_TEXT_MAX];

	if (!stage->putting->contents.has_hub)
		return true;
	if (!path_is_in(to->hub, to->state) || strlen(to->hub) == strlen(to->state))
		return begin_part(part, to->hub, time);
	part->is_within = true;
	snprintf(name, sizeof(name), "%s", to->hub + strlen(to->state) + 1);
	if (!backup_path_is_plain(span_of(name)))
		return false;
	for (char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdirat(stage->parts[STAGE_STATE].fd, name, 0750) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	if (mkdirat(stage->parts[STAGE_STATE].fd, name, 0700) != 0)
		return false;
	part->fd = openat(stage->parts[STAGE_STATE].fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return part->fd >= 0;
}

int stage_begin(struct stage *stage, struct putting *putting)
{
	const struct installation *to = &putting->to;
	time_t now = time(NULL);
	char text[32];
	struct tm tm;
	int code;

	*stage = (struct stage){ .putting = putting };
	for (size_t i = 0; i < STAGE_PLACES; i++)
		stage->parts[i].fd = -1;
	code = judge(putting);
	if (code != EXIT_DONE)
		return code;
	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm);
	if (begin_part(&stage->parts[STAGE_CONFIG], to->folder, text) && begin_part(&stage->parts[STAGE_STATE], to->state, text) && begin_hub(stage, text)) {
		snprintf(stage->parts[STAGE_ELSEWHERE].staged, sizeof(stage->parts[0].staged), "%.4000s.restoring-more-%d", to->state, (int)getpid());
		if (mkdir(stage->parts[STAGE_ELSEWHERE].staged, 0700) == 0)
			stage->parts[STAGE_ELSEWHERE].fd = open(stage->parts[STAGE_ELSEWHERE].staged, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	}
	if (stage->parts[STAGE_ELSEWHERE].fd >= 0)
		return EXIT_DONE;
	code = command_failed("no folder can be made beside %s, %s and %s: %s", to->folder, to->state, to->hub, strerror(errno));
	stage_end(stage);
	return code;
}

void stage_end(struct stage *stage)
{
	for (size_t i = 0; i < STAGE_PLACES; i++) {
		struct stage_part *part = &stage->parts[i];

		if (part->fd >= 0)
			close(part->fd);
		if (part->staged[0] && !part->has_taken)
			remove_tree(part->staged);
		part->fd = -1;
	}
}

/* -- taking places -- */

static bool take(struct stage_part *part)
{
	bool was_empty = is_empty(part->target);

	if (was_empty && rmdir(part->target) != 0 && errno != ENOENT)
		return false;
	if (!was_empty && rename(part->target, part->aside) != 0)
		return false;
	if (was_empty)
		part->aside[0] = 0;
	if (rename(part->staged, part->target) == 0) {
		part->has_taken = true;
		return true;
	}
	if (part->aside[0] && rename(part->aside, part->target) != 0)
		command_failed("%s is what was in %s", part->aside, part->target);
	return false;
}

static void give_back(struct stage_part *part)
{
	if (!part->has_taken)
		return;
	if (rename(part->target, part->staged) != 0 || (part->aside[0] && rename(part->aside, part->target) != 0))
		command_failed("%s could not be put back: %s", part->target, strerror(errno));
	else
		part->has_taken = false;
}

int stage_take_place(struct stage *stage)
{
	static const enum stage_place order[] = { STAGE_STATE, STAGE_HUB, STAGE_CONFIG };
	int code = EXIT_DONE;

	for (size_t i = 0; i < sizeof(order) / sizeof(*order) && code == EXIT_DONE; i++) {
		struct stage_part *part = &stage->parts[order[i]];

		if (part->staged[0] && !take(part))
			code = command_failed("%s cannot take its place: %s", part->target, strerror(errno));
	}
	if (code == EXIT_DONE)
		code = elsewhere_take_place(stage);
	for (size_t i = sizeof(order) / sizeof(*order); i && code != EXIT_DONE; i--)
		give_back(&stage->parts[order[i - 1]]);
	for (size_t i = 0; i < sizeof(order) / sizeof(*order) && code == EXIT_DONE; i++) {
		if (stage->parts[order[i]].aside[0] && stage->parts[order[i]].has_taken)
			fprintf(stderr, "what was in %s is in %s now\n", stage->parts[order[i]].target, stage->parts[order[i]].aside);
	}
	return code;
}
