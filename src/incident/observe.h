/* Lines of journals become observations.
 *
 * Counts are totals since a birth ("bouclier.counts.since"): what is observed is how much they have grown. Of the first line of a site nobody knows how
 * much of it is old: it is only what the next one is compared with. Where a node was born anew while its lines were read, or its journal is read from its
 * very first line on, its totals began at nothing, and all of them is new. Where lines are missing the growth is of more than one second, and says so.
 *
 * Shape    docs/events.md: bouclier.counts, bouclier.notice, bouclier.request, bouclier.journal. Whose seal is wrong is for the caller to leave out
 * Limits   a line LINE_MAX_BYTES; OBSERVE_SITES_MAX sites of all nodes, OBSERVE_NODES_MAX nodes: further ones are counted in `beyond`, and not observed
 * Owns     what it remembers; what OUT points to stays until the next call
 * Threads  one at a time
 */
#ifndef BOUCLIER_INCIDENT_OBSERVE_H
#define BOUCLIER_INCIDENT_OBSERVE_H

#include "incident/observation.h"

#define OBSERVE_SITES_MAX 16384u
#define OBSERVE_NODES_MAX 256u
#define OBSERVE_OVER_MAX_S 86400u

struct observe;

struct observe_sums {
	uint64_t lines, bad, beyond;
};

/* RESULT_NO_MEMORY. */
enum result observe_new(struct observe **out) must_check;
/* NULL is nothing. */
void observe_free(struct observe *observe);
/* RESULT_NOT_FOUND: a good line that says nothing here. RESULT_MALFORMED: a bad one, which is counted. RESULT_LIMIT: beyond the limits, counted.
 * RESULT_NO_MEMORY. OUT may be changed unless RESULT_OK. */
enum result observe_line(struct observe *observe, struct span line, struct observation *out) must_check;
/* The next line is the first that its journal ever had: before it there was nothing. Does nothing once a line of counts was observed. */
void observe_beginning(struct observe *observe);
struct observe_sums observe_sums(const struct observe *observe);

#endif
