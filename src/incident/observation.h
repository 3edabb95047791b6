/* What is told to incident/: one thing that was seen, at one second. observe.h makes them of a journal's lines; probes and the line's state come
 * from whoever looks at these.
 *
 * Units    seconds since 1970 (UTC)
 * Owns     spans and NUMBERS live until the call that is given them returns
 */
#ifndef BOUCLIER_INCIDENT_OBSERVATION_H
#define BOUCLIER_INCIDENT_OBSERVATION_H

#include "event/counts.h"
#include "packet/reason.h"

#define OBSERVATION_RULES_MAX 16u

enum observation_kind {
	OBSERVATION_COUNTS,    /* how much the exact counts of a site have grown */
	OBSERVATION_NOTICE,    /* something that happened to the node */
	OBSERVATION_PACKETS,   /* dropped by the kernel filter */
	OBSERVATION_REQUEST,   /* a line of the journal: a sample, whose number says nothing */
	OBSERVATION_LINK,      /* the line: what it dropped before anybody could count it */
	OBSERVATION_PROBE,     /* somebody outside looked at the site in a minute, now or earlier: it may be told late */
};

struct observation {
	enum observation_kind kind;
	uint64_t at_s;
	struct span site;                   /* empty: of none */
	union {
		struct {
			const uint64_t *numbers;    /* [COUNTS_NUMBERS] */
			uint32_t over_s;            /* in how many seconds it has grown so much; 1 unless lines are missing */
		} counts;
		struct {
			struct span action, origin, detail;
		} notice;
		uint64_t packets[PACKET_REASON_COUNT];
		struct {
			struct span tenant, origin;
			struct address source;
			bool has_source;            /* SOURCE is its address, or the network that it is in */
			bool is_refused;            /* limit, block, drop, or challenged */
			uint32_t rules[OBSERVATION_RULES_MAX];
			unsigned rule_count;
		} request;
		struct {
			bool is_full, has_drops;
		} link;
		struct {
			uint32_t asked, reached;    /* looks in the minute of `at_s`, and how many of them came to a page of the portal */
			uint32_t slow;              /* of these: after more than CITIZENS_SLOW_MS */
		} probe;
	};
};

#endif
