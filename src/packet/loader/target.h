/* From the names that a person writes to the interfaces that a program is attached to: of a VLAN the one below it, which sees its packets first; of a bond
 * that takes no program itself, its members.
 *
 * Limits   TARGETS_MAX in all
 */
#ifndef BOUCLIER_PACKET_LOADER_TARGET_H
#define BOUCLIER_PACKET_LOADER_TARGET_H

#include "base/complaint.h"
#include "config/key.h"
#include "packet/loader/links.h"

#define TARGETS_MAX 64u

enum packet_rung { RUNG_NATIVE, RUNG_GENERIC, RUNG_NFTABLES, RUNG_NOTHING };

struct packet_target {
	char name[IFNAMSIZ];       /* to which something is attached */
	char asked[IFNAMSIZ];      /* as the configuration says */
	unsigned index, mtu;
	bool is_bond, was_there;
	enum packet_rung rung;
	char why[200];             /* why not a better rung; or what else is to be known. Empty: nothing */
};

struct packet_targets {
	struct packet_target list[TARGETS_MAX];
	unsigned count;
};

const char *packet_rung_name(enum packet_rung rung);
/* What is lost on RUNG against the one above it; a sentence. */
const char *packet_rung_loss(enum packet_rung rung);
/* NAMES: struct span. RESULT_NOT_FOUND: complained of those that are not there. */
enum result targets_find(const struct list_value *names, const struct links_seen *links, struct packet_targets *out, struct complaints *complaints) must_check;
/* In place of the bond at AT its members. False: it has none. */
bool targets_split_bond(struct packet_targets *targets, unsigned at, const struct links_seen *links);
/* Others are behind one of them without being routed to: it, its bond or a VLAN above is a port of a bridge, or carries a macvlan, macvtap or ipvlan. */
bool targets_carry_others(const struct packet_targets *targets, const struct links_seen *links);
/* A VLAN lies above one of them, or above its bond. */
bool targets_have_vlan(const struct packet_targets *targets, const struct links_seen *links);

#endif
