/* hub/: what follows the journals of the shield, makes incidents of them, tells people, and answers them. A program of its own (docs/hub.md), of
 * which `bouclier` knows this part only: the keys under `hub`, and how `check` hands their values to the hub.
 *
 * Each part of the hub has a table of its own for its keys, in a file of this folder; hand_over.h needs to know of none of them.
 *
 * Units    milliseconds, as the names say
 * Threads  values; immutable once read
 */
#ifndef BOUCLIER_HUB_SETTINGS_SETTINGS_H
#define BOUCLIER_HUB_SETTINGS_SETTINGS_H

#include "config/snapshot.h"
#include "hub/settings/probes.h"

struct alerts_settings;
struct hub_oidc_settings;

#define HUB_ACCOUNT "bouclier-hub"

/* How long the hub keeps what. */
struct hub_keep_settings {
	int64_t events_ms;      /* lines of requests */
	int64_t addresses_ms;   /* what in them points to a person */
	int64_t minutes_ms;     /* sums by minute */
	int64_t hours_ms;       /* sums by hour and by day */
};

/* When an incident is over (incident/group.h). */
struct hub_incident_settings {
	int64_t contained_after_ms, closed_after_ms, again_within_ms;
};

/* Backups each night. */
struct hub_backup_settings {
	struct span folder, passphrase_file;
	int64_t keep;
};

/* Of whoever logs in with a password. */
enum hub_second_factor { HUB_SECOND_OPTIONAL, HUB_SECOND_REQUIRED };

struct hub_settings {
	bool enabled;
	struct endpoint listen;
	struct span certificate;   /* path of a PEM file with chain and key; empty: plain HTTP, on loopback only */
	struct span client_ca;     /* path of the authorities (PEM) of people's certificates; empty: nobody is asked for one */
	struct span client_crl;    /* with client_ca only: path of what they have revoked; empty: nothing is looked up */
	int second_factor;         /* enum hub_second_factor */
	struct span name;          /* host name */
	struct span state;         /* folder; empty: `hub` in the shield's state folder */
	struct hub_keep_settings keep;
	struct hub_backup_settings *backup;  /* NULL: none */
	struct hub_incident_settings incidents;
	struct alerts_settings *alerts;  /* hub/settings/alerts.h; NULL: nobody is told */
	struct list_value probes;  /* struct hub_probe_settings */
	struct hub_oidc_settings *oidc;  /* hub/settings/oidc.h; NULL: nobody logs in that way */
};

/* The section of ROOM_HUB at SCOPE_TOP. */
struct hub_top_settings {
	struct hub_settings *hub;  /* NULL: nothing was written */
};

extern const struct config_section hub_section;
/* The mapping under `hub`, of struct hub_settings. */
extern const struct key_table hub_table;
extern const struct key_table hub_backup_table;

/* NULL: there is to be no hub. */
const struct hub_settings *hub_settings_of(const struct snapshot *snapshot);
/* Where it keeps its files: what `state` says, or STATE/hub. {NULL, 0} without memory, or when there is no state folder. */
struct span hub_state_folder(const struct hub_settings *settings, struct span state, struct arena *arena) must_check;

#endif
