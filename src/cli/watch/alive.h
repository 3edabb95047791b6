/* Two more things of a watched shield: what it says itself of its alerts, and telling the hub of this machine what is dead.
 *
 * Threads  any
 */
#ifndef BOUCLIER_CLI_WATCH_ALIVE_H
#define BOUCLIER_CLI_WATCH_ALIVE_H

#include "cli/watch/judge.h"

#define ALIVE_MS 10000u

/* Asks PAGE's shield. OUT: WATCH_SAYS_NOTHING where it does not say. BEFORE: of its alerts. */
void alive_ask(const struct page_url *page, int stop_fd, enum watch_state before, enum watch_finding *out, char why[EXCHANGE_ERROR_MAX]);
/* What an answer of STATUS with TEXT says. */
void alive_judge(unsigned status, struct span text, enum watch_state before, enum watch_finding *out, char why[EXCHANGE_ERROR_MAX]);

/* Tells the hub at SOCKET that THING of PEER is dead, or well. RESULT_OK: it knows; RESULT_NOT_FOUND: there is none; RESULT_REFUSED: it does not take it from this user; otherwise as admin_ask. */
enum result alive_report(const char *socket, const char *peer, enum watch_thing thing, bool is_dead) must_check;

#endif
