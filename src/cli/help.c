/* `bouclier help`, --help, and bouclier(1): all from the table. */
#include "cli/command_table.h"

#include "base/banned.h"

#define TEXT_WIDTH 96u

void command_list(FILE *out)
{
	fprintf(out, "Bouclier " BOUCLIER_VERSION ", a digital shield in front of web portals\n\nUsage: bouclier COMMAND [OPTION]...\n\n");
	for (const struct command *command = commands; command->name; command++)
		fprintf(out, "  %-10s %s\n", command->name, command->summary);
	fprintf(out, "\nbouclier help COMMAND says more. Exit codes: 0 done, 1 failed or invalid, 2 not understood.\n");
}

/* One paragraph, broken at spaces, each line after the first INDENTed. */
static void print_wrapped(struct span text, unsigned indent, unsigned column)
{
	while (text.len) {
		struct span word = span_cut(&text, ' ');

		if (column > indent && column + 1 + word.len > TEXT_WIDTH) {
			printf("\n%*s", (int)indent, "");
			column = indent;
		}
		printf("%s%.*s", column > indent ? " " : "", SPAN_ARG(word));
		column += (unsigned)word.len + (column > indent);
	}
	putchar('\n');
}

static void print_option(const struct option *option)
{
	char letter[8] = "    ";
	int width;

	if (option->letter) {
		letter[0] = '-';
		letter[1] = option->letter;
		letter[2] = ',';
	}
	width = printf("  %s--%s%s%s", letter, option->name, option->value ? " " : "", option->value ? option->value : "");
	if (width < 30)
		printf("%*s", 30 - width, "");
	else
		printf("\n%30s", "");
	print_wrapped(span_of(option->help), 30, 30);
}

int command_help(const struct command *command)
{
	struct span details = span_of(command->details);

	printf("bouclier %s: %s\n\nUsage: bouclier %s [OPTION]...%s%s\n\n", command->name, command->summary, command->name,
	       command->arguments ? " " : "", command->arguments ? command->arguments : "");
	while (details.len) {
		struct span paragraph = span_cut(&details, '\n');

		if (paragraph.len) {
			print_wrapped(paragraph, 0, 0);
			putchar('\n');
		}
	}
	for (const struct option *option = command->options; option->name; option++)
		print_option(option);
	return EXIT_DONE;
}

int help_command(const struct options *options)
{
	const struct command *command;
	struct buffer text;
	int code = EXIT_DONE;

	if (option_is_given(options, "manual")) {
		buffer_init(&text, 1u << 20);
		if (command_manual(&text) != RESULT_OK)
			code = command_failed("there is no memory for the manual");
		else
			command_print(stdout, buffer_span(&text));
		buffer_done(&text);
		return code;
	}
	if (!options->argument_count) {
		command_list(stdout);
		return EXIT_DONE;
	}
	command = command_find(span_of(options->arguments[0]));
	return command ? command_help(command) : command_unknown(span_of(options->arguments[0]));
}
