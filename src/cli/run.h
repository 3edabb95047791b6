/* `bouclier run`: the shield, in the foreground, until it is told to end. */
#ifndef BOUCLIER_CLI_RUN_H
#define BOUCLIER_CLI_RUN_H

#include <stdbool.h>
#include <stddef.h>

struct run_options {
	const char *config_path;       /* NULL: /etc/bouclier/bouclier.yaml */
	const char *const *roots;      /* folders that certificates may be read from, besides the usual ones */
	size_t root_count;
	const char *pid_file;          /* NULL: none */
	bool is_quiet;
	char *const *argv;             /* main's */
};

/* Exit code. */
int run_shield(const struct run_options *options);

#endif
