/* `bouclier packet egress ...`: what its files share.
 *
 * Limits   EGRESS_NAMES_MAX names are looked up, once each, by the system's resolver, as it takes; EGRESS_NAME_ADDRESSES_MAX addresses of one are used
 */
#ifndef BOUCLIER_CLI_PACKET_EGRESS_H
#define BOUCLIER_CLI_PACKET_EGRESS_H

#include "cli/packet/packet.h"
#include "packet/egress/alarm.h"
#include "packet/egress/egress.h"

#define EGRESS_NAMES_MAX 512u
#define EGRESS_NAME_ADDRESSES_MAX 64u

/* Adds to LIST all that the configuration has the shield contact, and the ports on which it listens. What cannot be found is warned of. */
void egress_gather(struct packet_asked *asked, struct egress_list *list);

int egress_status(const struct options *options);
int egress_ledger(const struct options *options);

#endif
