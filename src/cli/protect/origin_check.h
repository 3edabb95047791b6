/* Whether the origins of a configuration can be what their administrator thinks they are: each name resolves, and none
 * leads back to one of our own listeners. Asks the system's DNS: for `check`, before anything runs. */
#ifndef BOUCLIER_CLI_PROTECT_ORIGIN_CHECK_H
#define BOUCLIER_CLI_PROTECT_ORIGIN_CHECK_H

#include "base/complaint.h"
#include "config/snapshot.h"

/* The same for one site. */
void origins_check_site(const struct snapshot *snapshot, const struct site *site, struct complaints *complaints);
/* False when there was an error. */
bool origins_are_reachable(const struct snapshot *snapshot, struct complaints *complaints);

#endif
