/* Dates of HTTP.
 *
 * Shape    the three of RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994";
 *          exactly, in the case that is written there
 * Units    seconds since 1970, UTC
 * Limits   from 1970 to 9999; the weekday is a word of the list, and not compared with the date; a leap second is the one after it
 */
#ifndef BOUCLIER_CACHE_DATE_H
#define BOUCLIER_CACHE_DATE_H

#include "base/span.h"

/* NOW_S: a year of two digits that would be more than 50 years ahead of it is one of the past. RESULT_MALFORMED. */
enum result http_date_read(struct span text, int64_t now_s, int64_t *out) must_check;

#endif
