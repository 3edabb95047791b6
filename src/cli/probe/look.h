/* One look at a portal, as a citizen takes it whom nobody knows yet: he types an address, follows where it leads on the same host, does or waits for what the
 * shield asks of strangers, and has a page; or he has not. Each look is a stranger's: no cookie of an earlier one is kept.
 *
 * Units    took_ms is of the whole: names, connections, redirects, the work or the wait that was asked for, and the page to its end
 * Limits   a patience; LOOK_REDIRECTS_MAX redirects, LOOK_QUESTIONS_MAX questions
 * Threads  any
 */
#ifndef BOUCLIER_CLI_PROBE_LOOK_H
#define BOUCLIER_CLI_PROBE_LOOK_H

#include "cli/probe/exchange.h"

#define LOOK_MS 30000u                /* a citizen's patience, unless another is said */
#define LOOK_REDIRECTS_MAX 3u
#define LOOK_QUESTIONS_MAX 3u

enum look_outcome { LOOK_IN_TIME, LOOK_SLOW, LOOK_REFUSED, LOOK_UNREACHABLE, LOOK_STOPPED };

struct look {
	enum look_outcome outcome;
	enum probe_step step;             /* LOOK_UNREACHABLE */
	unsigned status;                  /* of the last answer; 0: there was none */
	uint32_t took_ms;
	uint64_t bytes;                   /* of bodies */
	bool was_challenged;
	int64_t certificate_until_ms;     /* 0: none was seen */
	char error[EXCHANGE_ERROR_MAX];
};

void look_at(const struct page_url *url, uint64_t patience_ms, int stop_fd, struct look *out);
/* Adds it to what was seen in its minute. */
void look_count(const struct look *look, struct probe_counts *counts);
const char *look_outcome_name(enum look_outcome outcome);

#endif
