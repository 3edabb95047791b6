/* The part of an answer that a request wants, of one whose length is known.
 *
 * Shape    Range = "bytes=" ( FIRST "-" [ LAST ] / "-" LENGTH ); one range. Several are legal, and answered with the whole: one that asks
 *          for a thousand overlapping ones costs no more than a page
 * Source   RFC 9110, 14.1.2 and 14.2
 * Limits   numbers up to 2^63-1; larger ones are as large
 * Owns     nothing
 */
#ifndef BOUCLIER_CACHE_RANGE_H
#define BOUCLIER_CACHE_RANGE_H

#include "base/span.h"

enum range_kind {
	RANGE_WHOLE,        /* not asked, not understood, or several: the whole answer, 200 */
	RANGE_PART,         /* 206: FIRST and COUNT, which is not 0 */
	RANGE_BEYOND,       /* 416: there is nothing at that place */
};

struct byte_range {
	uint64_t first, count;
};

enum range_kind range_read(struct span value, uint64_t length, struct byte_range *out);

#endif
