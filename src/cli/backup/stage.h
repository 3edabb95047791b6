/* Folders beside the real ones, into which a backup is unpacked; and how they take their places.
 *
 * Owns     the staged folders, until stage_end, which removes what has not taken its place
 */
#ifndef BOUCLIER_CLI_BACKUP_STAGE_H
#define BOUCLIER_CLI_BACKUP_STAGE_H

#include "cli/backup/put.h"

enum stage_place { STAGE_CONFIG, STAGE_STATE, STAGE_HUB, STAGE_ELSEWHERE, STAGE_PLACES };

struct stage {
	struct putting *putting;
	struct stage_part {
		char target[PATH_TEXT_MAX], staged[PATH_TEXT_MAX + 32], aside[PATH_TEXT_MAX + 64];
		int fd;               /* of the staged folder; -1: nothing goes there */
		bool is_within;       /* the hub's, below the state folder: it goes with that */
		bool has_taken;
	} parts[STAGE_PLACES];
};

/* EXIT_DONE, or what was said. */
int stage_begin(struct stage *stage, struct putting *putting);
void stage_end(struct stage *stage);

/* RESULT_MALFORMED: it is there already, or its folder is none; RESULT_IO: errno. */
enum result stage_folder(struct stage *stage, const struct backup_record *record) must_check;
enum result stage_link(struct stage *stage, const struct backup_record *record, const char *target) must_check;
struct staged_file {
	int fd;
	struct stage *stage;
};
enum result stage_file(struct stage *stage, const struct backup_record *record, struct staged_file *out) must_check;
enum result staged_write(struct staged_file *file, struct span bytes) must_check;
/* Closes it in any case. */
enum result staged_end(struct staged_file *file, const struct backup_record *record) must_check;

/* EXIT_DONE, or what was said: then what was there is there again. */
int stage_take_place(struct stage *stage);
/* -- elsewhere.c -- */
int elsewhere_take_place(struct stage *stage);

#endif
