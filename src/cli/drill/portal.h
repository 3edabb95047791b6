/* The drill's own portal: any path is a page, which takes DRILL_PAGE_MS of one of DRILL_DESKS desks; first come, first served, also for those
 * who have left meanwhile. It tells of each page back what was asked for, and marks it.
 *
 * Limits   PORTAL_CONNECTIONS_MAX connections; further ones are closed. A head of 64 KiB; bodies are read and dropped
 * Owns     the listening socket LISTENER, which it does not close
 */
#ifndef BOUCLIER_CLI_DRILL_PORTAL_H
#define BOUCLIER_CLI_DRILL_PORTAL_H

#include "cli/drill/drill.h"

#define PORTAL_CONNECTIONS_MAX 4096u

/* Until the process is ended; once in its life. 1: it could not begin. */
int portal_run(int listener, struct drill_tally *tally);

#endif
