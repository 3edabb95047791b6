/* From `check` to the hub: the values under `hub`, and what of the rest of the configuration it needs, as one JSON text in the image.
 *
 * Values are written as a person would write them in YAML, and read through the same tables: a key of a part of the hub needs no line here. The hub
 * never reads YAML.
 *
 * Shape    {"version", "hub": {...}, "state", "journal", "admin", "sites": [{"name", "tenant", "hosts", "mode"}]}
 * Limits   HAND_OVER_MAX bytes, HAND_OVER_SITES_MAX sites
 * Errors   reading is strict: a member that is unknown, missing, twice there, or not a value of its key is RESULT_MALFORMED; RESULT_LIMIT, RESULT_NO_MEMORY
 * Owns     what is read lives in an arena of its own, until hub_config_done
 * Threads  values; immutable once read
 */
#ifndef BOUCLIER_HUB_SETTINGS_HAND_OVER_H
#define BOUCLIER_HUB_SETTINGS_HAND_OVER_H

#include "base/buffer.h"
#include "hub/settings/settings.h"

#define HAND_OVER_MAX ((size_t)16 << 20)
#define HAND_OVER_SITES_MAX 16384u
#define HAND_OVER_VERSION 1u

struct hub_site {
	struct span name, tenant;
	struct list_value hosts;   /* struct span */
	struct span mode;          /* of its rules: off, detect, block */
};

struct hub_config {
	struct arena arena;
	struct hub_settings *hub;
	struct span state;         /* the hub's own folder */
	struct span journal;       /* folder of the journal that it follows */
	struct span admin;         /* path of the shield's admin socket; empty: there is none */
	struct hub_site *sites;
	size_t site_count;
};

/* Writes what is in CONFIG (its arena apart). RESULT_LIMIT, RESULT_NO_MEMORY of OUT. */
enum result hand_over_write(const struct hub_config *config, struct buffer *out) must_check;
/* OUT is untouched unless RESULT_OK. */
enum result hand_over_read(struct span text, struct hub_config *out) must_check;
void hub_config_done(struct hub_config *config);

/* Calls EACH for every file that a key of the hub names (KEY_HUB_FILE). */
void hub_files(const struct hub_settings *settings, void (*each)(void *context, struct span path), void *context);

#endif
