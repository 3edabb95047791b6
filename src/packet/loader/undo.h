/* Undoing what nobody confirmed (pending.h), and the small process that sees to it. */
#ifndef BOUCLIER_PACKET_LOADER_UNDO_H
#define BOUCLIER_PACKET_LOADER_UNDO_H

#include "packet/control/control.h"
#include "packet/loader/pending.h"

/* Notes what is before a change of KIND, to be undone after UNDO_S seconds, and starts the process that does it. SETTINGS: before; NULL: there are none. WANTED: of PENDING_ATTACH, what they
 * will be; NULL: nothing of them changes but the list.
 * The caller holds the lock; nothing has been changed yet, and nothing may be unless RESULT_OK. */
enum result undo_begin(enum pending_kind kind, const struct packet_settings *settings, const struct packet_settings *wanted, bool was_attached, unsigned undo_s) must_check;
/* The same of an egress list that refuses what the one before let pass. */
enum result undo_begin_egress(bool was_attached, uint32_t mode, uint32_t generation, unsigned undo_s) must_check;
/* Undoes PENDING now, and forgets it. WHY is told to who asks for the status. The caller holds the lock, for three seconds more where it has to be tried
 * again; what cannot be undone ends with everything taken off (availability: fails open). Not RESULT_OK: not even that, and it waits still. */
enum result undo_now(const struct pending *pending, const char *why) must_check;
/* Undoes what waits, if something does: of a change that failed half-way. */
void undo_failed(void);

#endif
