/* What alerts.c checks and reads by hand; for hub/settings alone.
 *
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_SETTINGS_ALERTS_NAMES_H
#define BOUCLIER_HUB_SETTINGS_ALERTS_NAMES_H

#include "hub/settings/alerts.h"

#define ALERTS_DAYS 7u
extern const char *const alerts_day_names[ALERTS_DAYS + 1];

/* No two paths of one name, no more than there may be, and escalate_to names paths, not all of them. */
void alerts_check_names(const struct alerts_settings *alerts, struct key_check *check);

#endif
