/* Between the files that make up commands: help, and what several of them take. */
#ifndef BOUCLIER_CLI_COMMAND_TABLE_H
#define BOUCLIER_CLI_COMMAND_TABLE_H

#include <stdio.h>

#include "cli/command.h"

/* All commands, a line each. */
void command_list(FILE *out);
/* One command, on stdout. EXIT_DONE. */
int command_help(const struct command *command);
/* bouclier(1) in mdoc(7). */
enum result command_manual(struct buffer *out) must_check;

#endif
