/* What happened to the node rather than to a request: an origin fell, a certificate nears its end. One line of the detail
 * stream each, never sampled: there are few, and they are what a person looks for.
 *
 * Owns     spans live until event_notice returns
 */
#ifndef BOUCLIER_EVENT_NOTICE_H
#define BOUCLIER_EVENT_NOTICE_H

#include "event/format.h"

struct notice {
	uint64_t wall_ns;
	struct span action;   /* "origin-down" */
	struct span site;     /* empty: of no site alone */
	struct span origin;   /* "http://10.0.0.11:8080"; empty: none */
	struct span detail;   /* a sentence */
};

/* The bytes written to OUT, which has room for FORMAT_MAX. */
size_t format_notice(struct format *format, const struct notice *notice, char *out);

#endif
