/* `restore FILE`. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/backup/put.h"
#include "cli/command.h"
#include "cli/page.h"

#include "base/banned.h"

static bool make_absolute(const char *path, char out[PATH_TEXT_MAX])
{
	char folder[PATH_MAX] = "";

	if (path[0] != '/' && !getcwd(folder, sizeof(folder)))
		return false;
	return snprintf(out, PATH_TEXT_MAX, "%s%s%s", folder, folder[0] ? "/" : "", path) < PATH_TEXT_MAX && strlen(out) > 1 &&
	       backup_path_is_plain(span_of(out + 1));
}

/* Where it was, or where --config-folder and --state say. A hub's folder in the state folder goes with it. */
static int choose(const struct options *options, struct putting *putting)
{
	const struct installation *was = &putting->contents.was;
	const char *folder = option_text(options, "config-folder", was->folder), *state = option_text(options, "state", was->state);
	struct installation *to = &putting->to;

	if (!make_absolute(folder, to->folder) || !make_absolute(state, to->state))
		return command_failed("%s and %s are to be plain paths of folders, not below / itself", folder, state);
	if (path_is_in(was->hub, was->state))
		snprintf(to->hub, sizeof(to->hub), "%.3000s%.1000s", to->state, was->hub + strlen(was->state));
	else
		snprintf(to->hub, sizeof(to->hub), "%s", was->hub);
	if (path_is_in(to->folder, to->state) || path_is_in(to->state, to->folder))
		return command_failed("the folder of the configuration and the state folder lie in one another: they are put in place apart");
	return EXIT_DONE;
}

static void print(const struct putting *putting)
{
	const char *const folders[] = { putting->to.folder, putting->to.state, putting->to.hub, "elsewhere (certificates, keys)" };
	const struct contents *contents = &putting->contents;

	printf("made at %s, of %s; %s raw events\n", contents->at, contents->was.config, contents->has_events ? "with" : "without");
	for (size_t i = 0; i < 4; i++)
		printf("  %6llu files, %9s  %s\n", (unsigned long long)contents->files[i], short_bytes(contents->bytes[i]).text, folders[i]);
}

static int restore(const struct options *options, struct putting *putting)
{
	int code = backup_look(putting);

	if (code == EXIT_DONE)
		code = choose(options, putting);
	if (code != EXIT_DONE)
		return code;
	print(putting);
	if (option_is_given(options, "dry-run"))
		return EXIT_DONE;
	code = backup_put_in_place(putting);
	if (code != EXIT_DONE)
		return code;
	if (putting->strangers)
		fprintf(stderr, "%u files belong to users or groups that this machine does not have: they are root's now. Install the package first, and restore again\n",
		        putting->strangers);
	printf("put in place. Look at it: bouclier check --config %s/%s; then start the shield\n", putting->to.folder, strrchr(putting->contents.was.config, '/') + 1);
	return EXIT_DONE;
}

int restore_command(const struct options *options)
{
	struct putting putting = { .is_forced = option_is_given(options, "force") };
	struct passphrase passphrase;
	struct backup_reader reader;
	enum result result;
	int fd = open(options->arguments[0], O_RDONLY | O_CLOEXEC | O_NOCTTY), code;

	if (fd < 0)
		return command_failed("%s cannot be read: %s", options->arguments[0], strerror(errno));
	code = passphrase_ask(options, NULL, false, &passphrase);
	if (code == EXIT_DONE) {
		result = backup_reader_init(&reader, fd, passphrase.words);
		putting.reader = &reader;
		code = result == RESULT_OK ? restore(options, &putting) : backup_complain(result);
		backup_reader_done(&reader);
	}
	passphrase_forget(&passphrase, sizeof(passphrase));
	close(fd);
	return code;
}
