/* Who is denied and gets in only because he is connected: the spared of an attach or a list are looked up then, and nobody is connected when the machine starts.
 *
 * Availability: he is told, and nothing is refused, for he may have another way in.
 */
#ifndef BOUCLIER_PACKET_LOADER_LOCKED_OUT_H
#define BOUCLIER_PACKET_LOADER_LOCKED_OUT_H

#include "packet/loader/loader.h"

/* Warns of the peer of this very session (SSH_CONNECTION); where there is none, as under sudo, of all of SPARED that are connected to sshd. DENIED: merged. */
void locked_out_warn(const struct spared *spared, const struct packet_prefixes *denied, struct complaints *complaints);
/* The same of what is confirmed, and of who is connected now. */
void locked_out_warn_confirmed(struct complaints *complaints);

#endif
