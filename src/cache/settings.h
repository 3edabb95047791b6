/* What an administrator may say about answers that are given again: the key `cache` of a site or a route. */
#ifndef BOUCLIER_CACHE_SETTINGS_H
#define BOUCLIER_CACHE_SETTINGS_H

#include "config/key.h"

enum cache_mode { CACHE_OFF, CACHE_DECLARED, CACHE_HEURISTIC };

struct cache_settings {
	int mode;                    /* enum cache_mode */
	int64_t object_bytes;        /* of one body */
	int64_t if_error_ms;
	bool obeys_clients;
	bool learns;
	bool disk;
};

/* For a KEY_MAP of the tables of site and route. */
extern const struct key_table cache_table;

#endif
