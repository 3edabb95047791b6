/* `backup FILE | --nightly`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/admin_client.h"
#include "cli/backup/nightly.h"
#include "cli/backup/put.h"
#include "cli/command.h"
#include "cli/page.h"
#include "event/json.h"
#include "hub/settings/settings.h"

#include "base/banned.h"

static const struct command *self(void)
{
	return command_find(SPAN("backup"));
}

/* -- making -- */

static int write_all(struct making *making, int fd, struct span words)
{
	struct backup_writer writer;
	enum result result = backup_writer_init(&writer, fd, words, PASSPHRASE_COST);
	int code;

	making->writer = &writer;
	code = result == RESULT_OK ? backup_make(making) : command_failed("the backup could not be begun: %s", result_name(result));
	if (code == EXIT_DONE && backup_writer_finish(&writer) != RESULT_OK)
		code = command_failed("the backup could not be written: %s", strerror(errno));
	backup_writer_done(&writer);
	return code;
}

/* A backup that cannot be read is none: it is, once. */
static int read_again(int fd, struct span words)
{
	struct backup_reader reader;
	struct putting putting = { .reader = &reader };
	enum result result = lseek(fd, 0, SEEK_SET) == 0 ? RESULT_OK : RESULT_IO;
	int code = EXIT_FAILED;

	if (result == RESULT_OK)
		result = backup_reader_init(&reader, fd, words);
	else
		return backup_complain(result);
	code = result == RESULT_OK ? backup_look(&putting) : backup_complain(result);
	backup_reader_done(&reader);
	return code;
}

/* Under a name of its own until it is whole. */
static int make_file(struct making *making, const char *path, struct span words, bool may_replace)
{
	char part[PATH_TEXT_MAX + 32];
	int fd, code;

	if (!may_replace && access(path, F_OK) == 0)
		return command_failed("%s is there already", path);
	snprintf(part, sizeof(part), "%s.part-%d", path, (int)getpid());
	fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return command_failed("%s cannot be written: %s", path, strerror(errno));
	code = write_all(making, fd, words);
	if (code == EXIT_DONE)
		code = read_again(fd, words);
	close(fd);
	if (code == EXIT_DONE && rename(part, path) != 0)
		code = command_failed("%s cannot be written: %s", path, strerror(errno));
	if (code != EXIT_DONE)
		(void)!unlink(part);
	return code;
}

static int make(struct making *making, const char *path, struct span words, bool may_replace)
{
	int code = store_copy_begin(making->where, making->with_events, making->copies);

	if (code == EXIT_DONE)
		code = make_file(making, path, words, may_replace);
	store_copy_end(making->copies);
	if (code == EXIT_DONE)
		printf("%s: %llu files, %s%s\n", path, (unsigned long long)making->files, short_bytes(making->bytes).text,
		       making->with_events ? "" : "; without raw events (--with-events)");
	return code;
}

/* -- telling: a line of the journal, where a shield runs -- */

static void tell(const char *socket, bool is_made, const char *path)
{
	struct admin_question question = { .socket = socket, .method = "POST", .path = "/backup", .wait_ms = ADMIN_ASK_MS };
	struct admin_reply reply;
	struct json_writer json;
	struct buffer body;

	buffer_init(&body, 8192);
	json_writer_init(&json, &body);
	json_open(&json, SPAN_NONE, '{');
	json_put_bool(&json, SPAN("ok"), is_made);
	json_put_text(&json, SPAN("path"), span_of(path));
	json_close(&json, '}');
	question.body = buffer_span(&body);
	if (json.result == RESULT_OK && admin_ask(&question, &reply) == RESULT_OK)
		admin_reply_done(&reply);
	buffer_done(&body);
}

static int run(const struct options *options, const struct loaded *loaded, const struct installation *where, bool is_nightly)
{
	const struct hub_top_settings *top = loaded->snapshot->sections[ROOM_HUB];
	const struct hub_backup_settings *settings = top && top->hub ? top->hub->backup : NULL;
	struct making making = { .where = where, .loaded = loaded, .with_events = option_is_given(options, "with-events") };
	char path[PATH_TEXT_MAX], words_file[PATH_TEXT_MAX], socket[PATH_TEXT_MAX];
	struct passphrase passphrase;
	int code;

	if (is_nightly && !settings)
		return command_failed("the configuration has no hub: { backup: { folder, passphrase_file } }, which says where to");
	if (is_nightly && (span_to_text(settings->passphrase_file, words_file, sizeof(words_file)) != RESULT_OK || nightly_path(settings, path) != EXIT_DONE))
		return command_failed("a path under hub.backup is too long");
	if (!is_nightly)
		snprintf(path, sizeof(path), "%s", options->arguments[0]);
	code = passphrase_ask(options, is_nightly ? words_file : NULL, true, &passphrase);
	if (code == EXIT_DONE)
		code = make(&making, path, passphrase.words, is_nightly);
	passphrase_forget(&passphrase, sizeof(passphrase));
	if (code == EXIT_DONE && is_nightly)
		code = nightly_prune(settings);
	find_socket(options, socket);
	tell(socket, code == EXIT_DONE, path);
	return code;
}

int backup_command(const struct options *options)
{
	bool is_nightly = option_is_given(options, "nightly");
	struct installation where;
	struct loaded loaded;
	char socket[PATH_TEXT_MAX];
	int code;

	if (is_nightly ? options->argument_count != 0 : options->argument_count != 1)
		return command_misused(self(), "wants the name of a file, or --nightly");
	code = installation_find(options, &loaded, &where);
	if (code == EXIT_DONE) {
		code = run(options, &loaded, &where, is_nightly);
	} else {
		find_socket(options, socket);
		tell(socket, false, is_nightly ? "the nightly one" : options->arguments[0]);
	}
	loaded_done(&loaded);
	return code;
}
