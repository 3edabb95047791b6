/* The parts of an incident that have numbers, read strictly; for read.c alone.
 *
 * Threads  one at a time
 */
#ifndef BOUCLIER_INCIDENT_READ_PARTS_H
#define BOUCLIER_INCIDENT_READ_PARTS_H

#include "incident/incident.h"
#include "incident/reading.h"

#define READING_COUNT_MAX ((uint64_t)INT64_MAX)

void read_vectors(struct reading *reading, struct incident *incident);
void read_sources(struct reading *reading, struct incident *incident);
void read_done(struct reading *reading, struct incident *incident);
void read_citizens(struct reading *reading, struct citizens *citizens);

#endif
