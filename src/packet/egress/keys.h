/* What an administrator writes under `packet: egress`.
 *
 * Limits   EGRESS_ALLOW_MAX networks of `allow`
 * Owns     values lie in the snapshot's arena
 */
#ifndef BOUCLIER_PACKET_EGRESS_KEYS_H
#define BOUCLIER_PACKET_EGRESS_KEYS_H

#include "config/key.h"

#define EGRESS_ALLOW_MAX 1024u
#define EGRESS_CGROUP_MAX 1024

struct packet_egress_settings {
	int mode;                  /* enum egress_mode */
	struct span cgroup;        /* below where cgroup v2 is mounted; it does not begin with / */
	struct list_value allow;   /* struct span, which egress_rule_read reads */
};

extern const struct key_table packet_egress_table;

#endif
