/* What a request makes its answer depend on, asked of an answer that is kept.
 *
 * Source   RFC 9110, 13; RFC 9111, 4.3.2
 * Limits   an If-None-Match list is read to its end, which is within a head
 * Owns     nothing
 */
#ifndef BOUCLIER_CACHE_CONDITION_H
#define BOUCLIER_CACHE_CONDITION_H

#include "message/field.h"

/* The client has it already: 304. If-None-Match is compared weakly and wins over If-Modified-Since, for which the answer's Last-Modified is
 * used, or where there is none its Date. A list that is none, and a date that is none, are no condition. */
bool condition_is_not_modified(const struct fields *request, const struct fields *answer, int64_t now_s);
/* If-Range, where there is one, holds: by the same strong entity tag, or exactly the same Last-Modified that is at least a second older than
 * the answer's Date. */
bool condition_allows_range(const struct fields *request, const struct fields *answer, int64_t now_s);
/* The request has one of those that only an origin can answer: If-Match, If-Unmodified-Since. */
bool condition_is_for_origin(const struct fields *request);

#endif
