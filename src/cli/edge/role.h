/* The edge process: from its start orders to its exit code. */
#ifndef BOUCLIER_CLI_EDGE_ROLE_H
#define BOUCLIER_CLI_EDGE_ROLE_H

#include "process/role.h"

int role_edge(struct role_link *link);

#endif
