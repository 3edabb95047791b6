#include "packet/carrier/bounds.h"

#include "config/value.h"

#include "base/banned.h"

#define NAME_MAX_BYTES 60u

const char *bounds_sentence(enum bounds_refusal refusal)
{
	static const char *const sentences[] = {
		"nothing speaks against it",
#define BOUNDS_REFUSAL_TEXT(upper, text) text,
		BOUNDS_REFUSAL_LIST(BOUNDS_REFUSAL_TEXT)
#undef BOUNDS_REFUSAL_TEXT
	};

	return refusal < BOUNDS_REFUSAL_COUNT ? sentences[refusal] : sentences[0];
}

static bool covers(const struct network *outer, const struct network *inner)
{
	return outer->prefix <= inner->prefix && network_contains(outer, &inner->address);
}

static bool is_too_wide(const struct bgp_settings *bgp, const struct network *network)
{
	bool is_v4 = address_is_v4(&network->address) && network->prefix >= 96;

	return network->prefix < (is_v4 ? 96 + bgp->prefix_v4 : bgp->prefix_v6);
}

static bool is_served(const struct bounds *bounds, const struct network *to)
{
	const struct served_settings *served = bounds->link->served.items;

	for (size_t i = 0; i < bounds->link->served.count; i++) {
		if (covers(&served[i].network, to))
			return true;
	}
	return false;
}

static bool has_priority(const struct bounds *bounds, const struct network *to)
{
	const struct served_settings *served = bounds->link->served.items;

	for (size_t i = 0; i < bounds->link->served.count && i < LINK_SERVED_MAX; i++) {
		if (bounds->has_priority[i] && networks_overlap(&served[i].network, to))
			return true;
	}
	return false;
}

static bool is_from_everywhere(const struct bgp_rule *rule)
{
	bool is_v4 = address_is_v4(&rule->from.address) && rule->from.prefix >= 96;

	return !rule->has_from || rule->from.prefix < (is_v4 ? 96 + BOUNDS_SOURCE_V4 : BOUNDS_SOURCE_V6);
}

/* TCP from everywhere, to PORT among others. LENGTH spares nobody: a connection without long packets carries nothing. */
static bool is_all_of_port(const struct bgp_rule *rule, uint16_t port)
{
	return is_from_everywhere(rule) && (!rule->protocol || rule->protocol == IPPROTO_TCP) && !rule->from_ports.count && !rule->is_fragment &&
	       (!rule->to_ports.count || bgp_rule_has_port(&rule->to_ports, port));
}

static bool is_from_spared(const struct bounds *bounds, const struct bgp_rule *rule)
{
	for (unsigned i = 0; rule->has_from && i < bounds->spared.count; i++) {
		if (networks_overlap(&bounds->spared.list[i].network, &rule->from))
			return true;
	}
	return false;
}

bool bounds_make_unreachable(const struct bounds *bounds, const struct bgp_rule *rule)
{
	if (rule->kind == RULE_UNREACHABLE || is_from_spared(bounds, rule))
		return true;
	for (unsigned i = 0; i < bounds->port_count; i++) {
		if (is_all_of_port(rule, bounds->ports[i]))
			return true;
	}
	return !rule->to_ports.count && is_all_of_port(rule, 0);
}

/* A route to an address that is made unreachable does not ask who comes: the person who answers for it is told so. */
static enum bounds_refusal judge_management(const struct bounds *bounds, const struct bgp_rule *rule)
{
	const struct network *networks = bounds->management ? bounds->management->items : NULL;
	const int64_t *ports = bounds->link->bgp.management_ports.items;

	for (size_t i = 0; networks && i < bounds->management->count; i++) {
		if (rule->has_from && networks_overlap(&rule->from, &networks[i]))
			return BOUNDS_MANAGEMENT_SOURCE;
		if (covers(&rule->to, &networks[i]))
			return BOUNDS_MANAGEMENT_TARGET;
	}
	for (size_t i = 0; rule->kind == RULE_FLOW && i < bounds->link->bgp.management_ports.count; i++) {
		if (is_all_of_port(rule, (uint16_t)ports[i]))
			return BOUNDS_MANAGEMENT_PORT;
	}
	return BOUNDS_NONE;
}

static enum bounds_refusal judge_shape(const struct bounds *bounds, const struct bgp_rule *rule)
{
	bool has_ports = rule->from_ports.count || rule->to_ports.count;

	if (!is_served(bounds, &rule->to))
		return BOUNDS_NOT_SERVED;
	if (rule->kind == RULE_UNREACHABLE)
		return rule->to.prefix == 128 ? BOUNDS_NONE : BOUNDS_NOT_ONE_ADDRESS;
	if (is_too_wide(&bounds->link->bgp, &rule->to))
		return BOUNDS_TOO_WIDE;
	if (rule->has_from && (address_is_v4(&rule->from.address) && rule->from.prefix >= 96) != bgp_rule_is_v4(rule))
		return BOUNDS_FAMILY;
	if (rule->has_from && is_too_wide(&bounds->link->bgp, &rule->from))
		return BOUNDS_SOURCE_TOO_WIDE;
	return has_ports && rule->protocol != IPPROTO_TCP && rule->protocol != IPPROTO_UDP ? BOUNDS_PORTS : BOUNDS_NONE;
}

static bool is_name(struct span by)
{
	return by.len && by.len <= NAME_MAX_BYTES && text_is_plain(by) && span_find(by, '"') == by.len;
}

static enum bounds_refusal judge_person(const struct bounds *bounds, struct span by)
{
	const struct span *persons = bounds->link->bgp.persons.items;

	if (!by.len)
		return BOUNDS_NEEDS_PERSON;
	for (size_t i = 0; i < bounds->link->bgp.persons.count; i++) {
		if (span_equal(persons[i], by))
			return BOUNDS_NONE;
	}
	return BOUNDS_UNKNOWN_PERSON;
}

enum bounds_refusal bounds_judge(const struct bounds *bounds, const struct bgp_wish *wish)
{
	const struct bgp_settings *bgp = &bounds->link->bgp;
	bool makes_unreachable = bounds_make_unreachable(bounds, &wish->rule);
	int64_t most_ms = makes_unreachable ? bgp->unreachable_ms : bgp->flow_ms;
	enum bounds_refusal refusal = bgp->mode == BGP_ON ? judge_shape(bounds, &wish->rule) : BOUNDS_OFF;

	if (makes_unreachable && most_ms > BGP_UNREACHABLE_MS_MAX)
		most_ms = BGP_UNREACHABLE_MS_MAX;
	if (refusal == BOUNDS_NONE)
		refusal = judge_management(bounds, &wish->rule);
	if (refusal == BOUNDS_NONE && makes_unreachable && has_priority(bounds, &wish->rule.to))
		refusal = BOUNDS_PRIORITY;
	if (refusal == BOUNDS_NONE && wish->by.len && !is_name(wish->by))
		refusal = BOUNDS_NOT_A_NAME;
	if (refusal == BOUNDS_NONE && makes_unreachable)
		refusal = judge_person(bounds, wish->by);
	if (refusal != BOUNDS_NONE)
		return refusal;
	if (wish->for_ms < 1000)
		return BOUNDS_TOO_SHORT;
	return wish->for_ms > (uint64_t)most_ms ? BOUNDS_TOO_LONG : BOUNDS_NONE;
}

enum bounds_refusal bounds_judge_line(const struct bounds *bounds, const struct bgp_rule *rule, const struct link_view *view)
{
	const struct bgp_settings *bgp = &bounds->link->bgp;
	bool makes_unreachable = bounds_make_unreachable(bounds, rule);
	int64_t from = makes_unreachable ? bgp->unreachable_from : bgp->flow_from;

	if (!from)
		return BOUNDS_NONE;
	return view->over_ms && (view->percent >= (uint64_t)from || view->dropped >= (makes_unreachable ? LINK_DROPPED_FULL : LINK_DROPPED_FILLING)) ? BOUNDS_NONE : BOUNDS_LINE_IS_QUIET;
}
