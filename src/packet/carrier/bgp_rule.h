/* What is announced to the carrier: a FlowSpec rule (drop such packets), or a route that drops all that is sent to an address (RTBH).
 *
 * Source   RFC 8955, RFC 8956 (FlowSpec); RFC 5635, RFC 7999 (RTBH); BIRD 2's language for both
 * Shape    as words of one line: "flow to=198.51.100.7/32 from=203.0.113.0/24 protocol=17 source-port=53,123 port=80 length=400 fragments",
 *          "unreachable to=198.51.100.7/32": in this order, what is not said left out. What is read is what would be written
 * Limits   RULE_PORTS ports of each kind
 * Owns     nothing: values
 * Threads  values
 */
#ifndef BOUCLIER_PACKET_CARRIER_BGP_RULE_H
#define BOUCLIER_PACKET_CARRIER_BGP_RULE_H

#include "base/address.h"
#include "base/buffer.h"
#include "packet/carrier/settings.h"

#define RULE_PORTS 8u

enum bgp_rule_kind { RULE_FLOW, RULE_UNREACHABLE };

struct bgp_ports {
	uint16_t list[RULE_PORTS];       /* ascending, each once */
	unsigned count;
};

struct bgp_rule {
	enum bgp_rule_kind kind;
	struct network to;
	bool has_from;
	struct network from;
	uint8_t protocol;                /* of IP; 0: any */
	struct bgp_ports from_ports, to_ports;
	uint16_t length;                 /* bytes, at least; 0: any */
	bool is_fragment;                /* fragments alone */
};

/* "53,123" or "53". RESULT_MALFORMED, RESULT_LIMIT: more than RULE_PORTS. Adds to OUT. */
enum result bgp_rule_ports_read(struct span text, struct bgp_ports *out) must_check;
bool bgp_rule_has_port(const struct bgp_ports *ports, uint16_t port);
/* "tcp", "udp", "icmp" (that of the family of TO), or a number from 1 to 255. */
enum result bgp_rule_protocol_read(struct span text, const struct network *to, uint8_t *out) must_check;
bool bgp_rule_is_v4(const struct bgp_rule *rule);
bool bgp_rule_equal(const struct bgp_rule *a, const struct bgp_rule *b);

/* RESULT_MALFORMED: TEXT is not a rule in the shape above, to the letter. */
enum result bgp_rule_read(struct span text, struct bgp_rule *out) must_check;
enum result bgp_rule_write(const struct bgp_rule *rule, struct buffer *out) must_check;
/* The route as BIRD's configuration has it, one line without its end. */
enum result bgp_rule_write_bird(const struct bgp_rule *rule, const struct bgp_community *community, struct buffer *out) must_check;

#endif
