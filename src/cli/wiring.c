#include "cli/wiring.h"

#include <pthread.h>

#include "cli/edge/history.h"
#include "cli/edge/state.h"
#include "cli/settings.h"
#include "edge/observing/observed.h"
#include "edge/sites/settings.h"
#include "event/settings.h"
#include "guard/ban_networks.h"
#include "guard/rate_table.h"
#include "guard/settings.h"
#include "hub/settings/settings.h"
#include "net/settings.h"
#include "origin/kept.h"
#include "origin/settings.h"
#include "packet/settings.h"
#include "source/settings.h"
#include "source/table.h"

#include "base/banned.h"

static struct config_section sections[16];
static pthread_once_t sections_once = PTHREAD_ONCE_INIT;

static void gather(void)
{
	const struct config_section *const all[] = {
		&net_top_section, &edge_top_section, &event_section, &admin_section, &guard_top_section, &packet_section, &hub_section,
		&net_site_section, &source_site_section, &guard_site_section, &origin_site_section, &edge_site_section,
		&origin_route_section, &edge_route_section,
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		sections[i] = *all[i];  /* the rest stays zero: a section without a table is the end */
}

config_sections wiring_sections(void)
{
	pthread_once(&sections_once, gather);
	return sections;
}

static struct region regions[] = {
	{ REGION_TICKETS, REGION_VERSION, sizeof(struct ticket_keys) },
	{ REGION_SWITCHES, REGION_VERSION, sizeof(struct switches) },
	{ REGION_EVENTS, REGION_VERSION, 0 },
	{ REGION_COLLECTIONS, REGION_VERSION, COLLECTIONS_BYTES },
	{ REGION_AUDIT, REGION_VERSION, 0 },
	{ REGION_HITS, HITS_VERSION, 0 },
	{ REGION_SOURCES, SOURCE_TABLE_VERSION, SOURCE_TABLE_BYTES },
	{ REGION_RATES, RATE_TABLE_VERSION, RATE_TABLE_BYTES },
	{ REGION_BANS, BAN_NETWORKS_VERSION, sizeof(struct ban_networks) },
	{ REGION_METERS, METERS_VERSION, sizeof(struct meters) },
	{ REGION_OBSERVED, OBSERVED_VERSION, sizeof(struct observed) },
	{ REGION_ORIGINS, KEPT_VERSION, sizeof(struct kept_origins) },
	{ REGION_REFERENCES, REFERENCES_VERSION, sizeof(struct references) },
	{ REGION_ADMITTED, ADMITTED_VERSION, sizeof(struct admitted) },
	{ REGION_MAINTENANCE, MAINTENANCE_VERSION, sizeof(struct maintenances) },
	{ REGION_ERRORS, ERRORS_VERSION, sizeof(struct error_marks) },
	{ REGION_QUARANTINE, QUARANTINE_VERSION, sizeof(struct quarantine_memory) },
	{ REGION_CHALLENGE, CHALLENGE_MEMORY_VERSION, sizeof(struct challenge_memory) },
};
#define REGIONS (sizeof(regions) / sizeof(*regions))

size_t wiring_regions(const struct region **out)
{
	regions[2].size = event_memory_bytes(ROLE_EDGES_MAX * EDGE_SLOTS);
	regions[4].size = event_audit_bytes(ROLE_EDGES_MAX * EDGE_SLOTS);
	regions[5].size = hits_memory_bytes();
	*out = regions;
	return REGIONS;
}

void *wiring_region(const struct shared *shared, const char *name, size_t *size)
{
	const struct region *all;
	size_t count = wiring_regions(&all);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(all[i].name, name) == 0) {
			*size = all[i].size;
			return shared_find(shared, all[i].name, all[i].version, all[i].size);
		}
	}
	return NULL;
}
