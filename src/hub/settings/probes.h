/* `hub.probes`: the outside vantages whose reports the hub takes (docs/probe.md).
 *
 * Threads  values; immutable once read
 */
#ifndef BOUCLIER_HUB_SETTINGS_PROBES_H
#define BOUCLIER_HUB_SETTINGS_PROBES_H

#include "config/key.h"

#define HUB_PROBES_MAX 16u

struct hub_probe_settings {
	struct span name;
	struct span key;           /* public, in base64 */
};

extern const struct key_table hub_probe_table;
/* More than HUB_PROBES_MAX, or two of one name: said of the key `probes` of the mapping under check. */
void hub_probes_check(const struct list_value *probes, struct key_check *check);

#endif
