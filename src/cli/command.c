#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/suggest.h"
#include "cli/command_table.h"
#include "config/value.h"

#include "base/banned.h"

const struct command *command_find(struct span name)
{
	for (const struct command *command = commands; command->name; command++) {
		if (span_equal(span_of(command->name), name))
			return command;
	}
	return NULL;
}

int command_failed(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("bouclier: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
	return EXIT_FAILED;
}

int command_misused(const struct command *command, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fprintf(stderr, "bouclier %s: ", command->name);
	vfprintf(stderr, format, list);
	fprintf(stderr, "\nTry: bouclier help %s\n", command->name);
	va_end(list);
	return EXIT_USAGE;
}

void command_complain(const struct complaints *complaints)
{
	struct buffer text;

	buffer_init(&text, (size_t)8 << 20);
	if (complaints_write(complaints, &text) == RESULT_OK)
		command_print(stderr, buffer_span(&text));
	buffer_done(&text);
}

void command_print(FILE *out, struct span text)
{
	if (text.len && fwrite(text.at, 1, text.len, out) != text.len)
		return;  /* ferror(3) remembers */
}

int command_duration(const struct command *command, const struct options *options, const char *name, const struct duration_limits *limits, int64_t *out)
{
	const struct key key = { .name = name, .type = KEY_DURATION, .min = limits->least_ms, .max = limits->most_ms };
	const char *text = option_text(options, name, NULL);
	char words[96];

	if (!text || units_read(&key, span_of(text), words, out) == RESULT_OK)
		return EXIT_DONE;
	return command_misused(command, "--%s is a duration with its unit, %s, not %s", name, limits->words, text);
}

int command_unknown(struct span name)
{
	struct suggestion suggestion;
	struct span sentence;

	suggestion_init(&suggestion, name);
	for (const struct command *command = commands; command->name; command++)
		suggestion_offer(&suggestion, span_of(command->name));
	sentence = suggestion_sentence(&suggestion);
	fprintf(stderr, "bouclier: there is no command %.*s%s%.*s%s\nTry: bouclier help\n", SPAN_ARG(name), sentence.len ? " (" : "",
	        SPAN_ARG(sentence), sentence.len ? ")" : "");
	return EXIT_USAGE;
}

/* https://no-color.org: any value but the empty one. */
static bool wants_color(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && !span_equal(span_of(term), SPAN("dumb"));
}

static bool has_option(const struct command *command, const char *name)
{
	for (const struct option *option = command->options; option->name; option++) {
		if (span_equal(span_of(option->name), span_of(name)))
			return true;
	}
	return false;
}

/* False: said on stderr. */
static bool settle(const struct command *command, struct options *options)
{
	const char *output = has_option(command, "output") ? option_text(options, "output", "human") : "human";

	options->is_json = span_equal(span_of(output), SPAN("json"));
	options->has_color = wants_color();
	if (!options->is_json && !span_equal(span_of(output), SPAN("human")) && !span_equal(span_of(output), SPAN("yaml")))
		command_misused(command, "--output is human or json, not %s", output);
	else if (options->argument_count < command->arguments_min)
		command_misused(command, "wants %s", command->arguments);
	else if (options->argument_count > command->arguments_max)
		command_misused(command, "does not know what to do with %s", options->arguments[command->arguments_max]);
	else
		return true;
	return false;
}

static int run(const struct command *command, int argc, char *const *argv)
{
	struct options options;
	struct buffer error;
	int code;

	buffer_init(&error, 4096);
	if (options_read(command->options, argv + 2, argc - 2, &options, &error) != RESULT_OK) {
		code = command_misused(command, "%.*s", SPAN_ARG(buffer_span(&error)));
		goto done;
	}
	options.argv = argv;
	if (option_is_given(&options, "help"))
		code = command_help(command);
	else
		code = settle(command, &options) ? command->run(&options) : EXIT_USAGE;
	/* Data that did not arrive is a failure: a full disk, a closed pipe. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_DONE)
		code = command_failed("what was to be written could not be");
done:
	buffer_done(&error);
	return code;
}

int command_run(int argc, char *const *argv)
{
	const struct command *command;
	struct span name = span_of(argc > 1 ? argv[1] : "");

	if (!name.len) {
		command_list(stderr);
		return EXIT_USAGE;
	}
	if (span_equal(name, SPAN("--help")) || span_equal(name, SPAN("-h"))) {
		command_list(stdout);
		return fflush(stdout) || ferror(stdout) ? EXIT_FAILED : EXIT_DONE;
	}
	if (span_equal(name, SPAN("--version")))
		name = SPAN("version");
	command = command_find(name);
	return command ? run(command, argc, argv) : command_unknown(name);
}
