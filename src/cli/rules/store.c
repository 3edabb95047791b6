#include "cli/rules/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "edge/rules/rule_files.h"
#include "event/json.h"

#include "base/banned.h"

#define CURRENT "current"
#define PREVIOUS "previous"
#define SETUP "crs-setup.conf"
#define FILES_MAX 2000u

static const char *const parts[] = { "", "rules", "plugins" };

static int cannot(const char *what, const char *path)
{
	return command_failed("%s %s: %s", path, what, strerror(errno));
}

static bool is_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (!is_digit(c) && !(ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') && c != '.' && c != '-' && c != '_')
			return false;
	}
	return name.len && name.len < RULE_NAME_MAX && name.at[0] != '.' && !span_equal(name, SPAN(CURRENT)) && !span_equal(name, SPAN(PREVIOUS));
}

/* FOLDER/NAME, or FOLDER/NAME/FILE. False: too long. */
static bool path_in(char out[PATH_TEXT_MAX], const char *folder, const char *name, const char *file)
{
	int len = snprintf(out, PATH_TEXT_MAX, "%s%s%s%s%s", folder, *name ? "/" : "", name, *file ? "/" : "", file);

	return len > 0 && (size_t)len < PATH_TEXT_MAX;
}

/* A link that is none of ours means nothing. */
static void read_link(const struct rule_store *store, const char *link, char name[RULE_NAME_MAX])
{
	char path[PATH_TEXT_MAX];
	ssize_t len = path_in(path, store->folder, link, "") ? readlink(path, name, RULE_NAME_MAX - 1) : -1;

	name[len > 0 ? len : 0] = 0;
	if (len > 0 && !is_name(span_of(name)))
		name[0] = 0;
}

int rule_store_open(struct rule_store *store, const char *config_path)
{
	char whole[PATH_MAX], real[PATH_MAX], *slash;
	const char *folder = ".";

	*store = (struct rule_store){ .folder = "" };
	if (snprintf(whole, sizeof(whole), "%s", config_path) >= (int)sizeof(whole))
		return command_failed("the path of the configuration is too long");
	slash = strrchr(whole, '/');
	if (slash) {
		*slash = 0;
		folder = slash == whole ? "/" : whole;
	}
	if (!realpath(folder, real))
		return cannot("cannot be entered", folder);
	if (!path_in(store->folder, real, "rules", ""))
		return command_failed("the path of the configuration is too long");
	read_link(store, CURRENT, store->current);
	read_link(store, PREVIOUS, store->previous);
	return EXIT_DONE;
}

/* -- copying -- */

struct copying {
	const char *from, *to;
	size_t bytes;
	unsigned files;
};

static bool is_rule_file(const char *name)
{
	static const struct span endings[] = { SPAN_INIT(".conf"), SPAN_INIT(".data"), SPAN_INIT(".example") };

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		if (name[0] != '.' && span_ends(span_of(name), endings[i]))
			return true;
	}
	return false;
}

static int copy_bytes(struct copying *copying, int from, int to, const char *path)
{
	char block[65536];
	ssize_t got;

	while ((got = read(from, block, sizeof(block))) > 0) {
		copying->bytes += (size_t)got;
		if (copying->bytes > RULE_FILES_BYTES_MAX)
			return command_failed("%s has more than %zu MiB of rule files", copying->from, RULE_FILES_BYTES_MAX >> 20);
		if (write(to, block, (size_t)got) != got)
			return cannot("cannot be written", path);
	}
	return got < 0 ? cannot("cannot be read", path) : EXIT_DONE;
}

/* Readable by the user that the shield becomes, whatever the umask. */
static int copy_file(struct copying *copying, const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), out, code;
	struct stat stat;

	if (in < 0)
		return cannot("cannot be read", from);
	if (fstat(in, &stat) != 0 || !S_ISREG(stat.st_mode) || ++copying->files > FILES_MAX) {
		close(in);
		return command_failed(copying->files > FILES_MAX ? "%s: too many files" : "%s is not a regular file", from);
	}
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (out < 0) {
		code = cannot("cannot be written", to);
	} else {
		code = copy_bytes(copying, in, out, from);
		if (code == EXIT_DONE && (fchmod(out, 0644) != 0 || fsync(out) != 0))
			code = cannot("cannot be written", to);
		close(out);
	}
	close(in);
	return code;
}

static int copy_part(struct copying *copying, const char *part)
{
	char from[PATH_TEXT_MAX], to[PATH_TEXT_MAX], source[PATH_TEXT_MAX], target[PATH_TEXT_MAX];
	int code = EXIT_DONE;
	DIR *folder;

	if (!path_in(from, copying->from, part, "") || !path_in(to, copying->to, part, ""))
		return command_failed("a path is too long");
	folder = opendir(from);
	if (!folder)
		return *part && errno == ENOENT ? EXIT_DONE : cannot("cannot be listed", from);
	if (mkdir(to, 0755) != 0 || chmod(to, 0755) != 0)
		code = cannot("cannot be made", to);
	for (struct dirent *entry = readdir(folder); entry && code == EXIT_DONE; entry = readdir(folder)) {
		if (!is_rule_file(entry->d_name))
			continue;
		if (!path_in(source, from, entry->d_name, "") || !path_in(target, to, entry->d_name, ""))
			code = command_failed("a path is too long");
		else
			code = copy_file(copying, source, target);
	}
	closedir(folder);
	return code;
}

static int copy_setup(const struct rule_store *store, struct copying *copying)
{
	char from[PATH_TEXT_MAX], to[PATH_TEXT_MAX];

	if (!store->current[0] || !path_in(from, store->folder, store->current, SETUP) || !path_in(to, copying->to, SETUP, "") ||
	    access(from, F_OK) != 0 || access(to, F_OK) == 0)
		return EXIT_DONE;
	fprintf(stderr, "its " SETUP " is that of %s\n", store->current);
	return copy_file(copying, from, to);
}

int rule_store_copy(const struct rule_store *store, const char *dir, char *name)
{
	char whole[PATH_MAX], to[PATH_TEXT_MAX];
	struct copying copying = { .from = whole, .to = to };
	const char *base;
	int code = EXIT_DONE;

	if (!realpath(dir, whole))
		return cannot("cannot be read", dir);
	base = strrchr(whole, '/') + 1;
	if (!is_name(span_of(base)))
		return command_failed("%s: a release is called by its folder's name: letters, digits, \".\", \"-\" and \"_\"", dir);
	if (!path_in(to, store->folder, base, ""))
		return command_failed("a path is too long");
	if (access(to, F_OK) == 0)
		return command_failed("%s is there already: take it away, or give the folder another name", to);
	if ((mkdir(store->folder, 0755) != 0 || chmod(store->folder, 0755) != 0) && errno != EEXIST)
		return cannot("cannot be made", store->folder);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && code == EXIT_DONE; i++)
		code = copy_part(&copying, parts[i]);
	if (code == EXIT_DONE)
		code = copy_setup(store, &copying);
	if (code != EXIT_DONE)
		rule_store_remove(store, base);
	snprintf(name, RULE_NAME_MAX, "%s", base);
	return code;
}

static void remove_files(const char *folder)
{
	char path[PATH_TEXT_MAX];
	DIR *open_folder = opendir(folder);

	for (struct dirent *entry = open_folder ? readdir(open_folder) : NULL; entry; entry = readdir(open_folder)) {
		if (is_rule_file(entry->d_name) && path_in(path, folder, entry->d_name, ""))
			unlink(path);
	}
	if (open_folder)
		closedir(open_folder);
	rmdir(folder);
}

void rule_store_remove(const struct rule_store *store, const char *name)
{
	char path[PATH_TEXT_MAX];

	for (size_t i = sizeof(parts) / sizeof(*parts); i-- > 0;) {
		if (path_in(path, store->folder, name, parts[i]))
			remove_files(path);
	}
}

/* -- links -- */

/* Replaced in one step: nobody ever finds no link. */
static int set_link(const struct rule_store *store, const char *link, const char *name)
{
	char path[PATH_TEXT_MAX], part[PATH_TEXT_MAX];

	if (!path_in(path, store->folder, link, "") || !path_in(part, store->folder, ".part", ""))
		return command_failed("a path is too long");
	if (!*name)
		return unlink(path) == 0 || errno == ENOENT ? EXIT_DONE : cannot("cannot be taken away", path);
	unlink(part);
	if (symlink(name, part) != 0 || rename(part, path) != 0)
		return cannot("cannot be made", path);
	return EXIT_DONE;
}

int rule_store_point(struct rule_store *store, const char *name, const char *previous_name)
{
	int code = set_link(store, PREVIOUS, previous_name);

	if (code == EXIT_DONE)
		code = set_link(store, CURRENT, name);
	read_link(store, CURRENT, store->current);
	read_link(store, PREVIOUS, store->previous);
	return code;
}

/* -- list -- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_release(const struct dirent *entry)
{
	return is_name(span_of(entry->d_name));
}

static const char *mark_of(const struct rule_store *store, const char *name)
{
	return strcmp(name, store->current) == 0 ? CURRENT : strcmp(name, store->previous) == 0 ? PREVIOUS : "";
}

static void print_json(const struct rule_store *store, struct dirent **entries, int count)
{
	struct json_writer json;
	struct buffer text;

	buffer_init(&text, 1u << 20);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '[');
	for (int i = 0; i < count; i++) {
		json_open(&json, SPAN_NONE, '{');
		json_put_text(&json, SPAN("name"), span_of(entries[i]->d_name));
		json_put_text(&json, SPAN("is"), span_of(mark_of(store, entries[i]->d_name)));
		json_close(&json, '}');
	}
	json_close(&json, ']');
	if (json.result == RESULT_OK)
		printf("%.*s\n", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

int rule_store_list(const struct rule_store *store, bool is_json)
{
	struct dirent **entries = NULL;
	int count = scandir(store->folder, &entries, is_release, by_name);

	if (count < 0 && errno != ENOENT)
		return cannot("cannot be listed", store->folder);
	count = count < 0 ? 0 : count;
	if (is_json)
		print_json(store, entries, count);
	for (int i = 0; i < count; i++) {
		const char *mark = mark_of(store, entries[i]->d_name);

		if (!is_json)
			printf("%s%s%s\n", entries[i]->d_name, *mark ? "  " : "", mark);
		free(entries[i]);
	}
	free(entries);
	return EXIT_DONE;
}
