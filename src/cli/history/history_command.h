/* Between the files of cli/history/: `bouclier config`. */
#ifndef BOUCLIER_CLI_HISTORY_HISTORY_COMMAND_H
#define BOUCLIER_CLI_HISTORY_HISTORY_COMMAND_H

#include "cli/loaded.h"
#include "event/history/history.h"

/* The texts of one configuration: of an entry, or as they are on disk. The main file first. */
struct config_version {
	char name[32];                /* "12", "now" */
	struct version_text {
		struct span path;
		struct buffer text;
		bool is_there;
	} *list;
	size_t count;
	struct history_entry entry;   /* of an entry: owns the paths */
	struct loaded loaded;         /* of the disk: likewise */
	bool is_entry, is_loaded;
	bool is_quiet;                /* of the first of two: what differs is found, and not printed */
};

/* The folder of the history. EXIT_DONE, or what was said on stderr. */
int history_find_folder(const struct options *options, int *out);
/* WORD is a number of the history. EXIT_DONE, or what was said. VERSION needs version_done in any case. */
int version_read(int folder, const char *word, struct config_version *version);
/* What is in the files now, also when they have errors. */
int version_read_files(const struct options *options, struct config_version *version);
void version_done(struct config_version *version);
const struct version_text *version_find(const struct config_version *version, struct span path);
/* All differences, on stdout. HAS_ANY: there are some. */
int versions_print(const struct config_version *a, const struct config_version *b, bool *has_any);

int history_rollback(const struct options *options, int folder);

#endif
