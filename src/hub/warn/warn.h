/* hub/warn/: what is wrong with the shield itself, made of what is seen each second: from what is only a moment's, to what people are to be told. hub/alert says to whom.
 *
 *   disk      low below 10 % of free room, well again from 15 % on
 *   filter    off when it is wanted and was away for WARN_FILTER_S, where it was seen attached before
 *
 * A backup that fails and a configuration that went back are incidents, with an owner and an end (docs/incidents.md), and no warnings beside them.
 *
 * That the filter was seen is a document of the store. Availability, fails open: what cannot be kept is told, perhaps twice.
 *
 * Shape    warn_new; what is seen goes in as it comes
 * Units    seconds since 1970 (UTC), bytes
 * Owns     nothing of BIRTH
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_WARN_WARN_H
#define BOUCLIER_HUB_WARN_WARN_H

#include "hub/alert/alert.h"
#include "store/document.h"

#define WARN_DISK_LOW_PERCENT 10u
#define WARN_DISK_WELL_PERCENT 15u
#define WARN_FILTER_S 30u

enum warn_filter { WARN_FILTER_UNKNOWN, WARN_FILTER_NONE, WARN_FILTER_ATTACHED, WARN_FILTER_AWAY };

struct warn_birth {
	struct store *store;
	void *context;
	/* alerts_warning. */
	void (*raise)(void *context, enum alert_warning warning, struct span subject, bool is_on, uint64_t now_s);
};

struct warn;

/* What was kept and cannot be read is as if it had not been. RESULT_NO_MEMORY. */
enum result warn_new(const struct warn_birth *birth, struct warn **out) must_check;
void warn_free(struct warn *warn);
/* The disk that FOLDER is on. */
void warn_disk(struct warn *warn, struct span folder, uint64_t free_bytes, uint64_t total_bytes, uint64_t now_s);
void warn_filter(struct warn *warn, enum warn_filter filter, uint64_t now_s);

#endif
