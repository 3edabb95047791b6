/* packet/: the kernel filter. What an administrator writes about it, under `packet`.
 *
 *   kernel/   the XDP program, and the one file that carries it
 *   lists/    denied and allowed networks, from files to tables
 *   spared    who always passes; ssh_ports: where sshd is reached
 *   loader/   attaches, with rights, and ends: the ladder from native XDP to nothing; what is undone unless it is confirmed
 *   carrier/  the line to the internet, the carrier's desk, and rules over BGP, with keys of its own under `link`
 *   egress/   who the shield's own processes contact: a ledger, and a list
 *   control/  writes settings, bans and the heartbeat and reads counters and events, with descriptors and without rights
 *
 * Owns     values lie in the snapshot's arena
 */
#ifndef BOUCLIER_PACKET_SETTINGS_H
#define BOUCLIER_PACKET_SETTINGS_H

#include "config/snapshot.h"
#include "packet/carrier/settings.h"
#include "packet/egress/keys.h"
#include "packet/layout.h"

#define PACKET_INTERFACES_MAX 32u
#define PACKET_SOCKET "/run/bouclier-control/packet.sock"

enum packet_mode { PACKET_MODE_OBSERVE, PACKET_MODE_ENFORCE };

struct packet_expose_settings {
	struct list_value tcp, udp;         /* int64_t; both empty: every port may be reached */
};

struct packet_budget_settings {
	struct rate packets, unproven;      /* of a source; of one that has not shown that it is there */
	int64_t packets_burst, unproven_burst;
};

struct packet_filter_settings {
	struct list_value interfaces;       /* struct span; empty: nothing is filtered */
	int mode;                           /* enum packet_mode */
	struct span socket;                 /* of the controller */
	struct packet_expose_settings expose;
	struct list_value reflectors;       /* int64_t: UDP source ports */
	bool is_strict;
	struct packet_budget_settings budget;
	struct packet_egress_settings egress;
};

struct packet_top_settings {                /* SCOPE_TOP */
	struct packet_filter_settings filter;
	struct link_settings link;
};

extern const struct config_section packet_section;

static inline const struct packet_filter_settings *packet_settings_of(const struct snapshot *snapshot)
{
	return &((const struct packet_top_settings *)snapshot->sections[ROOM_PACKET])->filter;
}

static inline const struct link_settings *link_settings_of(const struct snapshot *snapshot)
{
	return &((const struct packet_top_settings *)snapshot->sections[ROOM_PACKET])->link;
}

/* NAME may be a network interface's; nothing else gets into a path or a command. */
bool interface_name_is_good(struct span name);
/* What of the program's settings follows from SETTINGS: flags, budgets, ports. The rest of OUT is untouched. */
void packet_settings_apply(const struct packet_filter_settings *settings, struct packet_settings *out);

#endif
