/* What a person is told of the audit logs: that the disk refuses them, that records were lost, and whose.
 *
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_AUDIT_H
#define BOUCLIER_CLI_EDGE_AUDIT_H

#include "cli/edge/state.h"

void edge_audit_tick(struct edge_state *state);

#endif
