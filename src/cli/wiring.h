/* What every process of the shield agrees on: the sections of the configuration, and the memory that outlives a process. */
#ifndef BOUCLIER_CLI_WIRING_H
#define BOUCLIER_CLI_WIRING_H

#include "config/snapshot.h"
#include "process/shared.h"

#define DEFAULT_CONFIG "/etc/bouclier/bouclier.yaml"
#define EDGE_ACCOUNT "bouclier-edge"
#define PACKET_ACCOUNT "bouclier-packet"

/* Every section of every room, ended as config_read wants it. */
config_sections wiring_sections(void);

/* Regions of the keeper's memory: session ticket keys (net/), switches that a person threw (cli/edge/state.h), the journal's
 * rings and counts (event/), what edges died on (edge/). */
#define REGION_TICKETS "tickets"
#define REGION_CHALLENGE "challenge"      /* guard/challenge.h: its counts are touched only once somebody was challenged */
#define REGION_SWITCHES "switches"
#define REGION_EVENTS "events"
#define REGION_AUDIT "audit"              /* audit logs on their way to the disk (event/): touched only once there are any */
#define REGION_QUARANTINE "quarantine"
#define REGION_COLLECTIONS "collections"  /* what rules keep between requests (waf/store.h): touched only once there are rules */
#define REGION_OBSERVED "observed"        /* what would have been done to sites that only observe (edge/observing/observed.h) */
#define REGION_ORIGINS "origins"          /* what was learned of origins (origin/kept.h) */
#define REGION_METERS "meters"            /* what the levels of sites are learned from (edge/sites/meter.h) */
#define REGION_HITS "hits"                /* what rules hit of visitors (edge/hits/hits.h): the same */
#define REGION_SOURCES "sources"          /* who asks, and who is banned (source/table.h): touched as sources come */
#define REGION_RATES "rates"              /* what is owed to rate limits (guard/rate_table.h): the same */
#define REGION_BANS "bans"                /* networks that a person banned (guard/ban_networks.h) */
#define REGION_MAINTENANCE "maintenance"  /* sites that a person closed until a time (edge/sites/maintenance.h) */
#define REGION_REFERENCES "references"   /* who was refused lately, by reference (guard/references.h): touched as people are refused */
#define REGION_ERRORS "errors"             /* failures of sites before a reload (cli/edge/history.h) */
#define REGION_ADMITTED "admitted"       /* sources that a person let in (guard/admitted.h) */
#define COLLECTIONS_BYTES ((size_t)8 << 20)
#define REGION_VERSION 1u

size_t wiring_regions(const struct region **out);
/* The region called NAME in SHARED; NULL: an older keeper has none of this size. */
void *wiring_region(const struct shared *shared, const char *name, size_t *size);

#endif
