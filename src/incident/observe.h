/* Lines of journals become observations.
 *
 * Counts are totals since a birth ("bouclier.counts.since"): what is observed is how much they have grown. Of the first line of a site nobody knows how
 * much of it is old: it is only what the next one is compared with. Where a node was born anew while its lines were read, or its journal is read from its
 * very first line on, its totals began at nothing, and all of them is new. Where lines are missing the growth is of more than one second, and says so.
 * Whoever goes on where another has stopped is told what that one knew: observe_resume, and observe_recall of each site's last line.
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
/* Going on, before any line: WHOLE is what observe_whole said. */
void observe_resume(struct observe *observe, uint32_t whole);
/* LINE was the last of its site that was observed. IS_NEXT: those that come now are behind it; otherwise they go over it once more, and the first of its site is only what the next one is
 * compared with. RESULT_MALFORMED, RESULT_LIMIT, RESULT_NO_MEMORY: it is as if there had been none. */
enum result observe_recall(struct observe *observe, struct span line, bool is_next) must_check;
/* The birth of the newest node where it was seen from its first second on; otherwise 0. */
uint32_t observe_whole(const struct observe *observe);
/* The line before was one of counts, and its totals are what the next one of its site is compared with. */
bool observe_has_taken(const struct observe *observe);
struct observe_sums observe_sums(const struct observe *observe);

#endif
