/* Whole networks that a person banned: more than one source each, so that no entry of the table of sources can say it.
 *
 * Units    CLOCK_MONOTONIC in microseconds
 * Limits   BAN_NETWORKS_MAX; a look goes through those there are. For more there is `denylist`
 * Owns     nothing: the memory is the caller's, zero at birth, and outlives an edge
 * Threads  one writes, any number of any processes read: who reads an entry while it is written sees none
 */
#ifndef BOUCLIER_GUARD_BAN_NETWORKS_H
#define BOUCLIER_GUARD_BAN_NETWORKS_H

#include "base/address.h"

#define BAN_NETWORKS_VERSION 1u
#define BAN_NETWORKS_MAX 256u
#define BAN_REASON_MAX 112u              /* with NUL */

struct banned_network {
	uint64_t until_us;               /* 0: free */
	struct network network;
	char reason[BAN_REASON_MAX];
};

struct ban_networks {
	uint32_t used;                   /* places from the front that ever held one */
	uint32_t versions[BAN_NETWORKS_MAX];  /* odd while it is written */
	struct banned_network list[BAN_NETWORKS_MAX];
};

/* REASON is at most BAN_REASON_MAX - 1 bytes. NETWORK is there already: its end and its reason are these from now on. RESULT_LIMIT: no place. */
enum result ban_networks_add(struct ban_networks *bans, const struct network *network, uint64_t until_us, struct span reason, uint64_t now_us) must_check;
/* RESULT_NOT_FOUND: exactly NETWORK is not banned. */
enum result ban_networks_lift(struct ban_networks *bans, const struct network *network, uint64_t now_us) must_check;
/* The ban that ADDRESS is under. */
bool ban_networks_find(const struct ban_networks *bans, const struct address *address, uint64_t now_us, struct banned_network *out);
/* Those that are on, into OUT; how many. */
unsigned ban_networks_list(const struct ban_networks *bans, uint64_t now_us, struct banned_network out[BAN_NETWORKS_MAX]);

#endif
