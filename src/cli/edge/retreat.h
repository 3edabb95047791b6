/* Rules that go back to detect in one place (edge/hits/retreat.h): looked for each second, told in the log and the journal, ended by time
 * or by a person.
 *
 * Owns     nothing
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_RETREAT_H
#define BOUCLIER_CLI_EDGE_RETREAT_H

#include "cli/edge/state.h"
#include "edge/hits/retreat.h"

/* Sites in block whose file does not say `retreat: false`. Not of an edge that drains: another looks. */
void edge_retreat_tick(struct edge_state *state);
/* RULE (NULL: there is none) may go back by itself: it adds to a score, and is not about the protocol. */
bool edge_retreat_may(const struct rule *rule);
/* A person's word. RESULT_NOT_FOUND: RULE has not gone back. */
enum result edge_retreat_enforce(struct edge_state *state, struct edge_site *site, uint32_t rule) must_check;

#endif
