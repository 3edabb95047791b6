/* What check said of a configuration, as lines for people (base/complaint.h), made members again: the API's schema Complaint.
 *
 * Shape    "/etc/bouclier/bouclier.yaml:12:3: error: text (suggestion)"; what is not so is a complaint without a place
 * Limits   SAID_MAX of them
 * Threads  pure
 */
#ifndef BOUCLIER_HUB_CHANGE_SAID_H
#define BOUCLIER_HUB_CHANGE_SAID_H

#include "event/json.h"

#define SAID_MAX 200u

/* A list NAME. */
void said_put(struct json_writer *json, struct span name, struct span text);

#endif
