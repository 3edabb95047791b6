/* Everything that can be wrong with a configuration on this machine. */
#ifndef BOUCLIER_CLI_CHECK_H
#define BOUCLIER_CLI_CHECK_H

#include "cli/loaded.h"

/* After loaded_read: certificates, origins, addresses. SOCKET is of a shield that may run: what it listens on itself is no
 * fault. Complaints go to LOADED's; false when there is an error among them. */
bool check_loaded(struct loaded *loaded, const char *socket);

#endif
