/* Texts that take the place of files of the configuration: bytes that check has accepted, and nothing else. Nothing here is read for its meaning.
 *
 * Security, fails closed: only below the folder of the configuration, wherever links lead, and only where a regular file is or was; the folder is opened
 * first and looked at afterwards, so that who turns a link meanwhile has nothing of it. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/replace_file.h"
#include "process/keeper_state.h"

#include "base/banned.h"

/* A file, by the folder that it really is in. */
struct spot {
	int folder;
	char name[NAME_MAX + 1];
	struct stat stat;
	bool is_there;
};

static bool is_in(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == 0 || (len == 1 && folder[0] == '/'));
}

/* FOLDER is below the configuration's: the one where it is named, or the one where it really was when the keeper started. A link that somebody turns later
 * leads nowhere. */
static bool is_allowed(const struct keeper *keeper, int folder)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0)
		return false;
	path[len] = 0;
	for (size_t i = 0; i < 2; i++) {
		if (keeper->config_folders[i][0] && is_in(path, keeper->config_folders[i]))
			return true;
	}
	return false;
}

/* The file itself, behind any link; one that is not there is where its folder is. */
static bool find_real(struct span path, char out[PATH_MAX])
{
	char text[PATH_MAX], folder[PATH_MAX];
	size_t slash = span_find_last(path, '/');

	if (span_to_text(path, text, sizeof(text)) != RESULT_OK || slash == path.len)
		return false;
	if (realpath(text, out))
		return true;
	if (errno != ENOENT)
		return false;
	memcpy(folder, text, sizeof(folder));
	folder[slash ? slash : 1] = 0;
	if (!realpath(folder, out) || strlen(out) + path.len - slash + 1 >= PATH_MAX)
		return false;
	return snprintf(out + strlen(out), PATH_MAX - strlen(out), "/%s", text + slash + 1) > 0;
}

/* RESULT_REFUSED: not ours. RESULT_IO: errno. */
static enum result find_spot(const struct keeper *keeper, struct span path, struct spot *out)
{
	char real[PATH_MAX], *slash;

	*out = (struct spot){ .folder = -1 };
	if (!find_real(path, real))
		return RESULT_IO;
	slash = strrchr(real, '/');
	if (!slash || strlen(slash + 1) > NAME_MAX || !slash[1])
		return RESULT_REFUSED;
	snprintf(out->name, sizeof(out->name), "%s", slash + 1);
	slash[slash == real] = 0;
	out->folder = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->folder < 0)
		return RESULT_IO;
	out->is_there = fstatat(out->folder, out->name, &out->stat, AT_SYMLINK_NOFOLLOW) == 0;
	if (is_allowed(keeper, out->folder) && (out->is_there ? S_ISREG(out->stat.st_mode) : errno == ENOENT))
		return RESULT_OK;
	close(out->folder);
	return RESULT_REFUSED;
}

bool keeper_is_ours(const struct keeper *keeper, struct span path)
{
	struct spot spot;

	if (find_spot(keeper, path, &spot) != RESULT_OK)
		return false;
	close(spot.folder);
	return spot.is_there;
}

bool keeper_file_holds(struct span path, struct span text)
{
	char name[PATH_MAX], *bytes = malloc(text.len + 1);
	int fd = bytes && span_to_text(path, name, sizeof(name)) == RESULT_OK ? open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	size_t len = 0;
	ssize_t count = 1;

	while (fd >= 0 && count > 0 && len < text.len + 1) {
		count = read(fd, bytes + len, text.len + 1 - len);
		len += count > 0 ? (size_t)count : 0;
	}
	if (fd >= 0)
		close(fd);
	count = fd >= 0 && count >= 0 && span_equal(span_make(bytes, len), text);
	free(bytes);
	return count;
}

static enum result say(struct buffer *why, struct span path, enum result result)
{
	if (result == RESULT_REFUSED)
		(void)!buffer_print(why, "%.*s is no regular file below the configuration's folder: it stays as it is, and is to be changed by hand\n", SPAN_ARG(path));
	else if (result != RESULT_OK)
		(void)!buffer_print(why, "%.*s cannot be written: %s\n", SPAN_ARG(path), strerror(errno));
	return result;
}

/* Who owned the configuration's main file owns one that is made anew. */
static struct stat stat_of_new(const struct keeper *keeper)
{
	struct stat stat_of_main = { .st_mode = 0640, .st_uid = geteuid(), .st_gid = getegid() };

	(void)!stat(keeper->config_path, &stat_of_main);
	return stat_of_main;
}

void keeper_put_begin(struct keeper *keeper)
{
	char named[PATH_MAX], real[PATH_MAX];

	memcpy(named, keeper->config_path, sizeof(named));
	if (!realpath(dirname(named), keeper->config_folders[0]))
		keeper->config_folders[0][0] = 0;
	keeper->config_folders[1][0] = 0;
	if (realpath(keeper->config_path, real))
		snprintf(keeper->config_folders[1], PATH_MAX, "%s", dirname(real));
}

enum result keeper_put(struct keeper *keeper, struct span path, struct span text, struct buffer *why)
{
	struct spot spot;
	enum result result = find_spot(keeper, path, &spot);
	int error;

	if (result != RESULT_OK)
		return say(why, path, result);
	if (!spot.is_there)
		spot.stat = stat_of_new(keeper);
	result = replace_file(spot.folder, spot.name, text, &spot.stat);
	error = errno;
	close(spot.folder);
	errno = error;
	return say(why, path, result);
}

/* What is in the file goes beside it, under a name that begins with a dot: no include pattern sees it. */
static enum result set_aside(struct keeper *keeper, struct span path, bool must_stay, struct buffer *why)
{
	char aside[NAME_MAX + 1];
	struct spot spot;
	enum result result = find_spot(keeper, path, &spot);
	int error, len;

	if (result != RESULT_OK)
		return say(why, path, result);
	len = snprintf(aside, sizeof(aside), ".bouclier.kept.%llu.%s", (unsigned long long)keeper->next_generation, spot.name);
	if (!spot.is_there)
		;
	else if (len < 0 || (size_t)len >= sizeof(aside))
		result = RESULT_REFUSED;
	else if (must_stay)
		result = linkat(spot.folder, spot.name, spot.folder, aside, 0) == 0 ? RESULT_OK : RESULT_IO;
	else
		result = renameat(spot.folder, spot.name, spot.folder, aside) == 0 ? RESULT_OK : RESULT_IO;
	error = errno;
	if (spot.is_there && result == RESULT_OK)
		keeper_error(keeper, "%.*s: what was in it is kept beside it, as %s", SPAN_ARG(path), aside);
	close(spot.folder);
	errno = error;
	return say(why, path, result);
}

/* One file of IMAGE. What both have alike is not looked at: it may be a tenant's broken one, for which the last good one serves. */
static enum result put_one_back(struct keeper *keeper, const struct image_record *text, const struct image *now, struct buffer *why)
{
	struct span serving = SPAN_NONE;
	bool is_known = image_find_text(now, text->name, &serving) == RESULT_OK;

	if ((is_known && span_equal(serving, text->bytes)) || keeper_file_holds(text->name, text->bytes))
		return RESULT_OK;
	/* Somebody's edit since: it is nowhere else. A name that is taken keeps the first one. */
	if ((!is_known || !keeper_file_holds(text->name, serving)) && set_aside(keeper, text->name, true, why) != RESULT_OK && errno != EEXIST)
		return RESULT_IO;
	return keeper_put(keeper, text->name, text->bytes, why);
}

enum result keeper_put_back(struct keeper *keeper, const struct image *image, const struct image *now, struct buffer *why)
{
	enum result result = RESULT_OK;
	struct image_record text;
	struct span bytes;
	size_t at = 0;

	while (image_next(image, IMAGE_TEXT, &at, &text)) {
		if (put_one_back(keeper, &text, now, why) != RESULT_OK)
			result = RESULT_IO;
	}
	at = 0;
	while (image_next(now, IMAGE_TEXT, &at, &text)) {
		if (image_find_text(image, text.name, &bytes) != RESULT_OK && set_aside(keeper, text.name, false, why) != RESULT_OK)
			result = RESULT_IO;
	}
	return result;
}
