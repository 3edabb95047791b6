/* Between the files of cli/backup/: `bouclier backup` and `bouclier restore`. */
#ifndef BOUCLIER_CLI_BACKUP_BACKUP_H
#define BOUCLIER_CLI_BACKUP_BACKUP_H

#include "cli/backup/format.h"
#include "cli/loaded.h"

struct json;

/* -- words.c -- */

struct passphrase {
	char text[PASSPHRASE_MAX + 2];
	struct span words;
};

/* From the file that --passphrase-file or FILE (may be NULL) names, the terminal (twice where IS_NEW), or standard input: its first line. EXIT_DONE, or what
 * was said. */
int passphrase_ask(const struct options *options, const char *file, bool is_new, struct passphrase *out);

/* -- where.c: the folders of an installation -- */

struct installation {
	char config[PATH_TEXT_MAX], folder[PATH_TEXT_MAX];  /* the main file, and its folder */
	char state[PATH_TEXT_MAX];
	char hub[PATH_TEXT_MAX];      /* the hub's folder; empty: there is none */
};

/* What the configuration says; it is read whole into LOADED (loaded_done in any case). EXIT_DONE, or what was said. */
int installation_find(const struct options *options, struct loaded *loaded, struct installation *out);
bool path_is_in(const char *path, const char *folder);

/* -- make.c -- */

struct making {
	const struct installation *where;
	const struct loaded *loaded;
	struct backup_writer *writer;
	bool with_events;
	char copies[PATH_TEXT_MAX];   /* where the hub's store was copied to; empty: there is none */
	uint64_t files, bytes;
	int code;                     /* EXIT_DONE, or what was said first */
};

/* All of it, but for the end. */
int backup_make(struct making *making);

/* -- store.c: the hub's own program copies its store -- */

/* Copies the store in WHERE->hub into a folder of its own below the state folder, whose path is OUT; empty: there is none. EXIT_DONE, or what was said. */
int store_copy_begin(const struct installation *where, bool with_events, char out[PATH_TEXT_MAX]);
void store_copy_end(const char *copies);
/* Removes PATH and all below it; links are not followed. */
void remove_tree(const char *path);

/* -- manifest.c -- */

enum result manifest_write(const struct installation *where, bool with_events, struct buffer *out) must_check;
/* RESULT_MALFORMED: not a manifest, or of a version that is not known. AT: when it was made. */
enum result manifest_read(struct span text, struct installation *out, char at[32], bool *has_events) must_check;

#endif
