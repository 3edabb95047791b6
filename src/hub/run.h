/* The life of `bouclier-hub --role hub`, and of `--role send`: from the keeper's start to the exit code. wire.h has the parts of the hub. */
#ifndef BOUCLIER_HUB_RUN_H
#define BOUCLIER_HUB_RUN_H

#include "process/role_hub.h"

int hub_run(const struct channel *keeper);
int hub_send_run(const struct channel *keeper);

#endif
