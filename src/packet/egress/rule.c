#include "packet/egress/rule.h"

#include <stdio.h>

#include "base/banned.h"

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP }, { "icmpv6", IPPROTO_ICMPV6 } };

static bool has_ports(uint64_t protocol)
{
	return protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6;
}

static bool protocol_read(struct span text, uint64_t *out)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		if (span_equal(text, span_of(protocols[i].name))) {
			*out = protocols[i].number;
			return true;
		}
	}
	return span_to_u64(text, 255, out) == RESULT_OK && *out;
}

/* "443/tcp", "*" for any port. */
static bool service_read(struct span text, uint64_t *port, uint64_t *protocol)
{
	struct span number = span_cut(&text, '/');
	bool is_any = span_equal(number, SPAN("*"));

	*port = 0;
	if (!protocol_read(text, protocol) || (!is_any && (span_to_u64(number, 65535, port) != RESULT_OK || !*port)))
		return false;
	return is_any || has_ports(*protocol);
}

/* Where what follows the network begins, its colon included; TEXT.len: nothing does. */
static size_t service_find(struct span text)
{
	size_t colon = span_find(text, ':');

	if (span_starts(text, SPAN("[")))
		return span_find(text, ']') + 1;
	/* Without brackets, a second colon says that this is IPv6, and all of it the network. */
	return colon < text.len && span_find(span_skip(text, colon + 1), ':') < text.len - colon - 1 ? text.len : colon;
}

static bool place_read(struct span text, struct network *out)
{
	if (span_starts(text, SPAN("["))) {
		if (!span_ends(text, SPAN("]")))
			return false;
		text = span_take(span_skip(text, 1), text.len - 2);
		if (span_find(text, ':') == text.len)
			return false;
	}
	return network_read(text, out) == RESULT_OK;
}

enum result egress_rule_read(struct span text, struct egress_rule *out)
{
	size_t at = service_find(text);
	uint64_t port = 0, protocol = 0;
	struct network network;

	if (at > text.len || !place_read(span_take(text, at), &network))
		return RESULT_MALFORMED;
	if (at < text.len && (text.at[at] != ':' || !service_read(span_skip(text, at + 1), &port, &protocol)))
		return RESULT_MALFORMED;
	egress_rule_set(out, &network, (uint16_t)port, (uint8_t)protocol);
	return RESULT_OK;
}

void egress_protocol_write(uint8_t protocol, char out[EGRESS_PROTOCOL_TEXT])
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		if (protocols[i].number == protocol) {
			snprintf(out, EGRESS_PROTOCOL_TEXT, "%s", protocols[i].name);
			return;
		}
	}
	snprintf(out, EGRESS_PROTOCOL_TEXT, "%u", protocol);
}

static void service_write(const char *place, bool is_bare, uint16_t port, uint8_t protocol_number, char out[EGRESS_RULE_TEXT])
{
	char protocol[EGRESS_PROTOCOL_TEXT], number[8] = "*";

	if (port)
		snprintf(number, sizeof(number), "%u", port);
	egress_protocol_write(protocol_number, protocol);
	snprintf(out, EGRESS_RULE_TEXT, "%s%s%s:%s/%s", is_bare ? "" : "[", place, is_bare ? "" : "]", number, protocol);
}

void egress_rule_write(const struct egress_rule *rule, char out[EGRESS_RULE_TEXT])
{
	const struct network network = egress_rule_network(rule);
	char place[NETWORK_TEXT_MAX];

	network_write(&network, place);
	if (rule->protocol)
		service_write(place, address_is_v4(&network.address), rule->port, rule->protocol, out);
	else
		snprintf(out, EGRESS_RULE_TEXT, "%s", place);
}

void egress_destination_write(const struct egress_destination *to, char out[EGRESS_RULE_TEXT])
{
	char place[NETWORK_TEXT_MAX];
	struct address address;

	memcpy(address.bytes, to->bytes, sizeof(address.bytes));
	address_write(&address, place);
	service_write(place, address_is_v4(&address), to->port, to->protocol, out);
}

void egress_rule_set(struct egress_rule *rule, const struct network *network, uint16_t port, uint8_t protocol)
{
	*rule = (struct egress_rule){ .port = port, .length = network->prefix, .protocol = protocol };
	memcpy(rule->bytes, network->address.bytes, sizeof(rule->bytes));
}

struct network egress_rule_network(const struct egress_rule *rule)
{
	struct network network = { .prefix = rule->length };

	memcpy(network.address.bytes, rule->bytes, sizeof(rule->bytes));
	return network;
}

bool egress_rule_holds(const struct egress_rule *rule, const struct egress_destination *to)
{
	const struct network network = egress_rule_network(rule);
	struct address address;

	memcpy(address.bytes, to->bytes, sizeof(address.bytes));
	return to->kind == EGRESS_OUT && (!rule->protocol || rule->protocol == to->protocol) && (!rule->port || rule->port == to->port) &&
	       network_contains(&network, &address);
}
