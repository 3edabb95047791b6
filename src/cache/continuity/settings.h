/* What an administrator may say about continuity copies: the key `continuity` of a site. */
#ifndef BOUCLIER_CACHE_CONTINUITY_SETTINGS_H
#define BOUCLIER_CACHE_CONTINUITY_SETTINGS_H

#include "config/key.h"

enum continuity_mode { CONTINUITY_OFF, CONTINUITY_PRIORITY, CONTINUITY_DECLARED, CONTINUITY_PUBLIC };

struct continuity_settings {
	int mode;                    /* enum continuity_mode */
	struct list_value paths;     /* struct span; none: any */
	int64_t disk_bytes;          /* of all copies of the site */
	int64_t object_bytes;        /* of one body */
	int64_t max_age_ms, refresh_ms;
};

/* For a KEY_MAP of the table of a site. */
extern const struct key_table continuity_table;

#endif
