/* hub/alert/: whom to tell, when, and how. decide/ says who is told what, message/ makes words of it, outbox/ keeps it until it has arrived, send/ is the process that
 * connects outwards; alerts.h is all of it together, as the hub sees it.
 *
 * One attack is one thread of alerts: what becomes of it is told when it matters, and each alert of it says which thread it belongs to. An alert has an id that it
 * keeps: it arrives at least once, and whoever got it twice can tell.
 *
 * Units    seconds since 1970 (UTC)
 * Threads  values
 */
#ifndef BOUCLIER_HUB_ALERT_ALERT_H
#define BOUCLIER_HUB_ALERT_ALERT_H

#include "hub/settings/alerts.h"
#include "incident/incident.h"

#define ALERT_ID_BYTES 144u          /* with NUL; letters, digits, "-" and "." */
#define ALERT_THREAD_BYTES 80u
#define ALERT_WHY_BYTES 256u
#define ALERT_HELD_MAX 20u           /* that a digest or a summary tells one by one */

/* What is told. X(ID, "name"): names are MSGID of RFC 5424, and in the JSON of webhooks. */
#define ALERT_KIND_LIST(X) \
	X(OPENED, "opened") \
	X(AGAIN, "again")                      /* a second wave */ \
	X(WORSE, "more-severe") \
	X(CONTAINED, "contained") \
	X(CLOSED, "closed") \
	X(UNACKNOWLEDGED, "not-acknowledged") \
	X(WARNING, "warning")                  /* of the shield itself */ \
	X(WARNING_OVER, "warning-over") \
	X(PATH_DOWN, "path-down")              /* told on another path */ \
	X(PATH_UP, "path-up") \
	X(SUMMARY, "summary")                  /* of what was more than `rate` */ \
	X(DIGEST, "digest")                    /* of what came in quiet hours */ \
	X(SELF_TEST, "self-test") \
	X(TEST, "test")                        /* a person asked for it */

/* What may be wrong with the shield itself. X(ID, "name", SEVERITY, IS_MOMENT): a moment has no end. */
#define ALERT_WARNING_LIST(X) \
	X(EDGE_DOWN, "edge-down", CRITICAL, false)          /* nothing is served */ \
	X(JOURNAL_LAG, "journal-lag", MEDIUM, false)        /* the hub is behind */ \
	X(STORE_FAILS, "store-fails", HIGH, false)          /* the hub cannot write */ \
	X(DISK_LOW, "disk-low", HIGH, false)                /* SUBJECT is the folder */ \
	X(FILTER_OFF, "kernel-filter-off", MEDIUM, false) \
	X(AUDIT_BROKEN, "audit-broken", HIGH, false)        /* the chain of the audit log */ \
	X(PROBE_SILENT, "probe-silent", MEDIUM, false)      /* SUBJECT is the probe */ \
	X(PEER_DEAD, "peer-dead", HIGH, false)              /* SUBJECT is what of another shield is dead */ \
	X(BREAK_GLASS, "break-glass", HIGH, true)           /* SUBJECT is who logged in so */ \
	X(NEW_CODE, "new-code", HIGH, true)                 /* root made one for SUBJECT, whose password is gone */

#define X(id, name) ALERT_##id,
enum alert_kind { ALERT_KIND_LIST(X) ALERT_KINDS };
#undef X
#define X(id, name, severity, moment) WARNING_##id,
enum alert_warning { ALERT_WARNING_LIST(X) WARNING_COUNT };
#undef X

/* What sentences need of an incident, or of a warning. */
struct alert_facts {
	bool is_warning;
	enum alert_warning warning;
	uint64_t id;                             /* of the incident */
	enum incident_family family;
	enum incident_status status;             /* of a warning: NEW or CLOSED */
	enum severity severity;
	enum severity_reason reason;
	uint64_t number;                         /* of REASON */
	uint32_t waves;
	uint64_t sites;
	char site[INCIDENT_NAME_BYTES];          /* the first of them */
	char subject[INCIDENT_TEXT_BYTES];
	uint64_t since_s;
	enum vantage vantage;                    /* of citizens served */
	unsigned per_mille;
};

/* One of those that a digest or a summary tells. */
struct alert_held {
	enum alert_kind kind;
	uint64_t at_s;
	struct alert_facts facts;
};

/* What is to be told on one path. */
struct alert {
	enum alert_kind kind;
	unsigned path;                           /* its index in the plan */
	char id[ALERT_ID_BYTES], thread[ALERT_THREAD_BYTES];
	uint64_t at_s;
	enum severity severity;
	bool has_facts;
	struct alert_facts facts;
	const struct alert_held *held;           /* SUMMARY, DIGEST */
	uint32_t held_count;
	uint64_t held_more;                      /* that had no place */
	const char *path_name, *why;             /* PATH_DOWN, PATH_UP: the other path, and what was last said of it; otherwise "" */
	uint64_t since_s;                        /* PATH_DOWN */
};

void alert_facts_of(const struct incident *incident, struct alert_facts *out);
const char *alert_kind_name(enum alert_kind kind);
const char *alert_warning_name(enum alert_warning warning);
enum severity alert_warning_severity(enum alert_warning warning);
bool alert_warning_is_moment(enum alert_warning warning);

#endif
