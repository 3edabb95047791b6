/* What goes into a backup: the folder of the configuration, files that it names elsewhere, the state folder, the hub's.
 *
 * Everything that is there, but for what is named here: so what a later version keeps is not forgotten. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/backup/backup.h"
#include "cli/command.h"
#include "hub/settings/hand_over.h"

#include "base/banned.h"

/* Of the state folder: what comes again by itself (copies of pages), raw events, and remains of a backup. */
static const char *const state_without[] = { "cache", "continuity", NULL };
static const char *const state_events[] = { "journal", "audit", NULL };

struct walk {
	struct making *making;
	enum backup_root root;
	unsigned depth;
	char path[BACKUP_PATH_MAX + 1];
	bool (*is_wanted)(const struct making *making, const char *path);
};

static void fail(struct making *making, const char *what, const char *path)
{
	if (making->code == EXIT_DONE)
		making->code = command_failed("%s %s: %s", path, what, strerror(errno));
}

/* -- one thing -- */

static void name_owner(const struct stat *stat, struct backup_record *record)
{
	const struct passwd *user = getpwuid(stat->st_uid);
	const struct group *group;

	if (user)
		snprintf(record->user, sizeof(record->user), "%.*s", (int)BACKUP_NAME_MAX, user->pw_name);
	group = getgrgid(stat->st_gid);
	if (group)
		snprintf(record->group, sizeof(record->group), "%.*s", (int)BACKUP_NAME_MAX, group->gr_name);
}

static struct backup_record record_of(enum backup_kind kind, enum backup_root root, const char *path, const struct stat *stat)
{
	struct backup_record record = { .kind = kind, .root = root, .mode = stat->st_mode & 0777, .modified_s = (uint64_t)stat->st_mtim.tv_sec };

	snprintf(record.path, sizeof(record.path), "%s", path);
	name_owner(stat, &record);
	return record;
}

/* As long as it was when it was opened: a file that grows meanwhile is taken up to there. One that has shrunk is not what it was, and is refused. */
static void put_content(struct making *making, int fd, uint64_t size, const char *path)
{
	char part[65536];

	while (size && making->code == EXIT_DONE && making->writer->failed == RESULT_OK) {
		ssize_t got = read(fd, part, size < sizeof(part) ? (size_t)size : sizeof(part));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got ? errno : ESTALE;
			fail(making, "changed while it was read", path);
			return;
		}
		backup_put(making->writer, span_make(part, (size_t)got));
		size -= (uint64_t)got;
	}
	passphrase_forget(part, sizeof(part));
}

/* A backup inside of a backup would double each night. */
static bool is_backup(int fd)
{
	char magic[sizeof(BACKUP_MAGIC) - 1];

	return pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) && memcmp(magic, BACKUP_MAGIC, sizeof(magic)) == 0;
}

static void put_file(struct making *making, enum backup_root root, const char *path, int fd)
{
	struct backup_record record;
	struct stat stat;

	if (fstat(fd, &stat) != 0) {
		fail(making, "cannot be read", path);
		return;
	}
	if (!S_ISREG(stat.st_mode) || is_backup(fd))
		return;
	record = record_of(BACKUP_FILE, root, path, &stat);
	record.size = (uint64_t)stat.st_size;
	backup_put_record(making->writer, &record);
	put_content(making, fd, record.size, path);
	making->files++;
	making->bytes += record.size;
}

/* A neighbour (rules/current): kept as it is. Any other link is said, and left out: whoever restores cannot know where it leads. */
static void put_link(struct walk *walk, int folder, const char *name, const struct stat *stat)
{
	char target[257];
	ssize_t len = readlinkat(folder, name, target, sizeof(target) - 1);
	struct backup_record record = record_of(BACKUP_LINK, walk->root, walk->path, stat);

	target[len > 0 ? len : 0] = 0;
	if (len <= 0 || len > 255 || !backup_target_is_plain(span_of(target))) {
		fprintf(stderr, "%s: a link that leads elsewhere is not kept, only what the configuration names behind it\n", walk->path);
		return;
	}
	record.size = (uint64_t)len;
	record.mode = 0777;
	backup_put_record(walk->making->writer, &record);
	backup_put(walk->making->writer, span_make(target, (size_t)len));
}

/* -- folders -- */

static void walk_folder(struct walk *walk, int folder);

static void walk_down(struct walk *walk, int folder, const char *name)
{
	int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (below < 0)
		fail(walk->making, "cannot be opened", walk->path);
	else
		walk_folder(walk, below);  /* closes it */
}

static void walk_entry(struct walk *walk, int folder, const char *name)
{
	struct making *making = walk->making;
	struct stat stat;
	int fd;

	if (fstatat(folder, name, &stat, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno != ENOENT)  /* gone since: it is not there */
			fail(making, "cannot be read", walk->path);
	} else if (S_ISDIR(stat.st_mode)) {
		walk_down(walk, folder, name);
	} else if (S_ISLNK(stat.st_mode)) {
		put_link(walk, folder, name, &stat);
	} else if (S_ISREG(stat.st_mode)) {
		fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
		if (fd >= 0) {
			put_file(making, walk->root, walk->path, fd);
			close(fd);
		} else if (errno != ENOENT) {
			fail(making, "cannot be opened", walk->path);
		}
	}
}

static void walk_entries(struct walk *walk, DIR *stream)
{
	size_t len = strlen(walk->path);
	const struct dirent *entry;

	while (walk->making->code == EXIT_DONE && (entry = readdir(stream)) != NULL) {
		int room = (int)(sizeof(walk->path) - len);

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(walk->path + len, (size_t)room, "%s%s", len ? "/" : "", entry->d_name) >= room) {
			errno = ENAMETOOLONG;
			fail(walk->making, "cannot be kept", walk->path);
		} else if (!walk->is_wanted || walk->is_wanted(walk->making, walk->path)) {
			walk_entry(walk, dirfd(stream), entry->d_name);
		}
		walk->path[len] = 0;
	}
}

static void walk_folder(struct walk *walk, int folder)
{
	struct backup_record record;
	struct stat stat;
	DIR *stream;

	if (fstat(folder, &stat) != 0 || ++walk->depth > BACKUP_DEPTH_MAX || !(stream = fdopendir(folder))) {
		fail(walk->making, "cannot be read", walk->path);
		close(folder);
		return;
	}
	record = record_of(BACKUP_FOLDER, walk->root, walk->path, &stat);
	backup_put_record(walk->making->writer, &record);
	walk_entries(walk, stream);
	walk->depth--;
	closedir(stream);
}

static void walk_root(struct making *making, enum backup_root root, const char *path, bool (*is_wanted)(const struct making *, const char *))
{
	struct walk walk = { .making = making, .root = root, .is_wanted = is_wanted };
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		walk_folder(&walk, fd);
	else if (errno != ENOENT)
		fail(making, "cannot be opened", path);
}

/* -- what is wanted -- */

static bool is_among(const char *const *list, const char *name)
{
	for (; *list; list++) {
		if (strcmp(*list, name) == 0)
			return true;
	}
	return false;
}

static bool is_state_wanted(const struct making *making, const char *path)
{
	char whole[2 * PATH_TEXT_MAX];

	snprintf(whole, sizeof(whole), "%s/%s", making->where->state, path);
	if (strcmp(whole, making->where->hub) == 0 || is_among(state_without, path) || span_starts(span_of(path), SPAN(".backup-")))
		return false;
	return making->with_events || !is_among(state_events, path);
}

/* The databases come from their copy; what lies beside them belongs to the running ones. */
static bool is_hub_wanted(const struct making *making, const char *path)
{
	struct span name = span_of(path);

	(void)making;
	return !span_ends(name, SPAN(".db")) && !span_ends(name, SPAN(".db-wal")) && !span_ends(name, SPAN(".db-shm")) && !span_equal(name, SPAN("lock"));
}

/* -- files that the configuration names elsewhere -- */

struct elsewhere {
	struct making *making;
	char (*seen)[PATH_MAX];
	size_t count, size;
};

static bool is_seen(struct elsewhere *elsewhere, const char *path)
{
	for (size_t i = 0; i < elsewhere->count; i++) {
		if (strcmp(elsewhere->seen[i], path) == 0)
			return true;
	}
	if (elsewhere->count == elsewhere->size) {
		char(*grown)[PATH_MAX] = realloc(elsewhere->seen, (2 * elsewhere->size + 16) * sizeof(*grown));

		if (!grown) {
			errno = ENOMEM;
			fail(elsewhere->making, "cannot be kept", path);
			return true;
		}
		elsewhere->seen = grown;
		elsewhere->size = 2 * elsewhere->size + 16;
	}
	snprintf(elsewhere->seen[elsewhere->count++], PATH_MAX, "%s", path);
	return false;
}

/* What stands in the folder of the configuration itself is there already; what a link there leads to is not. */
static bool is_walked(const struct making *making, const char *path)
{
	char real[PATH_MAX];

	return path_is_in(path, making->where->folder) && realpath(path, real) && strcmp(real, path) == 0;
}

static void put_elsewhere(void *context, struct span path)
{
	struct elsewhere *elsewhere = context;
	struct making *making = elsewhere->making;
	char text[PATH_MAX];
	int fd;

	if (making->code != EXIT_DONE || span_to_text(path, text, sizeof(text)) != RESULT_OK || is_walked(making, text) || is_seen(elsewhere, text))
		return;
	fd = open(text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		fail(making, "is named by the configuration, and cannot be read", text);
		return;
	}
	put_file(making, BACKUP_ELSEWHERE, text + 1, fd);
	close(fd);
}

static void put_config_file(const struct config_file *file, void *context)
{
	put_elsewhere(context, file->path);
}

static void put_named(struct making *making)
{
	const struct hub_settings *hub = hub_settings_of(making->loaded->snapshot);
	struct elsewhere elsewhere = { .making = making };

	for (size_t i = 0; i < making->loaded->source.given.count; i++)
		put_elsewhere(&elsewhere, making->loaded->source.given.list[i].path);
	config_files(making->loaded->snapshot, put_config_file, &elsewhere);
	if (hub)
		hub_files(hub, put_elsewhere, &elsewhere);
	free(elsewhere.seen);
}

static void put_manifest(struct making *making)
{
	struct backup_record record = { .kind = BACKUP_MANIFEST };
	struct buffer text;

	buffer_init(&text, BACKUP_SMALL_MAX);
	if (manifest_write(making->where, making->with_events, &text) != RESULT_OK) {
		errno = ENOMEM;
		fail(making, "cannot be described", making->where->config);
	}
	record.size = buffer_len(&text);
	backup_put_record(making->writer, &record);
	backup_put(making->writer, buffer_span(&text));
	buffer_done(&text);
}

int backup_make(struct making *making)
{
	making->code = EXIT_DONE;
	put_manifest(making);
	walk_root(making, BACKUP_CONFIG, making->where->folder, NULL);
	put_named(making);
	walk_root(making, BACKUP_STATE, making->where->state, is_state_wanted);
	walk_root(making, BACKUP_HUB, making->where->hub, is_hub_wanted);
	if (making->copies[0])
		walk_root(making, BACKUP_HUB, making->copies, NULL);
	if (making->code == EXIT_DONE && making->writer->failed != RESULT_OK)
		making->code = command_failed("the backup could not be written: %s", making->writer->failed == RESULT_IO ? strerror(errno) : result_name(making->writer->failed));
	return making->code;
}
