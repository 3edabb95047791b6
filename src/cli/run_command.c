/* `bouclier run`: the words, for run.c. */
#include "cli/command.h"
#include "cli/run.h"

#include "base/banned.h"

#define ROOTS_MAX 16u

int run_command(const struct options *options)
{
	const char *roots[ROOTS_MAX], *root;
	struct run_options run = { .config_path = option_text(options, "config", NULL), .roots = roots,
		                   .pid_file = option_text(options, "pid-file", NULL), .is_quiet = option_is_given(options, "quiet"),
		                   .argv = options->argv };
	unsigned at = 0;

	while ((root = option_next(options, "root", &at))) {
		if (run.root_count == ROOTS_MAX)
			return command_misused(command_find(SPAN("run")), "more than %u folders after --root", ROOTS_MAX);
		roots[run.root_count++] = root;
	}
	return run_shield(&run);
}
