/* Which site answers for which host: an open table, built once, at most half full. */
#ifndef BOUCLIER_CONFIG_HOST_TABLE_H
#define BOUCLIER_CONFIG_HOST_TABLE_H

#include "config/snapshot.h"

struct host_slot {
	struct span name;         /* "a.example", or ".example" for "*.example" */
	const struct site *site;  /* NULL: free */
};

/* From the sites' hosts, which are all different. */
enum result host_table_build(struct snapshot *snapshot) must_check;

#endif
