/* A change to the configuration that is shown before it is made: what protect and unprotect have in common.
 *
 * Owns     its texts, until site_edit_done
 */
#ifndef BOUCLIER_CLI_PROTECT_SITE_EDIT_H
#define BOUCLIER_CLI_PROTECT_SITE_EDIT_H

#include "cli/loaded.h"

struct site_edit {
	char path[PATH_TEXT_MAX];     /* of the file, absolute */
	struct buffer before, after;
	bool is_new;                  /* there was no file */
	struct config_texts texts;    /* everything as it will be */
	struct config_source source;
	struct complaints complaints;
	struct snapshot *snapshot;    /* of AFTER, once checked */
};

/* Reads the file that --config names; a missing one is empty. EXIT_DONE, or what was said on stderr. */
int site_edit_begin(struct site_edit *edit, const struct options *options);
void site_edit_done(struct site_edit *edit);
/* Reads AFTER, with all included files, as a configuration. RESULT_REFUSED: said on stderr. */
enum result site_edit_check(struct site_edit *edit) must_check;
/* Whether the origins of AFTER can be found and are not ourselves: what a reload would refuse. RESULT_REFUSED: said on stderr. */
enum result site_edit_check_origins(struct site_edit *edit) must_check;
/* The lines that go and come, "- " and "+ " before them, on stdout. */
void site_edit_show(const struct site_edit *edit, bool has_color);
/* For a program: {"file", "new", "text"}, and "certificate" when CERTIFICATE is not empty. */
void site_edit_show_json(const struct site_edit *edit, struct span certificate);
/* Puts AFTER in the place of the file. EXIT_DONE, or what was said on stderr. */
int site_edit_write(const struct site_edit *edit);
/* Puts BEFORE back after site_edit_write, unless somebody else has changed the file since; says on stderr which. */
void site_edit_undo(const struct site_edit *edit);

#endif
