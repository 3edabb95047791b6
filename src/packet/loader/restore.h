/* What was before a change (pending.h), brought back piece by piece: links, the program under them, its settings, the list, rules of nftables, egress.
 *
 * Errors   what is back stays back: whoever is told RESULT_IO may call again
 * Threads  one, with the lock of pending.h
 */
#ifndef BOUCLIER_PACKET_LOADER_RESTORE_H
#define BOUCLIER_PACKET_LOADER_RESTORE_H

#include "packet/control/control.h"
#include "packet/loader/pending.h"

/* All that PENDING notes. RESULT_IO: some of it is not back. */
enum result restore_once(const struct pending *pending) must_check;
/* Everything off. Availability, fails open: no filter rather than one that keeps somebody out. RESULT_IO: something is left. */
enum result restore_nothing(void) must_check;
/* Makes the program's settings those of WANTED, all but the heartbeat, which is the controller's. The flags come last: what they ask is there. */
void settings_store(struct control *control, const struct packet_settings *wanted);

/* Those before an attach that is undone, and what a reload has let through since: NOW has it, and the attach did not. */
void restore_settings_of(const struct pending *pending, const struct packet_settings *now, struct packet_settings *out);

#endif
