#include "packet/loader/target.h"

#include <stdio.h>

#include "base/banned.h"

#define PARENTS_MAX 8u

const char *packet_rung_name(enum packet_rung rung)
{
	static const char *const names[] = { "native XDP", "generic XDP", "nftables", "nothing" };

	return names[rung];
}

const char *packet_rung_loss(enum packet_rung rung)
{
	switch (rung) {
	case RUNG_NATIVE: return "nothing is lost";
	case RUNG_GENERIC: return "all of the filter works, but after the kernel has made room for each packet: a dropped one costs several times as much";
	case RUNG_NFTABLES:
		return "lists, reflectors and hidden TCP ports work; no ban arrives (its sets are written with rights that the controller does not have: the shield refuses who is banned at accept, as ever), there are no budgets, no look for connections, no SYN cookies before the kernel's own, no events, and a "
		       "dropped packet costs several times as much";
	case RUNG_NOTHING: return "no packet is filtered before the kernel's network stack";
	}
	return "";
}

static bool has_index(const struct packet_targets *targets, unsigned index)
{
	for (unsigned i = 0; i < targets->count; i++) {
		if (targets->list[i].index == index)
			return true;
	}
	return false;
}

static void add(struct packet_targets *targets, const struct link_seen *link, const char *asked)
{
	struct packet_target *target = &targets->list[targets->count];

	if (has_index(targets, link->index) || targets->count == TARGETS_MAX)
		return;
	targets->count++;
	*target = (struct packet_target){ .index = link->index, .mtu = link->mtu, .rung = RUNG_NOTHING, .is_bond = strcmp(link->kind, "bond") == 0 };
	snprintf(target->name, sizeof(target->name), "%s", link->name);
	snprintf(target->asked, sizeof(target->asked), "%s", asked);
	if (strcmp(link->name, asked) != 0)
		snprintf(target->why, sizeof(target->why), "it is below the VLAN %s, and filters all of its traffic", asked);
}

enum result targets_find(const struct list_value *names, const struct links_seen *links, struct packet_targets *out, struct complaints *complaints)
{
	const struct span *list = names->items;
	enum result result = RESULT_OK;

	out->count = 0;
	for (size_t i = 0; i < names->count; i++) {
		const struct link_seen *asked = links_find(links, list[i]), *link = asked;

		for (unsigned depth = 0; link && strcmp(link->kind, "vlan") == 0 && depth < PARENTS_MAX; depth++)
			link = links_find_index(links, link->parent);
		if (link && !link->is_loopback) {
			add(out, link, asked->name);
			continue;
		}
		if (link)
			complain(complaints, COMPLAINT_ERROR, (struct place){ .line = 0 }, SPAN("packet.interfaces names those that visitors come through"),
			         "%.*s is this machine itself: nobody from outside comes through it, and the shield speaks to its own origins there", SPAN_ARG(list[i]));
		else
			complain(complaints, COMPLAINT_ERROR, (struct place){ .line = 0 }, SPAN("ip link shows those there are; the key is packet.interfaces"),
			         "there is no interface %.*s%s", SPAN_ARG(list[i]), asked ? ", or none below it in this namespace" : "");
		result = RESULT_NOT_FOUND;
	}
	return result;
}

static bool is_kind(const struct link_seen *link, const char *kind)
{
	return link && strcmp(link->kind, kind) == 0;
}

static const struct link_seen *bond_of(const struct link_seen *link, const struct links_seen *links)
{
	const struct link_seen *master = link ? links_find_index(links, link->master) : NULL;

	return is_kind(master, "bond") ? master : link;
}

/* LINK is the target, or its bond, or lies above one of them over VLANs. */
static bool is_above(const struct packet_targets *targets, const struct link_seen *link, const struct links_seen *links)
{
	for (unsigned depth = 0; is_kind(link, "vlan") && depth < PARENTS_MAX; depth++)
		link = links_find_index(links, link->parent);
	for (unsigned i = 0; link && i < targets->count; i++) {
		const struct link_seen *target = links_find_index(links, targets->list[i].index);

		if (link == target || link == bond_of(target, links))
			return true;
	}
	return false;
}

bool targets_carry_others(const struct packet_targets *targets, const struct links_seen *links)
{
	for (unsigned i = 0; i < links->count; i++) {
		const struct link_seen *link = &links->list[i], *below = link;

		if (is_kind(link, "macvlan") || is_kind(link, "macvtap") || is_kind(link, "ipvlan") || is_kind(link, "ipvtap"))
			below = links_find_index(links, link->parent);
		else if (!is_kind(links_find_index(links, link->master), "bridge") && !is_kind(links_find_index(links, link->master), "openvswitch"))
			continue;
		if (is_above(targets, below, links))
			return true;
	}
	return false;
}

bool targets_have_vlan(const struct packet_targets *targets, const struct links_seen *links)
{
	for (unsigned i = 0; i < links->count; i++) {
		if (is_kind(&links->list[i], "vlan") && is_above(targets, &links->list[i], links))
			return true;
	}
	return false;
}

bool targets_split_bond(struct packet_targets *targets, unsigned at, const struct links_seen *links)
{
	const struct packet_target bond = targets->list[at];
	unsigned before = targets->count;

	for (unsigned i = 0; i < links->count; i++) {
		if (links->list[i].master == bond.index)
			add(targets, &links->list[i], bond.name);
	}
	if (targets->count == before)
		return false;
	for (unsigned i = before; i < targets->count; i++)
		snprintf(targets->list[i].why, sizeof(targets->list[i].why), "a member of the bond %s, which takes no program itself", bond.name);
	memmove(&targets->list[at], &targets->list[at + 1], (targets->count - at - 1) * sizeof(*targets->list));
	targets->count--;
	return true;
}
