/* What BIRD answers on its control socket, line by line.
 *
 * Source   BIRD 2, doc/reply_codes and nest/cli.c
 * Shape    "1000-text": more follows; "0003 text": the last; " text": more of the same code; "+text": a message of its log, which belongs to nothing.
 *          0xxx done, 1xxx and 2xxx data, 8xxx an error of what was asked, 9xxx a question that was not understood
 * Limits   BIRD_LINE_MAX bytes a line, its end included
 * Owns     nothing: a line points into the input
 * Threads  values
 */
#ifndef BOUCLIER_PACKET_CARRIER_BIRD_REPLY_H
#define BOUCLIER_PACKET_CARRIER_BIRD_REPLY_H

#include "base/span.h"

#define BIRD_LINE_MAX 2048u

struct bird_line {
	unsigned code;            /* 0 to 9999 */
	bool is_last, is_log;
	struct span text;         /* without what stands in front, and without the line's end */
};

/* One line at the front of INPUT. CODE is that of the line before in the same answer, BIRD_NO_CODE of the first.
 * RESULT_MORE, RESULT_MALFORMED, RESULT_LIMIT: no end within BIRD_LINE_MAX. */
#define BIRD_NO_CODE 10000u
enum result bird_line_read(struct span input, unsigned code, struct bird_line *line, size_t *used) must_check;

/* 8xxx, 9xxx. */
static inline bool bird_code_is_error(unsigned code)
{
	return code >= 8000;
}

/* The first number of "3 of 3 routes for 3 networks in table x". RESULT_MALFORMED */
enum result bird_count_read(struct span text, uint64_t *out) must_check;

#endif
