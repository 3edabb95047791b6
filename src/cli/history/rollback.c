/* `config rollback N`: the files of N are put in place again, checked, and served; or nothing has changed.
 *
 * Security, fails closed: who wrote the history is less trusted than who goes back, so what it names is written only below the configuration's own folder,
 * wherever links lead, and the whole difference is shown. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/history/history_command.h"
#include "cli/reload.h"
#include "config/edit.h"

#include "base/banned.h"

struct rollback {
	const struct options *options;
	struct config_version now, then;
	size_t written;               /* of then.list: those before it are in place */
	size_t moved;                 /* of now.list, likewise: those that N has not are aside */
};

/* -- may it be? -- */

static bool is_in(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == 0 || (len == 1 && folder[0] == '/'));
}

/* The folder that PATH is really in lies in the configuration's. */
static bool is_ours(const struct rollback *rollback, struct span path)
{
	char text[PATH_MAX], real[PATH_MAX], own[PATH_MAX], named[PATH_MAX];

	if (span_to_text(path, text, sizeof(text)) != RESULT_OK ||
	    span_to_text(rollback->now.loaded.source.path, named, sizeof(named)) != RESULT_OK || !realpath(dirname(named), own))
		return false;
	if (span_equal(path, rollback->now.loaded.source.path))
		return true;
	return (realpath(text, real) || (errno == ENOENT && realpath(dirname(text), real))) && is_in(real, own);
}

static bool is_changed(const struct rollback *rollback, const struct version_text *text)
{
	const struct version_text *now = version_find(&rollback->now, text->path);

	return !now || !span_equal(buffer_span(&now->text), buffer_span(&text->text));
}

static int refuse_strangers(const struct rollback *rollback)
{
	int code = EXIT_DONE;

	for (size_t i = 0; i < rollback->then.count; i++) {
		const struct version_text *text = &rollback->then.list[i];

		if (is_changed(rollback, text) && !is_ours(rollback, text->path))
			code = command_failed("%.*s is not below the configuration's folder: put it back by hand (bouclier config show %s %.*s)", SPAN_ARG(text->path),
			                      rollback->then.name, SPAN_ARG(text->path));
	}
	for (size_t i = 0; i < rollback->now.count; i++) {
		if (!version_find(&rollback->then, rollback->now.list[i].path) && !is_ours(rollback, rollback->now.list[i].path))
			code = command_failed("%.*s is not below the configuration's folder, and configuration %s has it not: move it away by hand",
			                      SPAN_ARG(rollback->now.list[i].path), rollback->then.name);
	}
	return code;
}

/* -- doing, and undoing -- */

static bool aside_name(const struct rollback *rollback, struct span path, char from[PATH_MAX], char to[PATH_MAX])
{
	size_t slash = span_find_last(path, '/');

	return span_to_text(path, from, PATH_MAX) == RESULT_OK &&
	       snprintf(to, PATH_MAX, "%.*s/.bouclier.kept.to-%s.%s", (int)slash, from, rollback->then.name, from + slash + 1) < PATH_MAX;
}

static enum result move_aside(const struct rollback *rollback, struct span path, bool is_back)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (!aside_name(rollback, path, from, to))
		return RESULT_LIMIT;
	return rename(is_back ? to : from, is_back ? from : to) == 0 ? RESULT_OK : RESULT_IO;
}

/* A file that is made anew is for whom the main file is for. */
static enum result make_as_main(const struct rollback *rollback, struct span path)
{
	char text[PATH_MAX], named[PATH_MAX];
	struct stat main_file;

	if (span_to_text(path, text, sizeof(text)) != RESULT_OK || span_to_text(rollback->now.loaded.source.path, named, sizeof(named)) != RESULT_OK)
		return RESULT_LIMIT;
	if (stat(named, &main_file) != 0 || lchown(text, main_file.st_uid, main_file.st_gid) != 0 || chmod(text, main_file.st_mode & 0777) != 0)
		return RESULT_IO;
	return RESULT_OK;
}

static enum result put_files(struct rollback *rollback)
{
	enum result result = RESULT_OK;

	for (; rollback->written < rollback->then.count; rollback->written++) {
		const struct version_text *text = &rollback->then.list[rollback->written], *now = version_find(&rollback->now, text->path);

		if (is_changed(rollback, text))
			result = config_edit_write(text->path, now ? buffer_span(&now->text) : SPAN_NONE, buffer_span(&text->text));
		if (result == RESULT_OK && !now)
			result = make_as_main(rollback, text->path);
		if (result != RESULT_OK) {
			command_failed("%.*s cannot be written: %s", SPAN_ARG(text->path),
			               result == RESULT_REFUSED ? "somebody changes it at this moment" : strerror(errno));
			return result;
		}
	}
	for (; rollback->moved < rollback->now.count; rollback->moved++) {
		struct span path = rollback->now.list[rollback->moved].path;

		if (!version_find(&rollback->then, path))
			result = move_aside(rollback, path, false);
		if (result != RESULT_OK) {
			command_failed("%.*s cannot be moved aside: %s", SPAN_ARG(path), strerror(errno));
			return result;
		}
	}
	return RESULT_OK;
}

static void undo(struct rollback *rollback)
{
	for (size_t i = 0; i < rollback->moved; i++) {
		if (!version_find(&rollback->then, rollback->now.list[i].path) && move_aside(rollback, rollback->now.list[i].path, true) != RESULT_OK)
			command_failed("%.*s cannot be moved back: %s", SPAN_ARG(rollback->now.list[i].path), strerror(errno));
	}
	for (size_t i = 0; i < rollback->written; i++) {
		const struct version_text *text = &rollback->then.list[i], *now = version_find(&rollback->now, text->path);
		enum result result = RESULT_OK;

		if (now && is_changed(rollback, text))
			result = config_edit_write(text->path, buffer_span(&text->text), buffer_span(&now->text));
		else if (!now)
			result = move_aside(rollback, text->path, false);
		if (result != RESULT_OK)
			command_failed("%.*s cannot be put back: %s", SPAN_ARG(text->path), strerror(errno));
	}
	command_failed("nothing has changed: the files are what they were");
}

/* -- serving -- */

static int serve(struct rollback *rollback, const struct reload_words *words)
{
	const struct options *options = rollback->options;
	char socket[PATH_TEXT_MAX];
	struct loaded loaded;
	enum result result = loaded_read(&loaded, options, LOAD_RULES);

	loaded_complain(&loaded);
	if (result == RESULT_OK)
		reload_prepare(config_path(options), loaded.snapshot);
	loaded_done(&loaded);
	if (result != RESULT_OK)
		return command_failed("configuration %s does not fit this machine any more", rollback->then.name);
	find_socket(options, socket);
	if (admin_reach(socket) == RESULT_NOT_FOUND) {
		fprintf(stderr, "no shield answers at %s: the files are in place, and nothing was reloaded\n", socket);
		return EXIT_DONE;
	}
	return reload_ask(socket, options->is_json ? RELOAD_JSON : RELOAD_HUMAN, words);
}

static int roll_back(struct rollback *rollback, const struct reload_words *words)
{
	int code = refuse_strangers(rollback);
	bool has_any;

	rollback->now.is_quiet = rollback->options->is_json;
	if (code == EXIT_DONE)
		code = versions_print(&rollback->now, &rollback->then, &has_any);
	if (code != EXIT_DONE)
		return code;
	if (!has_any) {
		fprintf(stderr, "the files are those of configuration %s already\n", rollback->then.name);
		return EXIT_DONE;
	}
	if (option_is_given(rollback->options, "dry-run"))
		return EXIT_DONE;
	code = put_files(rollback) == RESULT_OK ? serve(rollback, words) : EXIT_FAILED;
	if (code != EXIT_DONE)
		undo(rollback);
	return code;
}

int history_rollback(const struct options *options, int folder)
{
	struct rollback rollback = { .options = options };
	struct reload_words words = { .why = option_text(options, "why", NULL), .how = "rollback" };
	const struct command *self = command_find(SPAN("config"));
	int code = command_duration(self, options, "confirm", &reload_confirm_limits, &words.confirm_ms);

	if (code == EXIT_DONE && options->argument_count != 2)
		return command_misused(self, "rollback wants the number of a configuration: bouclier config history lists them");
	if (code == EXIT_DONE)
		code = version_read(folder, options->arguments[1], &rollback.then);
	if (code == EXIT_DONE)
		code = version_read_files(options, &rollback.now);
	if (code == EXIT_DONE)
		code = roll_back(&rollback, &words);
	version_done(&rollback.now);
	version_done(&rollback.then);
	return code;
}
