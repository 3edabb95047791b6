/* A line of the counts stream: totals since a birth, each with a name.
 *
 * Shape    "bouclier.counts.NAME":N of a site, "bouclier.journal.NAME":N of the journal, whose names become "journal.NAME" here. The names
 *          "decisions.DECISION" are made here: the sum of what the line has of that decision, requests of every class and connections
 * Limits   COUNT_LINE_MAX numbers; a line has fewer
 * Owns     nothing: spans point into the line, into SITE, or at constant text
 * Threads  pure functions
 */
#ifndef BOUCLIER_STORE_COUNT_LINE_H
#define BOUCLIER_STORE_COUNT_LINE_H

#include "base/span.h"
#include "store/row.h"

#define COUNT_LINE_MAX 192u
#define COUNT_NAME_MAX 64u

struct count {
	char name[COUNT_NAME_MAX];
	size_t name_len;
	uint64_t value;
};

struct count_line {
	uint64_t time_ms;                /* 0: none that can be read */
	struct span site;                /* empty: no site's */
	bool is_journal;
	uint32_t since;                  /* the birth */
	unsigned count;
	struct count list[COUNT_LINE_MAX];
	char space[ROW_NAME_MAX];
};

/* RESULT_MALFORMED: not a line of counts. OUT may be changed then. */
enum result count_line_read(struct span line, struct count_line *out) must_check;
/* How much COUNT, one of NOW's, has grown since BEFORE, the line before of the same site; NULL: there was none. A total that is lower within one birth
 * has been told before: it has not grown. */
uint64_t count_line_growth(const struct count_line *before, const struct count_line *now, const struct count *count);
static inline struct span count_name(const struct count *count)
{
	return span_make(count->name, count->name_len);
}

#endif
