/* The keys under `hub: alerts`: whom to tell, how, and when not.
 *
 * Units    milliseconds; minutes of a local day
 * Limits   ALERT_PATHS_MAX paths together, ALERT_TO_MAX addresses of one mail
 * Owns     values lie in the arena of whoever read them
 * Threads  values; pure functions
 */
#ifndef BOUCLIER_HUB_SETTINGS_ALERTS_H
#define BOUCLIER_HUB_SETTINGS_ALERTS_H

#include "config/key.h"

#define ALERT_PATHS_MAX 16u
#define ALERT_TO_MAX 16u
#define ALERT_NAME_MAX 31u
#define ALERT_SMTP_PORT 587u
#define ALERT_SMTPS_PORT 465u
#define ALERT_SYSLOG_PORT 6514u

/* en, nl, fr, de: as enum desk_language, and one more: that of `alerts`. */
enum alert_starttls { STARTTLS_REQUIRED, STARTTLS_NEVER };

struct alerts_mail_settings {
	struct span name, server, from, user, password_file, ca;
	struct list_value to;              /* struct span */
	int starttls;                      /* enum alert_starttls, of smtp:// */
	int language, severity;
};

struct alerts_webhook_settings {
	struct span name, secret_file, ca;
	struct url url;
	bool insecure;
	int language, severity;
};

struct alerts_syslog_settings {
	struct span name, address, ca, certificate, key;
	int facility;                      /* 0..23, as RFC 5424 numbers them */
	int language, severity;
};

struct alerts_quiet_settings {
	struct span from, to;              /* "22:00" */
	struct list_value days;            /* int: 0 is Monday; those on which quiet hours begin. Empty: every day */
	int severity;                      /* what is as severe goes through */
};

struct alerts_settings {
	int language;                      /* enum desk_language */
	struct list_value mail, webhooks, syslog;
	struct alerts_quiet_settings *quiet_hours;
	int64_t rate;                      /* alerts an hour and path */
	int64_t escalate_after_ms;
	struct list_value escalate_to;     /* struct span: names of paths */
	struct span self_test;             /* "monday 09:00", "off" */
};

extern const struct key_table alerts_table;

/* "09:00": minutes since midnight. RESULT_MALFORMED. */
enum result alerts_minute_read(struct span text, unsigned *out) must_check;
/* "monday 09:00": minutes since Monday at midnight. RESULT_NOT_FOUND: off. RESULT_MALFORMED. */
enum result alerts_week_minute_read(struct span text, unsigned *out) must_check;

/* Where a path connects to. HOST is a name or an address (without brackets). */
struct alert_destination {
	struct span host;
	uint16_t port;
	bool is_tls;                       /* from the first byte */
};
/* "smtp://host", "smtps://host:465"; "tls://host:6514". RESULT_MALFORMED. */
enum result alert_mail_server_read(struct span text, struct alert_destination *out) must_check;
enum result alert_syslog_address_read(struct span text, struct alert_destination *out) must_check;
/* Calls EACH for every destination; KEY says which key named it. Whoever guards what leaves the machine asks this. */
void alerts_destinations(const struct alerts_settings *settings, void (*each)(void *context, const struct alert_destination *destination, const char *key), void *context);

/* An address of a mailbox that may stand in a header and in an envelope as it is. */
bool alert_address_is_good(struct span address);
bool alert_name_is_good(struct span name);

#endif
