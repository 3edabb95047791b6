/* `bouclier hub`: what root of the hub's machine does for people who cannot get in. */
#include <stdio.h>

#include "cli/incident/incident.h"
#include "event/json.h"

#include "base/banned.h"

#define PATH_MAX_BYTES 256u

static const struct command *self(void)
{
	return command_find(SPAN("hub"));
}

static int tell_code(const struct options *options, const char *path, const char *what)
{
	struct hub_answer answer;
	int code = hub_ask(options, "POST", path, SPAN("{}"), &answer);

	if (code != EXIT_DONE)
		return code;
	if (options->is_json) {
		command_print(stdout, answer.reply.body);
		putchar('\n');
	} else {
		printf("%.*s\n", SPAN_ARG(json_text_of(json_find(answer.root, "code"))));
		fprintf(stderr, "%s It works once, until %.*s.\n", what, SPAN_ARG(json_text_of(json_find(answer.root, "expires"))));
	}
	hub_answer_done(&answer);
	return code;
}

/* Of an account's name every byte is one of a path's: others are not asked about. */
static bool is_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (!is_digit(c) && !(ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') && c != '.' && c != '_' && c != '-' && c != '@')
			return false;
	}
	return name.len > 0 && name.len < 64;
}

int hub_command(const struct options *options)
{
	struct span order = span_of(options->arguments[0]);
	char path[PATH_MAX_BYTES];

	if (span_equal(order, SPAN("break-glass")) && options->argument_count == 1)
		return tell_code(options, "/api/v1/local/break-glass", "With this code, a name and a reason, whoever logs in at the console is an administrator for an hour, and all are told.");
	if (!span_equal(order, SPAN("code")) || options->argument_count != 2)
		return command_misused(self(), "hub takes break-glass, or code and the name of an account");
	if (!is_name(span_of(options->arguments[1])))
		return command_misused(self(), "%s cannot be the name of an account", options->arguments[1]);
	snprintf(path, sizeof(path), "/api/v1/people/%s/code", options->arguments[1]);
	return tell_code(options, path, "With this code its owner chooses a new password at the console; the old one and the second factor are gone, and all are told.");
}
