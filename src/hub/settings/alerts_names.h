/* What alerts.c and oidc.c check and read by hand; for hub/settings alone.
 *
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_SETTINGS_ALERTS_NAMES_H
#define BOUCLIER_HUB_SETTINGS_ALERTS_NAMES_H

#include "hub/settings/alerts.h"

#define ALERTS_DAYS 7u
extern const char *const alerts_day_names[ALERTS_DAYS + 1];

/* "host", "host:25", "[::1]:25"; PORT where none is said. RESULT_MALFORMED. */
enum result alert_authority_read(struct span text, uint16_t port, struct alert_destination *out) must_check;

/* No two paths of one name, no more than there may be, and escalate_to names paths, not all of them. */
void alerts_check_names(const struct alerts_settings *alerts, struct key_check *check);

#endif
