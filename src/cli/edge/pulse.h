/* Workers that hang. The service thread asks each worker for a sign of life, once a tick; one that owes it for PULSE_SILENT_TICKS
 * is made to die of what it is doing, with the edge: the keeper starts another, and edge/quarantine.h remembers the request.
 *
 * Units    ticks of the service thread, not a clock: a machine that slept, or a service thread that built a snapshot, accuses nobody
 * Owns     struct edge_pulses until edge_pulses_free, after the workers are gone
 * Threads  the service thread's
 *
 * Availability: the others of a hung worker's citizens lose their connections too, and are served again within a second;
 * without it a worker's share of all citizens would not be served until a person comes.
 */
#ifndef BOUCLIER_CLI_EDGE_PULSE_H
#define BOUCLIER_CLI_EDGE_PULSE_H

#include "cli/edge/state.h"

/* A second each. Far more than rules (a millisecond a turn) or a page cache that is written back take. */
#ifndef BOUCLIER_CRASH_TEST
#define PULSE_SILENT_TICKS 20u
#else
#define PULSE_SILENT_TICKS 2u
#endif

/* NULL: no memory. */
struct edge_pulses *edge_pulses_new(struct edge_state *state) must_check;
void edge_pulses_tick(struct edge_pulses *pulses);
void edge_pulses_free(struct edge_pulses *pulses);

#endif
