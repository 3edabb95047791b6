/* cache/: answers that may be given again. What may be kept, and for whom, is decided by pure functions (control, policy, condition, range,
 * cookie, key); where it is kept, and what goes when there is no room, by the store (object, sketch, store); who waits for an answer that is
 * on its way, by flight; which pages are the same for everybody though nobody says so, by learner and likeness. edge/ asks all of them, and moves the bytes.
 *
 * Cache-Control: what a request and what an answer say about being kept.
 *
 * Shape    directives of all fields of that name together, in any case; a value is a token or a quoted string
 * Source   RFC 9111, 5.2; RFC 5861 (stale-while-revalidate, stale-if-error); RFC 8246 has nothing that a shared cache does otherwise
 * Units    seconds; CONTROL_NONE: not said
 * Limits   CONTROL_SECONDS_MAX is the longest; more is as much (RFC 9111, 1.2.2)
 * Owns     nothing
 *
 * Security, fails closed: an age that is no number is 0, of two the shorter counts, private and no-cache with names of fields are the whole
 * answer's, and a quotation without an end is `is_broken`: such an answer is not kept.
 */
#ifndef BOUCLIER_CACHE_CONTROL_H
#define BOUCLIER_CACHE_CONTROL_H

#include "message/field.h"

#define CONTROL_NONE (-1)
#define CONTROL_SECONDS_MAX INT64_C(2147483648)

struct cache_control {
	bool has_any, is_broken;
	bool no_store, no_cache, is_private, is_public, must_revalidate, proxy_revalidate, only_if_cached;
	int64_t max_age, s_maxage, min_fresh, while_revalidate, if_error;
};

void cache_control_read(const struct fields *fields, struct cache_control *out);

#endif
