/* The texts of a configuration, of the history or of the files; and what differs between two. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/history/history_command.h"
#include "event/history/diff.h"

#include "base/banned.h"

#define DIFF_BYTES_MAX ((size_t)64 << 20)

int history_find_folder(const struct options *options, int *out)
{
	const char *given = option_text(options, "state", NULL);
	char state[PATH_TEXT_MAX];
	enum result result;
	int fd;

	if (given)
		snprintf(state, sizeof(state), "%s", given);
	else
		find_state(options, state);
	fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return command_failed("the state folder %s cannot be opened: %s", state, strerror(errno));
	result = fd < 0 ? RESULT_NOT_FOUND : history_open_to_read(fd, out);
	if (fd >= 0)
		close(fd);
	if (result == RESULT_NOT_FOUND)
		return command_failed("there is no history in %s: no configuration has served yet (--config, --state name another)", state);
	return result == RESULT_OK ? EXIT_DONE : command_failed("the history in %s cannot be opened: %s", state, strerror(errno));
}

static int fill_entry(int folder, struct config_version *version)
{
	version->list = calloc(version->entry.count, sizeof(*version->list));
	if (!version->list)
		return command_failed("there is no memory");
	for (; version->count < version->entry.count; version->count++) {
		const struct history_file *file = &version->entry.files[version->count];
		struct version_text *text = &version->list[version->count];

		*text = (struct version_text){ .path = file->path, .is_there = true };
		buffer_init(&text->text, HISTORY_TEXT_MAX);
		if (history_text(folder, file, &text->text) != RESULT_OK) {
			version->count++;
			return command_failed("the text of %.*s in configuration %s is gone, or damaged", SPAN_ARG(file->path), version->name);
		}
	}
	return EXIT_DONE;
}

int version_read(int folder, const char *word, struct config_version *version)
{
	uint64_t number;
	enum result result;

	*version = (struct config_version){ .is_entry = false };
	snprintf(version->name, sizeof(version->name), "%s", word);
	if (span_to_u64(span_of(word), UINT64_MAX - 1, &number) != RESULT_OK || !number)
		return command_misused(command_find(SPAN("config")), "wants the number of a configuration, not %s: bouclier config history lists them", word);
	result = history_read(folder, number, &version->entry);
	if (result == RESULT_NOT_FOUND)
		return command_failed("there is no configuration %s: bouclier config history lists them", word);
	if (result != RESULT_OK)
		return command_failed("configuration %s cannot be read: its file is damaged", word);
	version->is_entry = true;
	return fill_entry(folder, version);
}

static bool add_text(struct config_version *version, const struct config_text *text)
{
	struct version_text *added = &version->list[version->count];

	*added = (struct version_text){ .path = text->path, .is_there = true };
	buffer_init(&added->text, TEXT_MAX_BYTES);
	version->count++;
	return buffer_append(&added->text, text->text) == RESULT_OK;
}

int version_read_files(const struct options *options, struct config_version *version)
{
	const struct config_texts *given = &version->loaded.source.given;
	enum result result;

	*version = (struct config_version){ .name = "now" };
	result = loaded_read(&version->loaded, options, 0);
	version->is_loaded = true;
	if (result != RESULT_OK && !given->count) {
		loaded_complain(&version->loaded);
		return EXIT_FAILED;
	}
	version->list = calloc(given->count, sizeof(*version->list));
	if (!version->list)
		return command_failed("there is no memory");
	for (size_t i = 0; i < given->count; i++) {
		if (!add_text(version, &given->list[i]))
			return command_failed("there is no memory");
	}
	return EXIT_DONE;
}

void version_done(struct config_version *version)
{
	for (size_t i = 0; i < version->count; i++)
		buffer_done(&version->list[i].text);
	free(version->list);
	if (version->is_entry)
		history_entry_done(&version->entry);
	if (version->is_loaded)
		loaded_done(&version->loaded);
	*version = (struct config_version){ .is_entry = false };
}

const struct version_text *version_find(const struct config_version *version, struct span path)
{
	for (size_t i = 0; i < version->count; i++) {
		if (span_equal(version->list[i].path, path))
			return &version->list[i];
	}
	return NULL;
}

/* -- differences -- */

/* What comes from the state folder was written by another: nothing in it drives a terminal. */
static void print_plain(struct span text)
{
	bool is_terminal = isatty(STDOUT_FILENO);

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		putchar(is_terminal && ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f) ? '?' : c);
	}
}

static int print_one(const struct config_version *a, const struct config_version *b, struct span path, bool *has_any)
{
	const struct version_text *from = version_find(a, path), *to = version_find(b, path);
	struct diff_side before = { SPAN("/dev/null"), SPAN_NONE }, after = before;
	char names[2][PATH_TEXT_MAX + 64];
	struct buffer out;
	enum result result;

	snprintf(names[0], sizeof(names[0]), "%.*s (%s)", SPAN_ARG(path), a->name);
	snprintf(names[1], sizeof(names[1]), "%.*s (%s)", SPAN_ARG(path), b->name);
	if (from)
		before = (struct diff_side){ span_of(names[0]), buffer_span(&from->text) };
	if (to)
		after = (struct diff_side){ span_of(names[1]), buffer_span(&to->text) };
	buffer_init(&out, DIFF_BYTES_MAX);
	result = diff_write(&before, &after, &out);
	*has_any |= buffer_len(&out) || !from != !to;
	if (!a->is_quiet)
		print_plain(buffer_span(&out));
	if (!a->is_quiet && !from != !to && !buffer_len(&out))
		printf("--- %.*s\n+++ %.*s\n", SPAN_ARG(before.name), SPAN_ARG(after.name));
	buffer_done(&out);
	return result == RESULT_OK ? EXIT_DONE : command_failed("the difference is too large to be shown");
}

int versions_print(const struct config_version *a, const struct config_version *b, bool *has_any)
{
	int code = EXIT_DONE;

	*has_any = false;
	for (size_t i = 0; i < a->count && code == EXIT_DONE; i++)
		code = print_one(a, b, a->list[i].path, has_any);
	for (size_t i = 0; i < b->count && code == EXIT_DONE; i++) {
		if (!version_find(a, b->list[i].path))
			code = print_one(a, b, b->list[i].path, has_any);
	}
	return code;
}
