/* What a person confirmed, so that a start of the machine may attach the same again without one: what was wanted as lines of text, and the networks that were denied.
 *
 * An attach, or a list, notes what it is about beside what is to be undone (pending.h). A confirmation moves the note here, and is the only thing that does; a detach removes it.
 * Attaching again compares: what is written now, key by key, against what was confirmed. Nothing but the same is attached, or what lets more through: as a reload does (control/orders.h).
 *
 * Shape    CONFIRMED_FOLDER, root's own with mode 0700: not /var/lib/bouclier, whose owner is the edge. `wish`: "key: words" a line. `denied`: a network a line
 * Limits   CONFIRMED_BYTES of the former; lists/file.h of the latter
 * Threads  one at a time, by the lock
 */
#ifndef BOUCLIER_PACKET_LOADER_CONFIRMED_H
#define BOUCLIER_PACKET_LOADER_CONFIRMED_H

#include "packet/loader/loader.h"

#define CONFIRMED_FOLDER "/var/lib/bouclier-packet"
#define CONFIRMED_BYTES ((size_t)1 << 20)

/* Beside what waits: an attach on GROUND, with DENIED; WISH NULL: a list alone. Availability, fails open: without it nothing is attached at the next start, and no more; complained as a warning. */
void confirmed_note(const struct packet_wish *wish, const struct packet_ground *ground, const struct packet_prefixes *denied, struct complaints *complaints);
/* What was noted is confirmed. Before pending_remove, which forgets it. Where nothing was noted, or it cannot be kept, what was confirmed before is forgotten, and that is warned of. */
void confirmed_keep(struct complaints *complaints);
/* RESULT_NOT_FOUND: nothing was confirmed. RESULT_REFUSED: complained, for it cannot be removed. */
enum result confirmed_forget(struct complaints *complaints) must_check;
bool confirmed_is_there(void);
/* Of what is confirmed: its management is added to SPARED, its list to DENIED, merged and born by prefixes_init. RESULT_NOT_FOUND: nothing is. */
enum result confirmed_look(struct spared *spared, bool *is_observing, struct packet_prefixes *denied) must_check;

/* -- for tests -- */

/* WISH as lines. RESULT_LIMIT: longer than OUT may be. */
enum result confirmed_write(const struct packet_wish *wish, const struct packet_ground *ground, struct buffer *out) must_check;
/* CONFIRMED, such lines, are what WISH wants, or hold back more than it; what they stood on in GROUND, born zero. RESULT_REFUSED: each key that differs is complained of. RESULT_MALFORMED: not such lines. */
enum result confirmed_compare(struct span confirmed, const struct packet_wish *wish, struct complaints *complaints, struct packet_ground *ground) must_check;

#endif
