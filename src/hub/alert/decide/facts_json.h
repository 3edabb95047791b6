/* Facts of an alert as JSON, in what is kept of decisions; for hub/alert alone.
 *
 * Errors   reading is strict (incident/reading.h): false for what is not as it was written
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_ALERT_DECIDE_FACTS_JSON_H
#define BOUCLIER_HUB_ALERT_DECIDE_FACTS_JSON_H

#include "event/json.h"
#include "hub/alert/alert.h"

void facts_write(struct json_writer *json, struct span name, const struct alert_facts *facts);
bool facts_read(const struct json *from, struct alert_facts *out);
/* Names of enums by number, for reading_name. */
const char *facts_status_at(unsigned index);
const char *facts_severity_at(unsigned index);

#endif
