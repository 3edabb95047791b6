/* The configuration as commands see it: read whole, or a single path looked up in a file that may be broken elsewhere. */
#ifndef BOUCLIER_CLI_LOADED_H
#define BOUCLIER_CLI_LOADED_H

#include "cli/options.h"
#include "cli/rules/check.h"
#include "config/read.h"

#define PATH_TEXT_MAX 4096

enum load_flag {
	LOAD_STRICT = 1,  /* a tenant's error counts like any other; otherwise it costs that tenant only, as in a running shield */
	LOAD_RULES = 2,   /* rule sets are read too */
};

struct loaded {
	struct config_source source;
	struct complaints complaints;
	struct rule_check rules;
	struct snapshot *snapshot;   /* NULL: not readable; the complaints say why */
};

/* Reads the file that --config names. FLAGS: enum load_flag. Whatever the result, loaded_done. */
enum result loaded_read(struct loaded *loaded, const struct options *options, unsigned flags) must_check;
void loaded_done(struct loaded *loaded);
/* All complaints, on stderr. */
void loaded_complain(const struct loaded *loaded);

const char *config_path(const struct options *options);
/* The path that KEY of the mapping OUTER (NULL: the top) says, made absolute; FALLBACK when the file cannot be read or says
 * nothing. A file with errors elsewhere will do: `status` must work while somebody edits. */
void config_peek(const struct options *options, const char *outer, const char *key, const char *fallback, char out[PATH_TEXT_MAX]);
/* The state folder, and the hub's. */
void find_state(const struct options *options, char out[PATH_TEXT_MAX]);
void find_hub_state(const struct options *options, char out[PATH_TEXT_MAX]);
/* The folder of the journal: --journal, else the one below the state folder. EXIT_DONE, or what was said on stderr. */
int open_journal(const struct options *options, int *out);
/* --socket, else what the configuration says. */
void find_socket(const struct options *options, char out[PATH_TEXT_MAX]);

#endif
