/* A destination that is allowed, as a person writes it.
 *
 * Shape    NETWORK                    any protocol, any port
 *          NETWORK:PORT/PROTOCOL      10.0.0.0/8:443/tcp, [2001:db8::/32]:53/udp
 *          NETWORK:STAR/PROTOCOL      any port, the star being '*'
 *          NETWORK as network_read has it, of IPv6 in brackets where something follows; PROTOCOL tcp, udp, icmp, icmpv6, or a number 1..255
 * Limits   a port 1..65535, of tcp, udp, and others that have ports
 * Threads  values
 */
#ifndef BOUCLIER_PACKET_EGRESS_RULE_H
#define BOUCLIER_PACKET_EGRESS_RULE_H

#include "base/address.h"
#include "packet/egress/layout.h"

#define EGRESS_PROTOCOL_TEXT 8u
#define EGRESS_RULE_TEXT (NETWORK_TEXT_MAX + 2u + 7u + EGRESS_PROTOCOL_TEXT)

/* OUT has no key and is not needed. RESULT_MALFORMED. */
enum result egress_rule_read(struct span text, struct egress_rule *out) must_check;
/* As it is read. */
void egress_rule_write(const struct egress_rule *rule, char out[EGRESS_RULE_TEXT]);
/* ADDRESS:PORT/PROTOCOL, the port '*' where there is none. */
void egress_destination_write(const struct egress_destination *to, char out[EGRESS_RULE_TEXT]);
/* "tcp", or a number. */
void egress_protocol_write(uint8_t protocol, char out[EGRESS_PROTOCOL_TEXT]);
void egress_rule_set(struct egress_rule *rule, const struct network *network, uint16_t port, uint8_t protocol);
struct network egress_rule_network(const struct egress_rule *rule);
bool egress_rule_holds(const struct egress_rule *rule, const struct egress_destination *to);

#endif
