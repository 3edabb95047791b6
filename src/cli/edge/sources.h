/* Who asks, in the keeper's memory: the table of sources, what is owed to rate limits, networks that a person banned,
 * who was refused under which reference, and whom a person let in.
 *
 * Owns     nothing
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_SOURCES_H
#define BOUCLIER_CLI_EDGE_SOURCES_H

#include "cli/edge/state.h"

/* Before the workers start. Availability, fails open: what is not there, or is another's, lets everybody pass, and the log says so. */
void edge_sources_open(struct edge_state *state);
/* The workers have ended. */
void edge_sources_close(struct edge_state *state);
/* STATE's snapshot serves: whom its lists say that nobody may ban is banned no more. */
void edge_sources_apply(struct edge_state *state);
/* Each second: references that are too old are forgotten; does one shared source send most of a site's requests? One notice a day and
 * site. Did somebody say to be a good bot, and is none? One in ten minutes. */
void edge_sources_tick(struct edge_state *state);

#endif
