/* Lines of a journal as a shield writes them, made by a test: totals that grow, notices. */
#ifndef TESTS_INCIDENT_LINES_H
#define TESTS_INCIDENT_LINES_H

#include "../base/check.h"
#include "event/notice.h"
#include "event/tell.h"
#include "incident/observe.h"

#define TUESDAY_S 1767657600u  /* 2026-01-06T00:00:00Z */

struct lines {
	struct format format;
	char text[LINE_MAX_BYTES + 1];
};

static inline void lines_init(struct lines *lines, const char *node)
{
	format_init(&lines->format, span_of(node), (struct hash_seed){ 1, 2 });
}

static inline struct span lines_close(struct lines *lines, size_t len)
{
	lines->text[len] = '}';
	return span_make(lines->text, len + 1);
}

static inline struct span lines_counts(struct lines *lines, uint64_t at_s, uint32_t since, const struct counts_total *total)
{
	return lines_close(lines, tell_site(&lines->format, at_s * 1000000000u, since, total, lines->text));
}

static inline struct span lines_notice(struct lines *lines, uint64_t at_s, const char *action, const char *site, const char *origin, const char *detail)
{
	struct notice notice = { at_s * 1000000000u, span_of(action), span_of(site), span_of(origin), span_of(detail) };

	return lines_close(lines, format_notice(&lines->format, &notice, lines->text));
}

/* -- what may come of a site in a second -- */

static inline void add_served(struct counts_total *total, uint64_t count)
{
	total->numbers[COUNTS_EVENTS] += count;
	total->numbers[COUNTS_DECISIONS + DECISION_ALLOW * COUNTS_CLASSES + 2] += count;
}

static inline void add_refused(struct counts_total *total, enum decision decision, enum reason reason, uint64_t count)
{
	total->numbers[COUNTS_EVENTS] += count;
	total->numbers[COUNTS_DECISIONS + (unsigned)decision * COUNTS_CLASSES + 4] += count;
	total->numbers[COUNTS_REASONS + (unsigned)reason] += count;
}

static inline void add_failed(struct counts_total *total, uint64_t count)
{
	total->numbers[COUNTS_EVENTS] += count;
	total->numbers[COUNTS_DECISIONS + DECISION_DROP * COUNTS_CLASSES + 5] += count;
	total->numbers[COUNTS_REASONS + REASON_ORIGIN_CONNECT] += count;
}

#endif
