/* A drill told: as a table for a person, or as JSON.
 *
 * Owns     nothing
 */
#ifndef BOUCLIER_CLI_DRILL_REPORT_H
#define BOUCLIER_CLI_DRILL_REPORT_H

#include "cli/drill/verdict.h"
#include "cli/page.h"
#include "event/json.h"

struct drill_report {
	struct span site;
	unsigned rate;
	const struct drill_tally *tally;
	const struct drill_settings *settings;
	const struct drill_verdict *verdict;
	const struct json *shield;       /* the site in its own /status; NULL: it did not say */
};

void report_print(struct page *page, const struct drill_report *report);
void report_write(struct json_writer *json, const struct drill_report *report);
/* Of the portal's time from the third second of the attack on; 0 where it did nothing. */
double report_attackers_percent(const struct drill_tally *tally);

#endif
