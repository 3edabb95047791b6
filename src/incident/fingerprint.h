/* What makes two incidents alike: for an attack what it consists of, for anything else what it is about.
 *
 * Shape    "attack vectors=request-flood,application rules=941,942": each vector of at least FINGERPRINT_SHARE thousandths of its unit, in the order of
 *          INCIDENT_VECTOR_LIST; the FINGERPRINT_RULES most frequent families of rules, by number, where "application" is among the vectors.
 *          "outage http://10.0.0.11:8080" otherwise
 * Limits   INCIDENT_PRINT_BYTES, which every fingerprint fits into
 * Threads  pure functions
 */
#ifndef BOUCLIER_INCIDENT_FINGERPRINT_H
#define BOUCLIER_INCIDENT_FINGERPRINT_H

#include "incident/incident.h"

#define FINGERPRINT_SHARE 100u
#define FINGERPRINT_RULES 3u
#define RELATED_WITHIN_S (183ull * 86400)

/* Of what is known now, into incident->fingerprint. */
void fingerprint_set(struct incident *incident);
/* Are they alike, and not further apart than six months? Never of one with itself, nor of an attack that nothing is known of. */
bool fingerprint_is_related(const struct incident *a, const struct incident *b);
/* Remembers EARLIER as related, unless it is not, or is remembered, or others already are INCIDENT_RELATED_MAX: then the oldest gives place. */
void fingerprint_relate(struct incident *incident, const struct incident *earlier);

#endif
