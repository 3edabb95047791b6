/* What the growth of a site's counts means.
 *
 * Units    NUMBERS is [COUNTS_NUMBERS]; sums of requests and connections
 * Threads  pure functions
 */
#ifndef BOUCLIER_INCIDENT_GROWTH_H
#define BOUCLIER_INCIDENT_GROWTH_H

#include "incident/observation.h"
#include "incident/incident.h"

/* Came in all. */
uint64_t growth_seen(const uint64_t *numbers);
/* Got an answer below 500: allowed, logged, or let through after waiting. */
uint64_t growth_served(const uint64_t *numbers);
/* Of these, who waited. */
uint64_t growth_queued(const uint64_t *numbers);
/* Limit, block, drop, and those who were challenged. */
uint64_t growth_refused(const uint64_t *numbers);
/* By rules: whether they decided it, or saw it when it was refused for something else. */
uint64_t growth_rules(const uint64_t *numbers);
/* Went to the portal, and what it failed to answer: the reasons of origins, or its own answers of 500 and more, whichever is more. */
uint64_t growth_asked(const uint64_t *numbers);
uint64_t growth_failed(const uint64_t *numbers);
uint64_t growth_decision(const uint64_t *numbers, enum decision decision);
/* Adds what the vectors are to SECOND. */
void growth_vectors(const uint64_t *numbers, uint64_t second[VECTOR_COUNT]);
void growth_packets(const uint64_t packets[PACKET_REASON_COUNT], uint64_t second[VECTOR_COUNT]);

#endif
