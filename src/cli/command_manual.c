/* bouclier(1) in mdoc(7), from the table of commands. */
#include "cli/command_table.h"

#include "base/banned.h"

struct page {
	struct buffer *out;
	enum result result;
};

static void put(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct page *page, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	if (page->result == RESULT_OK)
		page->result = buffer_print_list(page->out, format, list);
	va_end(list);
}

/* Running text: a backslash is \e; a line that begins with a point or a quote is no macro; an empty line is a paragraph. */
static void put_text(struct page *page, struct span text)
{
	while (text.len) {
		struct span line = span_cut(&text, '\n');

		if (!line.len)
			put(page, ".Pp\n");
		else if (line.at[0] == '.' || line.at[0] == '\'')
			put(page, "\\&");
		for (size_t i = 0; i < line.len; i++) {
			if (line.at[i] == '\\')
				put(page, "\\e");
			else if (line.at[i] == '-' && i + 1 < line.len && line.at[i + 1] == '-')
				put(page, "\\-");
			else
				put(page, "%c", line.at[i]);
		}
		if (line.len)
			put(page, "\n");
	}
}

static void put_options(struct page *page, const struct option *option)
{
	put(page, ".Bl -tag -width Ds\n");
	for (; option->name; option++) {
		if (option->letter)
			put(page, ".It Fl %c , Fl \\-%s%s%s\n", option->letter, option->name, option->value ? " Ar " : "", option->value ? option->value : "");
		else
			put(page, ".It Fl \\-%s%s%s\n", option->name, option->value ? " Ar " : "", option->value ? option->value : "");
		put_text(page, span_of(option->help));
	}
	put(page, ".El\n");
}

static void put_command(struct page *page, const struct command *command)
{
	put(page, ".Ss bouclier %s%s%s\n", command->name, command->arguments ? " " : "", command->arguments ? command->arguments : "");
	put(page, "%c", command->summary[0] >= 'a' && command->summary[0] <= 'z' ? command->summary[0] - 32 : command->summary[0]);
	put(page, "%s.\n", command->summary + 1);
	if (command->details) {
		put(page, ".Pp\n");
		put_text(page, span_of(command->details));
	}
	put_options(page, command->options);
}

enum result command_manual(struct buffer *out)
{
	struct page page = { out, RESULT_OK };

	put(&page, ".Dd January 1, 2026\n.Dt BOUCLIER 1\n.Os Bouclier " BOUCLIER_VERSION "\n.Sh NAME\n.Nm bouclier\n"
	           ".Nd a digital shield in front of web portals\n.Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar option ...\n"
	           ".Op Ar argument ...\n.Sh DESCRIPTION\n.Nm\n"
	           "stands in front of web portals, keeps them reachable while they are attacked, and records what it decided.\n"
	           ".Sh COMMANDS\n");
	for (const struct command *command = commands; command->name; command++)
		put_command(&page, command);
	put(&page, ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev NO_COLOR\nNo colours, when it is set and not empty.\n.El\n"
	           ".Sh FILES\n.Bl -tag -width Ds\n.It Pa " CONFIG_DEFAULT "\nThe configuration.\n"
	           ".It Pa /run/bouclier/admin.sock\nThe admin socket.\n.It Pa /var/lib/bouclier/journal\nThe journal.\n.El\n"
	           ".Sh EXIT STATUS\n0 done; 1 failed or invalid; 2 not understood.\n"
	           ".Sh EXAMPLES\nIn front of a portal, from nothing:\n.Pp\n"
	           ".Dl bouclier protect www.commune.example http://10.0.0.11:8080\n.Pp\n"
	           "What went wrong in the last hour:\n.Pp\n.Dl bouclier log --since 1h -q \\(aqstatus>=500\\(aq\n"
	           ".Pp\nWhy a citizen was refused, who says the reference of the page:\n.Pp\n"
	           ".Dl bouclier explain 5b1f0a3c9d7e42668c0f3a1b2d4e6f80\n"
	           ".Sh SEE ALSO\n.Xr bouclier.yaml 5\n");
	return page.result;
}
