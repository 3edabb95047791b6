/* `bouclier packet egress ...`: what its files share.
 *
 * Limits   EGRESS_NAMES_MAX names are looked up, once each, by the system's resolver, EGRESS_NAMES_AT_ONCE at a time, and waited for EGRESS_NAMES_MS in all;
 *          EGRESS_NAME_ADDRESSES_MAX addresses of one are used
 */
#ifndef BOUCLIER_CLI_PACKET_EGRESS_H
#define BOUCLIER_CLI_PACKET_EGRESS_H

#include "cli/packet/packet.h"
#include "packet/egress/alarm.h"
#include "packet/egress/egress.h"

#define EGRESS_NAMES_MAX 512u
#define EGRESS_NAME_ADDRESSES_MAX 64u
#define EGRESS_NAMES_MS 10000u
#define EGRESS_NAMES_AT_ONCE 16u

/* Adds to LIST all that the configuration has the shield contact, and the ports on which it listens. What cannot be found is warned of, and is as BEFORE (NULL:
 * none) has it. */
void egress_gather(struct packet_asked *asked, const struct egress_list *before, struct egress_list *list);

/* Refusals told by the controller, as they happen: on stderr, and to edges. */
struct egress_service;
struct control_edges;
/* As root. *OUT is NULL where egress is off, and where it cannot be opened, which is said on stderr: the filter's controller goes on without. EXIT_DONE. */
int egress_service_open(struct egress_service **out);
void egress_service_free(struct egress_service *service);
/* For struct control_plan: CONTEXT is struct egress_service. */
bool egress_service_look(void *context, const struct control_edges *edges);

int egress_status(const struct options *options);
int egress_ledger(const struct options *options);

#endif
