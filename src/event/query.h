/* The query language of `bouclier log -q` (and later of the console).
 *
 * Shape    query  = either *("or" either)
 *          either = each *("and" each)
 *          each   = "not" each / "(" query ")" / name operator value
 *          operator: = != < <= > >= and ~ (contains, in any case of ASCII letters)
 *          value: a word without spaces, quotes and parentheses, or "text" with \" and \\, or 'text'
 *          status>=500 and site=www.commune.example and not ip=10.0.0.0/8 and duration>1.5s and time>-1h
 *          An empty query matches everything. A member that a line does not have matches != only. Of a list, = and ~ ask
 *          for any element, != for all.
 * Limits   QUERY_MAX_BYTES, QUERY_TERMS_MAX terms, QUERY_DEPTH_MAX of nesting
 * Owns     a query lives in the arena given
 * Threads  immutable once read
 */
#ifndef BOUCLIER_EVENT_QUERY_H
#define BOUCLIER_EVENT_QUERY_H

#include "base/complaint.h"

#define QUERY_MAX_BYTES 4096
#define QUERY_TERMS_MAX 64
#define QUERY_DEPTH_MAX 16

struct query;

/* WALL_NS is what "time>-1h" counts from. RESULT_MALFORMED, RESULT_LIMIT: COMPLAINTS says what, in which column, and what
 * may have been meant. RESULT_NO_MEMORY. */
enum result query_read(struct span text, uint64_t wall_ns, struct arena *arena, struct complaints *complaints, struct query **out) must_check;
/* Does LINE, a line of the journal without its newline, match? A line that is not an object does not. */
bool query_match(const struct query *query, struct span line);
/* Full names, every value in quotes, no parentheses but the needed ones. Reading it again gives the same query, "-1h" included:
 * times are written as the moment they stand for. */
enum result query_write(const struct query *query, struct buffer *out) must_check;

#endif
