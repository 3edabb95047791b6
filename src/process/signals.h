/* What a process has of signals from whoever started it: exec(2) passes on who is ignored and who is blocked.
 *
 * An ignored SIGCHLD (`trap '' CHLD` of a shell, some supervisors) has the kernel bury children before anybody asks after them: the keeper would
 * wait for ever for an edge that died, and a number that it believes to be its child's may be somebody else's by then. A blocked SIGTERM makes a
 * command that only SIGKILL ends. Other signals that are ignored stay so: nohup(1) means it.
 *
 * Threads  before the first thread and the first child of the process
 */
#ifndef BOUCLIER_PROCESS_SIGNALS_H
#define BOUCLIER_PROCESS_SIGNALS_H

#include <stdbool.h>

/* SIGCHLD has its default action and, unless KEEPS_MASK, nothing is blocked. KEEPS_MASK: of a keeper in the middle of an upgrade
 * (keeper_is_upgraded), for whom what came meanwhile waits. */
void signals_begin(bool keeps_mask);
/* SIGTERM, SIGINT and SIGHUP as a descriptor, readable from the first of them on: of no thread, so that none is ever stopped in the middle of anything. The caller's;
 * -1: errno tells. */
int signals_of_end(void);

#endif
