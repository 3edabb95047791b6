/* What the keeper orders: a new configuration, an end. The parts of taking one up that the start (start.h) has in common with it are here.
 *
 * Threads  the service thread's; before the first worker, too
 */
#ifndef BOUCLIER_CLI_EDGE_ORDERS_H
#define BOUCLIER_CLI_EDGE_ORDERS_H

#include "cli/edge/state.h"

/* Carried out, and answered, when this returns; of an end: begun. */
void edge_obey(struct edge_state *state, struct edge_order *order);

/* Workers and the admin socket accept on the listeners of PLAN, and on no others. RESULT_NO_MEMORY, RESULT_IO. */
enum result edge_post_listeners(struct edge_state *state, const struct edge_plan *plan) must_check;
/* What tenants have shares of, as the snapshot in force says. */
void edge_share(struct edge_state *state);
/* What is wrong and yet serves: said once for each configuration. */
void edge_print_warnings(const struct complaints *complaints);

#endif
