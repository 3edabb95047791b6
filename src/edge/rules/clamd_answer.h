/* What clamd says of a stream that it was shown.
 *
 * Shape   "stream: OK" NUL | "stream: " NAME " FOUND" NUL | anything " ERROR" NUL, and nothing behind it
 * Source  clamd(8), INSTREAM, of a command that begins with z
 * Limits  CLAMD_ANSWER_MAX bytes; a NAME is printable ASCII without a space, at most CLAMD_NAME_MAX
 *
 * Security, fails closed: only the one sentence that says so means clean.
 */
#ifndef BOUCLIER_EDGE_CLAMD_ANSWER_H
#define BOUCLIER_EDGE_CLAMD_ANSWER_H

#include "base/span.h"

#define CLAMD_ANSWER_MAX 512u
#define CLAMD_NAME_MAX 255u

/* RESULT_OK: clean; RESULT_REFUSED: infected, NAME (in TEXT) says with what; RESULT_LIMIT: clamd has seen less than all (its
 * StreamMaxLength), or could not tell; RESULT_MORE: the end has not come; RESULT_MALFORMED: no such answer. */
enum result clamd_answer_read(struct span text, struct span *name) must_check;

#endif
