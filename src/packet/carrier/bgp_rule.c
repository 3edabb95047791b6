#include "packet/carrier/bgp_rule.h"

#include <stdlib.h>

#include "base/banned.h"

#define LINE_MAX 512u

/* -- reading -- */

static int compare_ports(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

bool bgp_rule_has_port(const struct bgp_ports *ports, uint16_t port)
{
	for (unsigned i = 0; i < ports->count; i++) {
		if (ports->list[i] == port)
			return true;
	}
	return false;
}

enum result bgp_rule_ports_read(struct span text, struct bgp_ports *out)
{
	struct bgp_ports ports = *out;

	do {
		uint64_t port;

		if (span_to_u64(span_cut(&text, ','), UINT16_MAX, &port) != RESULT_OK || !port)
			return RESULT_MALFORMED;
		if (bgp_rule_has_port(&ports, (uint16_t)port))
			continue;
		if (ports.count == RULE_PORTS)
			return RESULT_LIMIT;
		ports.list[ports.count++] = (uint16_t)port;
	} while (text.at);
	qsort(ports.list, ports.count, sizeof(*ports.list), compare_ports);
	*out = ports;
	return RESULT_OK;
}

static bool network_is_v4(const struct network *network)
{
	return address_is_v4(&network->address) && network->prefix >= 96;
}

bool bgp_rule_is_v4(const struct bgp_rule *rule)
{
	return network_is_v4(&rule->to);
}

enum result bgp_rule_protocol_read(struct span text, const struct network *to, uint8_t *out)
{
	static const struct { struct span name; uint8_t v4, v6; } names[] = {
		{ SPAN_INIT("tcp"), IPPROTO_TCP, IPPROTO_TCP }, { SPAN_INIT("udp"), IPPROTO_UDP, IPPROTO_UDP }, { SPAN_INIT("icmp"), IPPROTO_ICMP, IPPROTO_ICMPV6 },
	};
	uint64_t number;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (span_equal_nocase(names[i].name, text)) {
			*out = network_is_v4(to) ? names[i].v4 : names[i].v6;
			return RESULT_OK;
		}
	}
	if (span_to_u64(text, 255, &number) != RESULT_OK || !number)
		return RESULT_MALFORMED;
	*out = (uint8_t)number;
	return RESULT_OK;
}

static bool ports_equal(const struct bgp_ports *a, const struct bgp_ports *b)
{
	return a->count == b->count && memcmp(a->list, b->list, a->count * sizeof(*a->list)) == 0;
}

static bool network_equal(const struct network *a, const struct network *b)
{
	return a->prefix == b->prefix && address_equal(&a->address, &b->address);
}

bool bgp_rule_equal(const struct bgp_rule *a, const struct bgp_rule *b)
{
	return a->kind == b->kind && network_equal(&a->to, &b->to) && a->has_from == b->has_from && (!a->has_from || network_equal(&a->from, &b->from)) &&
	       a->protocol == b->protocol && ports_equal(&a->from_ports, &b->from_ports) && ports_equal(&a->to_ports, &b->to_ports) &&
	       a->length == b->length && a->is_fragment == b->is_fragment;
}

static bool is_sound(const struct bgp_rule *rule)
{
	bool has_ports = rule->from_ports.count || rule->to_ports.count;

	if (rule->has_from && network_is_v4(&rule->from) != network_is_v4(&rule->to))
		return false;
	return rule->kind == RULE_FLOW || (!rule->has_from && !rule->protocol && !has_ports && !rule->length && !rule->is_fragment);
}

static enum result read_word(struct span word, struct bgp_rule *rule)
{
	struct span value = word, name = span_cut(&value, '=');
	uint64_t number;

	if (span_equal(word, SPAN("fragments"))) {
		rule->is_fragment = true;
		return RESULT_OK;
	}
	if (span_equal(name, SPAN("to")))
		return network_read(value, &rule->to);
	if (span_equal(name, SPAN("from"))) {
		rule->has_from = true;
		return network_read(value, &rule->from);
	}
	if (span_equal(name, SPAN("protocol")))
		return bgp_rule_protocol_read(value, &rule->to, &rule->protocol);
	if (span_equal(name, SPAN("source-port")))
		return bgp_rule_ports_read(value, &rule->from_ports);
	if (span_equal(name, SPAN("port")))
		return bgp_rule_ports_read(value, &rule->to_ports);
	if (!span_equal(name, SPAN("length")) || span_to_u64(value, UINT16_MAX, &number) != RESULT_OK)
		return RESULT_MALFORMED;
	rule->length = (uint16_t)number;
	return RESULT_OK;
}

enum result bgp_rule_read(struct span text, struct bgp_rule *out)
{
	struct bgp_rule rule = { .kind = RULE_FLOW };
	struct span rest = text, kind = span_cut(&rest, ' ');
	struct buffer again;
	enum result result = RESULT_OK;

	if (span_equal(kind, SPAN("unreachable")))
		rule.kind = RULE_UNREACHABLE;
	else if (!span_equal(kind, SPAN("flow")))
		return RESULT_MALFORMED;
	while (rest.len && result == RESULT_OK)
		result = read_word(span_cut(&rest, ' '), &rule);
	if (result != RESULT_OK || !is_sound(&rule))
		return RESULT_MALFORMED;
	buffer_init(&again, LINE_MAX);  /* one way to write it: what differs was written by somebody else */
	result = bgp_rule_write(&rule, &again);
	if (result == RESULT_OK && !span_equal(buffer_span(&again), text))
		result = RESULT_MALFORMED;
	buffer_done(&again);
	if (result == RESULT_OK)
		*out = rule;
	return result;
}

/* -- writing -- */

static enum result write_network(const char *name, const struct network *network, struct buffer *out)
{
	char text[NETWORK_TEXT_MAX];

	network_write(network, text);
	return buffer_print(out, "%s%s", name, text);
}

/* NAME, then the ports with BETWEEN between them, each behind BEFORE; nothing without ports. */
static enum result write_ports(const struct bgp_ports *ports, const char *name, const char *before, const char *between, struct buffer *out)
{
	enum result result = ports->count ? buffer_append(out, span_of(name)) : RESULT_OK;

	for (unsigned i = 0; i < ports->count && result == RESULT_OK; i++)
		result = buffer_print(out, "%s%s%u", i ? between : "", before, ports->list[i]);
	return result;
}

enum result bgp_rule_write(const struct bgp_rule *rule, struct buffer *out)
{
	enum result result = write_network(rule->kind == RULE_FLOW ? "flow to=" : "unreachable to=", &rule->to, out);

	if (result == RESULT_OK && rule->has_from)
		result = write_network(" from=", &rule->from, out);
	if (result == RESULT_OK && rule->protocol)
		result = buffer_print(out, " protocol=%u", rule->protocol);
	if (result == RESULT_OK)
		result = write_ports(&rule->from_ports, " source-port=", "", ",", out);
	if (result == RESULT_OK)
		result = write_ports(&rule->to_ports, " port=", "", ",", out);
	if (result == RESULT_OK && rule->length)
		result = buffer_print(out, " length=%u", rule->length);
	if (result == RESULT_OK && rule->is_fragment)
		result = buffer_append(out, SPAN(" fragments"));
	return result;
}

/* Components in the order of their types (RFC 8955, section 4.2); a rate of 0 is the action "drop" (section 7.1). */
static enum result write_flow(const struct bgp_rule *rule, struct buffer *out)
{
	bool is_v4 = bgp_rule_is_v4(rule);
	enum result result = buffer_append(out, is_v4 ? SPAN("route flow4 {") : SPAN("route flow6 {"));

	if (result == RESULT_OK)
		result = write_network(" dst ", &rule->to, out);
	if (result == RESULT_OK && rule->has_from)
		result = write_network("; src ", &rule->from, out);
	if (result == RESULT_OK && rule->protocol)
		result = buffer_print(out, "; %s %u", is_v4 ? "proto" : "next header", rule->protocol);
	if (result == RESULT_OK)
		result = write_ports(&rule->to_ports, "; dport ", "= ", " || ", out);
	if (result == RESULT_OK)
		result = write_ports(&rule->from_ports, "; sport ", "= ", " || ", out);
	if (result == RESULT_OK && rule->length)
		result = buffer_print(out, "; length >= %u", rule->length);
	if (result == RESULT_OK && rule->is_fragment)
		result = buffer_append(out, SPAN("; fragment is_fragment"));
	return result == RESULT_OK ? buffer_append(out, SPAN("; } { bgp_ext_community.add((generic, 0x80060000, 0x0)); };")) : result;
}

/* NO_EXPORT with it, as RFC 7999, section 3.2 has it: the carrier's own business, and nobody's behind it. */
enum result bgp_rule_write_bird(const struct bgp_rule *rule, const struct bgp_community *community, struct buffer *out)
{
	enum result result;

	if (rule->kind == RULE_FLOW)
		return write_flow(rule, out);
	result = write_network("route ", &rule->to, out);
	if (result == RESULT_OK)
		result = buffer_print(out, " blackhole { bgp_community.add((%u,%u)); bgp_community.add((65535,65281)); };", community->as, community->value);
	return result;
}
