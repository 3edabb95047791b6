/* A line of the journal for a person: time, status, decision, duration, client, method, host and path, site, reasons.
 *
 * Shape    12:03:04.123 200 allow      1.2ms 192.0.2.0       GET    www.x.example/path?q=*3 [http-fault bare-lf] (site)
 * Privacy  control characters never reach the terminal: they come as \xNN
 * Threads  pure function
 */
#ifndef BOUCLIER_EVENT_SHOW_H
#define BOUCLIER_EVENT_SHOW_H

#include "base/buffer.h"

/* Appends one line with its newline. COLOURS: ANSI colours by status and decision. What is not a line is RESULT_MALFORMED. */
enum result show_line(struct span line, bool colours, struct buffer *out) must_check;

#endif
