/* config/: YAML -> checked values. A room declares the keys it wants as a table; this room reads, checks, defaults and
 * documents them, knowing only tables. The manual page, the JSON Schema and `dump` come from the same tables.
 *
 * A table describes one YAML mapping and the struct that receives it: each key has an offset and a type.
 *
 * Units    durations are int64_t milliseconds, bytes int64_t, rates see struct rate
 * Owns     values live in the snapshot's arena
 */
#ifndef BOUCLIER_CONFIG_KEY_H
#define BOUCLIER_CONFIG_KEY_H

#include <stddef.h>

#include "base/address.h"
#include "base/complaint.h"
#include "base/span.h"

enum key_type {
	KEY_BOOL,       /* bool: true or false, nothing else */
	KEY_NUMBER,     /* int64_t, min..max; `choices` are words that may stand instead (auto): the first is -1, then -2 ... */
	KEY_DURATION,   /* int64_t ms: 500ms 5s 2m 1h 180d; the unit is mandatory (0 may stand alone) */
	KEY_BYTES,      /* int64_t: 512B 64KiB 10MiB 1GiB; the same */
	KEY_RATE,       /* struct rate: 10/s 10/m 10/h */
	KEY_SPEED,      /* int64_t bytes per second: 500B/s 64KiB/s */
	KEY_BANDWIDTH,  /* int64_t bits per second: 100Mbit/s 1Gbit/s; of a line, as carriers sell it */
	KEY_TEXT,       /* struct span, min..max bytes (default 0..1024), no control characters */
	KEY_PATH,       /* struct span: a file or folder; relative ones are resolved against the file that says it. `choices` are words
	                 * that may stand instead, and stay as they are: a path begins with '/', a file of that name is ./word */
	KEY_HOST,       /* struct span, lower-cased: host name, "*.name", or an address ([..] around IPv6, as Host has it) */
	KEY_URL,        /* struct url: http:// or https://, host, optional port, optional path */
	KEY_ENDPOINT,   /* struct endpoint: address:port */
	KEY_NETWORK,    /* struct network: CIDR or one address */
	KEY_CHOICE,     /* int: index into choices; without a fallback, the first */
	KEY_TIME,       /* int64_t: RFC 3339, milliseconds since 1970 */
	KEY_DATE,       /* int64_t: 2026-01-31, the day's first millisecond since 1970, UTC */
	KEY_FIELDS,     /* struct list_value of struct name_value: a mapping of free names to text (header fields) */
	KEY_MAP,        /* a struct described by `table`; absent: filled with the table's own defaults */
	KEY_STATUS_RANGES, /* struct list_value of struct status_range: "200-399,404" */
};

enum key_flag {
	KEY_LIST = 1,        /* the field is a struct list_value of that type; one scalar counts as a list of one */
	KEY_REQUIRED = 2,
	KEY_NO_DEFAULT = 4,  /* may not stand under `defaults:` (name, hosts, certificate, origins) */
	KEY_SECRET = 8,      /* dump prints "***" */
	KEY_FILE = 16,       /* KEY_PATH: the keeper opens it, the edge reads it (certificates, keys, CA bundles) */
	KEY_OPTIONAL = 32,   /* KEY_MAP: the field is a pointer, NULL when absent */
	KEY_RESTART = 64,    /* a change takes effect only at a restart: reload says so */
	KEY_SELECTS = 128,   /* of a route: narrows which requests it takes (methods), so that another route of the same path makes sense */
	KEY_ADMINISTRATOR = 512, /* not for what tenants write: it reaches what they are not granted */
	KEY_HUB_FILE = 1024, /* KEY_PATH: the keeper opens it, the hub alone reads it: edges never see it */
	KEY_TENANTS = 256,   /* KEY_PATH: a tenant may say its words, and name what lies in its own folder of files */
};

struct rate { int64_t count; int64_t per_ms; };
struct list_value { void *items; size_t count; };
struct name_value { struct span name, value; };
struct status_range { unsigned first, last; };
/* text: canonical "scheme://host:port"; host: lower case, no [..] around IPv6; path: as written, empty or "/..." */
struct url { bool is_tls; struct span text, host, path; uint16_t port; };

struct key_table;
struct key_check;

struct key {
	const char *name;
	enum key_type type;
	unsigned flags;
	size_t offset;
	const char *fallback;          /* default, as YAML would write it; NULL: zero, or nothing */
	int64_t min, max;              /* both 0: any */
	const char *const *choices;    /* KEY_CHOICE: NULL-terminated */
	const struct key_table *table; /* KEY_MAP */
	const char *help;              /* one or two sentences, for the manual and the schema */
};

struct key_table {
	const char *name;              /* "origin", for errors and the manual */
	const struct key *keys;        /* ended by a key without name */
	size_t size;                   /* of the struct */
	const char *shorthand;         /* the key that a scalar in place of the mapping gives (listen: "127.0.0.1:443"); NULL: none */
	const char *list_shorthand;    /* the key that a list in place of the mapping gives (redirect_http: [..]); not for KEY_LIST */
	/* Checks what one key cannot: called with the filled struct; complaints go to the place of the mapping, or of KEY
	 * with key_complain. NULL: nothing to check. Not called when one of its keys is already complained about. A
	 * site's is called with what `defaults` gave it too; a route's for routes that a person wrote, not for the last one
	 * that is the site itself. It must not change VALUES: sites that write nothing of a room share one struct. */
	void (*check)(const void *values, struct key_check *check);
	const char *help;
};

/* Says that KEY of the mapping under check (NULL: the mapping itself) is wrong. */
void key_complain(struct key_check *check, const char *key, struct span suggestion, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The same of the item INDEX of the list KEY. */
void key_complain_item(struct key_check *check, const char *key, size_t index, struct span suggestion, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void key_warn(struct key_check *check, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Was KEY written by a person (not a default)? In a site, `defaults` counts; in a route, the site does not. */
bool key_is_written(const struct key_check *check, const char *key);

#endif
