/* packet/: what is decided about packets, before anybody reads a request; and who else is to be asked where this machine cannot help any more.
 *
 *   settings    the keys a person writes
 *   reason, layout   what the kernel filter says and keeps
 *   carrier/    the link, the carrier's desk, and what is announced to it over BGP
 */
#ifndef BOUCLIER_PACKET_SETTINGS_H
#define BOUCLIER_PACKET_SETTINGS_H

#include "config/snapshot.h"
#include "packet/carrier/settings.h"

struct packet_top_settings {             /* SCOPE_TOP */
	struct link_settings link;
};

extern const struct config_section packet_top_section;

/* NULL: read without this section. */
static inline const struct packet_top_settings *packet_top_settings(const struct snapshot *snapshot)
{
	return snapshot->sections[ROOM_PACKET];
}

#endif
