/* Text of fixed room: UTF-8, without control characters, NUL at its end, cut between characters where it is too long.
 *
 * Shape    what is no UTF-8, and every control character but a newline where LINES are wanted, becomes '?'; so what text_set wrote is read again as it is
 * Threads  pure functions
 */
#ifndef BOUCLIER_INCIDENT_TEXT_H
#define BOUCLIER_INCIDENT_TEXT_H

#include "base/span.h"

/* OUT has SIZE bytes, at least 1. */
void text_set(char *out, size_t size, struct span text);
/* The same, newlines kept. */
void text_set_lines(char *out, size_t size, struct span text);
/* Would text_set, or text_set_lines, keep TEXT as it is? */
bool text_is_kept(struct span text, size_t size, bool lines);

#endif
