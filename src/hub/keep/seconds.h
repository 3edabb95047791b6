/* What happened in the last seconds, of each site and of all together: a ring a site, in memory.
 *
 * Limits   SECONDS_SITES sites; those of further ones are in the sum of all only
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_KEEP_SECONDS_H
#define BOUCLIER_HUB_KEEP_SECONDS_H

#include "hub/keep/keep.h"

#define SECONDS_SITES 4096u

struct seconds;

/* RESULT_NO_MEMORY. */
enum result seconds_new(struct seconds **out) must_check;
/* NULL is nothing. */
void seconds_free(struct seconds *seconds);
/* NUMBERS are of event/counts.h: how much they grew. */
void seconds_add(struct seconds *seconds, struct span site, uint64_t at_s, const uint64_t *numbers);
/* The COUNT seconds up to LAST_S, the oldest first. */
void seconds_read(const struct seconds *seconds, struct span site, uint64_t last_s, struct keep_second *out, size_t count);
/* The names of the sites that there are; "" (all) is not among them. */
size_t seconds_site_count(const struct seconds *seconds);
struct span seconds_site(const struct seconds *seconds, size_t index);

#endif
