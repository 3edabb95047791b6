/* A text takes the place of a file: whole or not at all, whatever ends in the middle.
 *
 * Owns     nothing
 * Threads  any
 */
#ifndef BOUCLIER_BASE_REPLACE_FILE_H
#define BOUCLIER_BASE_REPLACE_FILE_H

#include <sys/stat.h>

#include "base/span.h"

/* NAME of FOLDER, with the owner and the mode that STAT says. It lies beside it first, under a name that begins with a dot: no include pattern sees it
 * before it is whole. RESULT_IO: errno says why; NAME is as it was, unless only its folder could not be written to the disk. */
enum result replace_file(int folder, const char *name, struct span text, const struct stat *stat) must_check;

#endif
