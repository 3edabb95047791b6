/* What a reload changes of the kernel filter. What lets more through takes effect at once, through the controller, for a listener that nobody reaches helps nobody: ports, and mode: observe. What lets
 * less through, or is about who always passes, is a person's to attach and to confirm (packet/loader/pending.h): it is said, and nothing is done. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/edge/packet.h"
#include "cli/served_ports.h"
#include "guard/settings.h"
#include "net/settings.h"
#include "packet/control/orders.h"
#include "packet/settings.h"

#include "base/banned.h"

/* One configuration, as the filter sees it. */
struct seen {
	const struct packet_filter_settings *filter;
	const struct net_settings *net;
	const struct list_value *management;
	struct served_ports served, own;
};

static void see(const struct snapshot *snapshot, struct seen *out)
{
	out->filter = packet_settings_of(snapshot);
	out->net = net_settings(snapshot);
	out->management = &guard_top_settings(snapshot)->management;
	served_ports_listened(snapshot, &out->served);
	served_ports_own(snapshot, &out->own);
}

/* -- what lets more through -- */

struct opening {
	struct packet_order orders[PACKET_ORDERS_MAX];
	unsigned count;
	bool has_more;               /* than one message has room for */
};

static void open_one(struct opening *opening, enum packet_order_kind kind, uint64_t port)
{
	if (opening->count == PACKET_ORDERS_MAX)
		opening->has_more = true;
	else
		opening->orders[opening->count++] = (struct packet_order){ .kind = kind, .source = port };
}

static bool has_port(const struct list_value *ports, int64_t port)
{
	const int64_t *list = ports->items;

	for (size_t i = 0; i < ports->count; i++) {
		if (list[i] == port)
			return true;
	}
	return false;
}

static void open_exposed(struct opening *opening, enum packet_order_kind kind, const struct list_value *before, const struct list_value *after)
{
	const int64_t *list = after->items;

	for (size_t i = 0; i < after->count; i++) {
		if (!has_port(before, list[i]))
			open_one(opening, kind, (uint64_t)list[i]);
	}
}

static void find_openings(const struct seen *before, const struct seen *after, struct opening *out)
{
	out->count = 0;
	out->has_more = false;
	for (unsigned i = 0; i < after->served.count; i++) {
		if (!served_ports_have(&before->served, after->served.list[i]))
			open_one(out, served_ports_have(&after->own, after->served.list[i]) ? PACKET_ORDER_SERVE : PACKET_ORDER_EXPOSE_TCP, after->served.list[i]);
	}
	open_exposed(out, PACKET_ORDER_EXPOSE_TCP, &before->filter->expose.tcp, &after->filter->expose.tcp);
	open_exposed(out, PACKET_ORDER_EXPOSE_UDP, &before->filter->expose.udp, &after->filter->expose.udp);
	if (before->filter->mode == PACKET_MODE_ENFORCE && after->filter->mode == PACKET_MODE_OBSERVE)
		open_one(out, PACKET_ORDER_OBSERVE, 0);
}

unsigned edge_packet_openings(const struct snapshot *snapshot, struct packet_order out[PACKET_ORDERS_MAX])
{
	static const struct packet_filter_settings closed = { .mode = PACKET_MODE_ENFORCE };
	const struct seen nothing = { .filter = &closed };
	struct opening opening;
	struct seen all;

	see(snapshot, &all);
	find_openings(&nothing, &all, &opening);
	memcpy(out, opening.orders, opening.count * sizeof(*out));
	return opening.count;
}

/* -- what waits for a person -- */

static bool names_differ(const struct list_value *one, const struct list_value *other)
{
	const struct span *a = one->items, *b = other->items;

	if (one->count != other->count)
		return true;
	for (size_t i = 0; i < one->count; i++) {
		if (!span_equal(a[i], b[i]))
			return true;
	}
	return false;
}

static bool items_differ(const struct list_value *one, const struct list_value *other, size_t size)
{
	return one->count != other->count || (one->count && memcmp(one->items, other->items, one->count * size) != 0);
}

static bool proxies_differ(const struct net_settings *one, const struct net_settings *other)
{
	const struct listen_settings *a = one->listen.items, *b = other->listen.items;
	size_t most = one->listen.count > other->listen.count ? one->listen.count : other->listen.count;
	static const struct list_value none;
	bool differ = items_differ(&one->trusted_proxies, &other->trusted_proxies, sizeof(struct network));

	for (size_t i = 0; i < most; i++)
		differ |= items_differ(i < one->listen.count ? &a[i].trusted_proxies : &none, i < other->listen.count ? &b[i].trusted_proxies : &none, sizeof(struct network));
	return differ;
}

static bool has_lost(const struct list_value *before, const struct list_value *after)
{
	const int64_t *list = before->items;

	for (size_t i = 0; i < before->count; i++) {
		if (!has_port(after, list[i]))
			return true;
	}
	return false;
}

static bool exposes(const struct packet_filter_settings *filter)
{
	return filter->expose.tcp.count || filter->expose.udp.count;
}

static bool has_lost_served(const struct seen *before, const struct seen *after)
{
	for (unsigned i = 0; i < before->served.count; i++) {
		if (!served_ports_have(&after->served, before->served.list[i]))
			return true;
	}
	return false;
}

static bool budgets_differ(const struct packet_budget_settings *one, const struct packet_budget_settings *other)
{
	return one->packets.count != other->packets.count || one->packets.per_ms != other->packets.per_ms || one->packets_burst != other->packets_burst ||
	       one->unproven.count != other->unproven.count || one->unproven.per_ms != other->unproven.per_ms || one->unproven_burst != other->unproven_burst;
}

/* "mode, management"; empty: nothing. IS_TOLD: what lets more through has reached the filter. */
static void find_waiting(const struct seen *before, const struct seen *after, const struct opening *opening, bool is_told, char *out, size_t size)
{
	const struct packet_filter_settings *a = before->filter, *b = after->filter;
	const struct {
		const char *name;
		bool differs;
	} keys[] = {
		{ "packet.interfaces", names_differ(&a->interfaces, &b->interfaces) },
		{ "packet.mode", a->mode != b->mode && (b->mode == PACKET_MODE_ENFORCE || !is_told) },
		{ "packet.expose", exposes(a) != exposes(b) || has_lost(&a->expose.tcp, &b->expose.tcp) || has_lost(&a->expose.udp, &b->expose.udp) || (opening->count && !is_told && exposes(b)) },
		{ "packet.reflectors", items_differ(&a->reflectors, &b->reflectors, sizeof(int64_t)) },
		{ "packet.strict", a->is_strict != b->is_strict },
		{ "packet.source_budget", budgets_differ(&a->budget, &b->budget) },
		{ "management", items_differ(before->management, after->management, sizeof(struct network)) },
		{ "trusted_proxies", proxies_differ(before->net, after->net) },
		{ "listen", has_lost_served(before, after) || (!is_told && after->served.count != before->served.count) },
	};
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (keys[i].differs)
			len += (size_t)snprintf(out + len, size - len, "%s%s", len ? ", " : "", keys[i].name);
	}
}

/* -- both -- */

void edge_packet_reload(struct edge_packet *packet, const struct snapshot *before, const struct snapshot *after, struct event *event, char note[EDGE_PACKET_NOTE_MAX])
{
	struct seen old, new;
	struct opening opening;
	bool is_told = true;
	char keys[EDGE_PACKET_NOTE_MAX / 2];

	note[0] = '\0';
	if (!packet || !before)
		return;
	see(before, &old);
	see(after, &new);
	if (!old.filter->interfaces.count && !new.filter->interfaces.count)
		return;
	find_openings(&old, &new, &opening);
	if (opening.count)
		is_told = edge_packet_order(packet, opening.orders, opening.count) && !opening.has_more;
	find_waiting(&old, &new, &opening, is_told, keys, sizeof(keys));
	if (!keys[0])
		return;
	snprintf(note, EDGE_PACKET_NOTE_MAX, "warning: the kernel filter goes on with what was before this reload: %s; bouclier packet attach, then confirm", keys);
	fprintf(stderr, "bouclier: %s\n", note);
	if (event)
		event_notice(event, &(struct notice){ .wall_ns = clock_wall_ns(), .action = SPAN("packet-filter-differs"), .detail = span_of(keys) });
}
