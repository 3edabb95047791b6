/* What the edge keeps in the state folder. */
#ifndef BOUCLIER_CLI_EDGE_FOLDERS_H
#define BOUCLIER_CLI_EDGE_FOLDERS_H

#include "cli/edge/state.h"

/* The state folder and those in it, as far as they can be had. Availability: whatever is wrong with them, the portals are served. */
void edge_open_folders(struct edge_state *state);
/* The name of this node, for loops and for lines: the same as long as the state folder is. */
void edge_name_node(struct edge_state *state);

#endif
