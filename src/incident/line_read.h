/* One line of a journal, taken apart: what incident/ looks at, and nothing else.
 *
 * Shape    docs/events.md; of a name that comes twice the last counts
 * Owns     spans point into the line, or into the struct
 * Threads  pure function
 */
#ifndef BOUCLIER_INCIDENT_LINE_READ_H
#define BOUCLIER_INCIDENT_LINE_READ_H

#include "incident/observation.h"

#define LINE_READ_NAME_MAX 256u
#define LINE_READ_DETAIL_MAX 1024u

enum line_dataset { LINE_OTHER, LINE_COUNTS, LINE_NOTICE, LINE_REQUEST, LINE_JOURNAL };

struct line_read {
	enum line_dataset dataset;
	uint64_t at_s;
	struct span node, site, tenant, action, origin, detail, decision, after;
	uint32_t since;
	bool has_source;
	struct address source;
	uint32_t rules[OBSERVATION_RULES_MAX];
	unsigned rule_count;
	uint64_t numbers[COUNTS_NUMBERS];
	char space[5][LINE_READ_NAME_MAX], detail_space[LINE_READ_DETAIL_MAX];
};

/* RESULT_MALFORMED: no object, no time, or a number of counts that is none. OUT may be changed then. */
enum result line_read(struct span line, struct line_read *out) must_check;
/* "out_of_state 1000, malformed 3": RESULT_MALFORMED unless it is a list of reasons with numbers. */
enum result line_read_packets(struct span detail, uint64_t out[PACKET_REASON_COUNT]) must_check;

#endif
