/* The life of `bouclier-hub --role hub`, and of `--role send`: from the keeper's start to the exit code. The only place of the hub where its parts
 * are wired. */
#ifndef BOUCLIER_HUB_RUN_H
#define BOUCLIER_HUB_RUN_H

#include "process/role_hub.h"

int hub_run(const struct channel *keeper);
int hub_send_run(const struct channel *keeper);

#endif
