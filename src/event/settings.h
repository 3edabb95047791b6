/* The keys under `log`: what is written of each request, for how long, and how much of a client's address.
 *
 * Units    milliseconds, bytes, lines
 * Threads  values; immutable in a snapshot
 */
#ifndef BOUCLIER_EVENT_SETTINGS_H
#define BOUCLIER_EVENT_SETTINGS_H

#include "config/snapshot.h"

/* Which requests become a line. All of them are counted, whatever this says. */
enum log_requests {
	LOG_ALL,
	LOG_ERRORS,     /* what `decisions` has, and every status from 500 */
	LOG_DECISIONS,  /* what was not simply forwarded and delivered */
};

enum log_address {
	LOG_ADDRESS_FULL,
	LOG_ADDRESS_TRUNCATED,  /* /24 of IPv4, /48 of IPv6 */
	LOG_ADDRESS_KEYED,      /* a keyed hash: the same client can be followed, not named */
};

struct log_client_ip {
	int allowed, refused;   /* enum log_address */
};

struct log_settings {
	int requests;           /* enum log_requests */
	struct rate rate;       /* detail lines, all workers together */
	struct log_client_ip client_ip;
	int64_t keep_ms;        /* segments older than this are deleted */
	int64_t disk_bytes;     /* beyond it, the oldest detail segments are */
	int64_t audit_disk_bytes;  /* of ModSecurity's audit logs, all sites together */
	int64_t fsync_ms;       /* at most this much is lost with the power */
};

/* The section of ROOM_EVENT at SCOPE_TOP. */
struct event_settings {
	struct log_settings log;
};

extern const struct config_section event_section;

/* What stands in the snapshot; never NULL for a snapshot made with event_section. */
const struct log_settings *event_settings_of(const struct snapshot *snapshot);
/* Lines a second, at least 1. */
unsigned log_lines_per_second(const struct log_settings *settings);

#endif
