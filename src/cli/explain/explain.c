/* `bouclier explain`: why a request was refused, or would be. Nothing needs to run, and nothing is sent. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/explain/explaining.h"
#include "event/member.h"
#include "event/read.h"
#include "event/settings.h"

#include "base/banned.h"

#define REQUEST_BYTES_MAX ((size_t)32 << 20)
#define DAY_MS ((int64_t)24 * 3600 * 1000)

struct explain {
	const struct options *options;
	struct arena arena;
	struct loaded loaded;
	struct explained explained;
};

static const struct command *self(void)
{
	return command_find(SPAN("explain"));
}

/* -- the journal -- */

static bool is_line_of(struct span line, struct span id)
{
	struct member member;

	return span_contains(line, id) && member_find(line, SPAN("bouclier.request_id"), &member) == RESULT_OK && span_equal(member.value, id);
}

/* RESULT_MORE: there is none. */
static enum result find_line(struct explain *explain, int folder_fd, struct span id)
{
	struct journal_reader reader;
	struct span line;
	struct seal seal;
	enum result result;

	journal_reader_init(&reader, folder_fd, STREAM_DETAIL);
	while ((result = journal_reader_next(&reader, &line, &seal)) == RESULT_OK) {
		if (!is_line_of(line, id))
			continue;
		result = explained_of_line(line, &explain->arena, &explain->explained);
		break;
	}
	journal_reader_done(&reader);
	return result;
}

static int not_there(const struct explain *explain, struct span id)
{
	const struct snapshot *snapshot = explain->loaded.snapshot;

	command_failed("the journal has no request %.*s", SPAN_ARG(id));
	if (snapshot)
		fprintf(stderr, "Lines are kept for %lld days, or until %lld MiB are full (log: keep, disk); under a flood, and by log: requests, "
		                "not every request is a line.\n", (long long)(event_settings_of(snapshot)->keep_ms / DAY_MS),
		        (long long)(event_settings_of(snapshot)->disk_bytes >> 20));
	return EXIT_FAILED;
}

/* Rules that cannot be read cost transformations and points, not the explanation. */
static void note_rules(struct explain *explain)
{
	if (explain->loaded.snapshot)
		return;
	explain->explained.trouble = SPAN("the configuration or its rules cannot be read (bouclier check says why): transformations are not told, and "
	                                  "points are CRS's usual ones");
}

static int explain_id(struct explain *explain, struct span given)
{
	char id[EXPLAINED_ID_DIGITS];
	int folder_fd, code;
	enum result result;

	for (size_t i = 0; i < EXPLAINED_ID_DIGITS; i++)
		id[i] = ascii_lower(given.at[i]);
	code = open_journal(explain->options, &folder_fd);
	if (code != EXIT_DONE)
		return code;
	result = find_line(explain, folder_fd, span_make(id, EXPLAINED_ID_DIGITS));
	close(folder_fd);
	if (result == RESULT_MORE)
		return not_there(explain, given);
	if (result != RESULT_OK)
		return command_failed("the journal cannot be read further: %s", result_name(result));
	note_rules(explain);
	return EXIT_DONE;
}

/* -- a file -- */

static int read_request(const char *path, struct buffer *out)
{
	bool is_input = span_equal(span_of(path), SPAN("-"));
	FILE *file = is_input ? stdin : fopen(path, "re");
	size_t got = 1;
	int code = EXIT_DONE;

	if (!file)
		return command_failed("%s cannot be read: %s", path, strerror(errno));
	while (got && code == EXIT_DONE) {
		char *room = buffer_reserve(out, 65536);

		got = room ? fread(room, 1, 65536, file) : 0;
		if (!room)
			code = command_failed("%s is larger than %zu MiB", path, REQUEST_BYTES_MAX >> 20);
		else
			buffer_commit(out, got);
	}
	if (code == EXIT_DONE && ferror(file))
		code = command_failed("%s cannot be read: %s", path, strerror(errno));
	if (!is_input)
		fclose(file);
	return code;
}

static int explain_file(struct explain *explain, const char *path)
{
	struct span site = span_of(option_text(explain->options, "site", ""));
	struct buffer text;
	int code;

	if (!explain->loaded.snapshot) {
		loaded_complain(&explain->loaded);
		return command_failed("the configuration cannot be read (above)");
	}
	buffer_init(&text, REQUEST_BYTES_MAX);
	code = read_request(path, &text);
	if (code == EXIT_DONE && explained_of_request(buffer_span(&text), site, &explain->loaded, &explain->arena, &explain->explained) != RESULT_OK)
		code = EXIT_FAILED;
	buffer_done(&text);
	return code;
}

static int tell(struct explain *explain)
{
	struct buffer out;
	enum result result;
	int code = EXIT_DONE;

	buffer_init(&out, (size_t)64 << 20);
	result = explained_add_rules(&explain->explained, &explain->loaded);
	if (result == RESULT_OK)
		result = explain->options->is_json ? explained_tell_json(&explain->explained, &out) :
		                                     explained_tell(&explain->explained, explain->options->has_color, &out);
	if (result == RESULT_OK)
		command_print(stdout, buffer_span(&out));
	else
		code = command_failed("the explanation could not be written: %s", result_name(result));
	buffer_done(&out);
	return code;
}

static int check_words(const struct options *options)
{
	bool has_file = option_is_given(options, "request");

	if (has_file == (options->argument_count > 0))
		return command_misused(self(), "wants the id of a request, or --request FILE");
	if (!has_file && option_is_given(options, "site"))
		return command_misused(self(), "--site goes with --request");
	if (!has_file && !explained_is_id(span_of(options->arguments[0])))
		return command_misused(self(), "a request's id is %u hexadecimal digits (X-Request-Id, or what an error page calls the reference), not %s",
		                       EXPLAINED_ID_DIGITS, options->arguments[0]);
	return EXIT_DONE;
}

int explain_command(const struct options *options)
{
	struct explain *explain;
	int code = check_words(options);

	if (code != EXIT_DONE)
		return code;
	explain = calloc(1, sizeof(*explain));
	if (!explain)
		return command_failed("there is no memory");
	explain->options = options;
	arena_init(&explain->arena, (size_t)256 << 20, 65536);
	/* What is wrong with it is the journal's reader's affair only as far as it costs the explanation. */
	if (loaded_read(&explain->loaded, options, LOAD_RULES) == RESULT_NO_MEMORY)
		code = command_failed("there is no memory for the configuration");
	else if (option_is_given(options, "request"))
		code = explain_file(explain, option_text(options, "request", ""));
	else
		code = explain_id(explain, span_of(options->arguments[0]));
	if (code == EXIT_DONE)
		code = tell(explain);
	loaded_done(&explain->loaded);
	arena_done(&explain->arena);
	free(explain);
	return code;
}
