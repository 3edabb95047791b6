/* What the handlers of events share: a question about lines, read from parameters.
 *
 * Owns     the query lives in ARENA, until events_done
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_API_EVENTS_EVENTS_H
#define BOUCLIER_HUB_API_EVENTS_EVENTS_H

#include "hub/api/inner.h"

#define EVENTS_EXAMINED 2000u     /* rows at a time: others wait for their turn meanwhile */

struct events {
	struct arena arena;
	struct store_events_ask ask;
};

/* Parameters q, from, to of ARGUMENTS. False: answered, and nothing is owned. */
bool events_begin(struct events *events, struct api *api, struct arguments *arguments);
void events_done(struct events *events);

#endif
