/* A path as those behind us may read it. "What an origin reads is what we read" ends at the path: it goes on as it came, and
 * one origin decodes it, another resolves its dots, a third cuts it at ";". A rule about a path holds for all its spellings.
 *
 * Shape    tidy: %XX decoded (once), "\" as "/", parameters (";...") cut from each segment, empty and "." segments left out,
 *          ".." resolved, the end at a NUL; always "/..." and never a slash at its end, "/" itself aside
 * Limits   never longer than what it was made from
 * Owns     nothing
 *
 * A tidy path is for comparing only: it may hold any byte, so it is never written to a message.
 */
#ifndef BOUCLIER_MESSAGE_PATH_H
#define BOUCLIER_MESSAGE_PATH_H

#include "base/span.h"

/* PATH has one reading: it is tidy, a slash at its end aside, or it is "*". */
bool path_is_plain(struct span path);
/* Nothing in PATH is read so by one origin and otherwise by another: no ".", "..", names that begin with a dot, "//", ";", "\" or
 * NUL, and what is encoded is a letter of a name (%C3%A9, %20). For what weakens a rule: a path with two readings weakens none. */
bool path_has_one_reading(struct span path);
/* OUT has room for PATH.len bytes, which are at least one. */
struct span path_tidy(struct span path, char *out);

#endif
