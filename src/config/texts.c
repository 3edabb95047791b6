#include "config/texts.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/denial.h"

#include "base/banned.h"

#define PATH_SIZE 4096

void config_texts_init(struct config_texts *texts)
{
	*texts = (struct config_texts){ 0 };
	arena_init(&texts->arena, TEXTS_MAX_BYTES + CONFIG_TEXTS_MAX * PATH_SIZE, 16 * 1024);
}

void config_texts_done(struct config_texts *texts)
{
	arena_done(&texts->arena);
	free(texts->list);
	config_texts_init(texts);
}

const struct config_text *config_texts_find(const struct config_texts *texts, struct span path)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (span_equal(texts->list[i].path, path))
			return &texts->list[i];
	}
	return NULL;
}

enum result config_texts_add(struct config_texts *texts, struct span path, struct span text)
{
	struct config_text added;

	if (texts->count == CONFIG_TEXTS_MAX)
		return RESULT_LIMIT;
	if (texts->count == texts->size) {
		size_t size = texts->size ? texts->size * 2 : 16;
		struct config_text *list = reallocarray(texts->list, size, sizeof(*list));

		if (!list)
			return RESULT_NO_MEMORY;
		texts->list = list;
		texts->size = size;
	}
	added.path = arena_copy(&texts->arena, path);
	added.text = arena_copy(&texts->arena, text);
	if (!added.path.at || !added.text.at)
		return texts->arena.limit_bytes - texts->arena.used_bytes < text.len + PATH_SIZE ? RESULT_LIMIT : RESULT_NO_MEMORY;
	texts->list[texts->count++] = added;
	return RESULT_OK;
}

enum result config_source_init(struct config_source *source, struct span path)
{
	char folder[PATH_SIZE] = "";
	int count;

	*source = (struct config_source){ 0 };
	config_texts_init(&source->given);
	if (path.len && path.at[0] != '/' && !getcwd(folder, sizeof(folder)))
		return RESULT_IO;
	count = snprintf(source->path_text, sizeof(source->path_text), "%s%s%.*s", folder, folder[0] ? "/" : "", SPAN_ARG(path));
	if (count < 0 || (size_t)count >= sizeof(source->path_text))
		return RESULT_LIMIT;
	source->path = span_make(source->path_text, (size_t)count);
	return RESULT_OK;
}

void config_source_done(struct config_source *source)
{
	config_texts_done(&source->given);
}

/* A tenant's folder may be writable by the tenant: a link in it must not make us read (and quote in an error) what the
 * tenant could not read itself. The kernel checks every step of the way (openat2, Linux 5.6). */
static int open_beneath(const char *folder, const char *rest)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd, error;

	if (dir < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, dir, rest, &how, sizeof(how));
	error = errno;
	close(dir);
	errno = error;
	return fd;
}

static int open_text(struct span path, struct span beneath)
{
	char file[PATH_SIZE], folder[PATH_SIZE];

	if (span_to_text(path, file, sizeof(file)) != RESULT_OK || span_to_text(beneath, folder, sizeof(folder)) != RESULT_OK) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (beneath.len && path.len > beneath.len)
		return open_beneath(folder, file + beneath.len + 1);
	return open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* SIZE bytes at most; the file may have been cut since it was measured. */
static ssize_t read_all(int fd, char *to, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t count = read(fd, to + len, size - len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -1;
		if (count == 0)
			break;
		len += (size_t)count;
	}
	return (ssize_t)len;
}

static void complain_limit(struct span path, struct complaints *complaints)
{
	complain(complaints, COMPLAINT_ERROR, (struct place){ path, 0, 0 }, SPAN_NONE,
	         "the configuration is too large: at most %d files, %zu MiB in all", CONFIG_TEXTS_MAX, TEXTS_MAX_BYTES >> 20);
}

static enum result keep(struct config_source *source, struct span path, struct span read, struct complaints *complaints,
                        struct span *text)
{
	enum result result = config_texts_add(&source->given, path, read);

	if (result == RESULT_LIMIT)
		complain_limit(path, complaints);
	if (result == RESULT_OK)
		*text = source->given.list[source->given.count - 1].text;
	return result;
}

static enum result complain_size(struct span path, size_t max, struct complaints *complaints)
{
	complain(complaints, COMPLAINT_ERROR, (struct place){ path, 0, 0 }, SPAN_NONE, "larger than %zu %s", max >> (max < 1 << 20 ? 10 : 20),
	         max < 1 << 20 ? "KiB" : "MiB");
	return RESULT_REFUSED;
}

static enum result read_changed(struct config_source *source, const struct config_text *changed, size_t max, struct complaints *complaints,
                                struct span *text)
{
	return changed->text.len > max ? complain_size(changed->path, max, complaints) : keep(source, changed->path, changed->text, complaints, text);
}

static enum result read_open(struct config_source *source, int fd, struct span path, size_t max, struct complaints *complaints,
                             struct span *text)
{
	struct place place = { path, 0, 0 };
	enum result result = RESULT_REFUSED;
	char *bytes = NULL;
	struct stat stat;
	ssize_t len;

	if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
		complain(complaints, COMPLAINT_ERROR, place, SPAN_NONE, "not a regular file");
		return RESULT_REFUSED;
	}
	if ((size_t)stat.st_size > max)
		return complain_size(path, max, complaints);
	bytes = malloc((size_t)stat.st_size + 1);
	if (!bytes)
		return RESULT_NO_MEMORY;
	len = read_all(fd, bytes, (size_t)stat.st_size);
	if (len < 0)
		complain(complaints, COMPLAINT_ERROR, place, SPAN_NONE, "cannot be read: %s", strerrordesc_np(errno));
	else
		result = keep(source, path, span_make(bytes, (size_t)len), complaints, text);
	free(bytes);
	return result;
}

/* After a failed open: says why PATH cannot be read. */
static void complain_unread(struct span path, struct span beneath, struct place place, struct complaints *complaints)
{
	const char *why = errno == ELOOP && beneath.len ? "a tenant's file may not be behind a symbolic link" : strerrordesc_np(errno);
	struct denial denial = { 0 };
	char text[PATH_SIZE];

	if (errno == EACCES && span_to_text(path, text, sizeof(text)) == RESULT_OK) {
		denial_explain(text, &denial);
		why = denial.text;
	}
	complain(complaints, COMPLAINT_ERROR, place, span_of(denial.suggestion), "%.*s cannot be read: %s", SPAN_ARG(path), why);
}

enum result config_source_read(struct config_source *source, struct span path, struct span beneath, struct place place,
                               struct complaints *complaints, struct span *text)
{
	const struct config_text *changed = source->overlay ? config_texts_find(source->overlay, path) : NULL;
	enum result result;
	int fd;

	if (source->image) {
		const struct config_text *found = config_texts_find(source->image, path);

		if (found)
			return keep(source, path, found->text, complaints, text);
		complain(complaints, COMPLAINT_ERROR, place, SPAN_NONE, "%.*s is not among the texts that were read", SPAN_ARG(path));
		return RESULT_NOT_FOUND;
	}
	if (changed)
		return read_changed(source, changed, beneath.len ? TENANT_TEXT_MAX_BYTES : TEXT_MAX_BYTES, complaints, text);
	fd = open_text(path, beneath);
	if (fd < 0) {
		complain_unread(path, beneath, place, complaints);
		return RESULT_NOT_FOUND;
	}
	result = read_open(source, fd, path, beneath.len ? TENANT_TEXT_MAX_BYTES : TEXT_MAX_BYTES, complaints, text);
	close(fd);
	return result;
}

static int compare_texts(const void *a, const void *b)
{
	return span_compare(((const struct config_text *)a)->path, ((const struct config_text *)b)->path);
}

static enum result add_path(struct config_texts *paths, struct span path, const struct config_lister *lister, struct complaints *complaints)
{
	bool is_new = !config_texts_find(paths, path) && lister->is_wanted(lister->context, path);
	enum result result = is_new ? config_texts_add(paths, path, SPAN_NONE) : RESULT_OK;

	if (result == RESULT_LIMIT)
		complain_limit(path, complaints);
	return result;
}

static enum result list_image(const struct config_source *source, const char *pattern, const struct config_lister *lister,
                              struct complaints *complaints, struct config_texts *paths)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < source->image->count && result == RESULT_OK; i++) {
		struct span path = source->image->list[i].path;

		if (!span_equal(path, source->path) && fnmatch(pattern, path.at, FNM_PATHNAME | FNM_PERIOD | FNM_NOESCAPE) == 0)
			result = add_path(paths, path, lister, complaints);
	}
	return result;
}

/* glob(3) gives its error function no context. */
static _Thread_local struct { struct complaints *complaints; struct place place; const struct config_lister *lister; } listing;

static int complain_folder(const char *folder, int error)
{
	struct denial denial = { 0 };

	if (error == ENOENT || error == ENOTDIR || listing.lister->is_excused(listing.lister->context, span_of(folder), error))
		return 0;
	if (error == EACCES)
		denial_explain(folder, &denial);
	complain(listing.complaints, COMPLAINT_ERROR, listing.place, span_of(denial.suggestion), "%s cannot be listed: %s", folder,
	         error == EACCES ? denial.text : strerrordesc_np(error));
	return 0;
}

static enum result list_disk(const struct config_source *source, const char *pattern, struct place place,
                             const struct config_lister *lister, struct complaints *complaints, struct config_texts *paths)
{
	enum result result = RESULT_OK;
	glob_t found;
	int failed;

	listing.complaints = complaints;
	listing.place = place;
	listing.lister = lister;
	failed = glob(pattern, GLOB_NOSORT | GLOB_NOESCAPE, complain_folder, &found);
	if (failed)
		return failed == GLOB_NOSPACE ? RESULT_NO_MEMORY : RESULT_OK;
	for (size_t i = 0; i < found.gl_pathc && result == RESULT_OK; i++) {
		struct span path = span_of(found.gl_pathv[i]);

		if (!span_equal(path, source->path))
			result = add_path(paths, path, lister, complaints);
	}
	globfree(&found);
	return result;
}

enum result config_source_match(struct config_source *source, struct span pattern, struct place place,
                                const struct config_lister *lister, struct complaints *complaints, struct config_texts *paths)
{
	char text[PATH_SIZE];
	enum result result;

	if (span_to_text(pattern, text, sizeof(text)) != RESULT_OK)
		return RESULT_LIMIT;
	result = source->image ? list_image(source, text, lister, complaints, paths)
	                       : list_disk(source, text, place, lister, complaints, paths);
	if (paths->count)
		qsort(paths->list, paths->count, sizeof(*paths->list), compare_texts);
	return result;
}

enum result config_source_list(struct config_source *source, struct span pattern, struct place place,
                               const struct config_lister *lister, struct complaints *complaints, struct config_texts *paths)
{
	bool has_letters = memchr(pattern.at, '*', pattern.len) || memchr(pattern.at, '?', pattern.len) || memchr(pattern.at, '[', pattern.len);
	size_t before = paths->count;
	enum result result = config_source_match(source, pattern, place, lister, complaints, paths);

	if (result == RESULT_OK && paths->count == before && !has_letters)
		complain(complaints, COMPLAINT_ERROR, place, SPAN_NONE, "include: %.*s is not there", SPAN_ARG(pattern));
	else if (result == RESULT_OK && paths->count == before)  /* a folder that fills later, or a slip that serves nobody */
		complain(complaints, COMPLAINT_WARNING, place, SPAN_NONE, "include: no file matches %.*s", SPAN_ARG(pattern));
	return result;
}
